"""Following a post, and "my voice": what became of everything one wrote, voted for or follows."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from cocreate.core.text_marks import N_
from cocreate.points.queries import balance
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.page import CurrentPage
from forum.follows import receipts, service, voice
from forum.posts.models import STATUS_LABELS
from forum.posts.queries import get_post

STATE_LABELS = {
    "all": N_("All of them"),
    "waiting": N_("Waiting"),
    "coming": N_("On the way"),
    "arrived": N_("In cars"),
    "declined": N_("Not for now"),
}
router = APIRouter(include_in_schema=False, dependencies=[allow("forum.write")])


@router.post("/posts/{post_id}/follow")
def follow_post(post_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Be told about this post."""
    post = get_post(db, post_id, actor)
    service.follow(db, post, member=actor)
    if page.partial:
        return page.render("forum/posts/_follow.html", post=post, followed=True)
    page.flash(N_("We tell you as soon as something happens here."), level="success")
    return page.redirect("show_post", post_id=post_id)


@router.post("/posts/{post_id}/unfollow")
def unfollow_post(post_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """No longer be told about it."""
    post = get_post(db, post_id, actor)
    service.unfollow(db, post, member=actor)
    if page.partial:
        return page.render("forum/posts/_follow.html", post=post, followed=False)
    page.flash(N_("You will hear no more of this."))
    return page.redirect("show_post", post_id=post_id)


@router.get("/me")
def show_me(
    actor: CurrentActor,
    db: ReadDb,
    page: CurrentPage,
    show: Annotated[Literal["posted", "voted", "followed"], Query()] = "posted",
    state: Annotated[Literal["all", "waiting", "coming", "arrived", "declined"], Query()] = "all",
    cursor: str | None = None,
) -> Response:
    """One's own sentences as small stories: the words, where they stand, what happened."""
    among = None if state == "all" else receipts.in_state(db, voice.statement_of(show, actor), state)
    stories = voice.stories(db, page, actor, show=show, among=among, cursor=cursor)
    query = {
        "show": show if show != "posted" else None, "state": state if state != "all" else None,
        "cursor": stories.next_cursor,
    }  # fmt: skip
    context: dict[str, Any] = {
        "stories": stories.items,
        "extras": page.slots(db, "me.card", sorted({story.stands_at for story in stories.items})),
        "status_labels": STATUS_LABELS,
        "next_url": page.url("show_me", query=query) if stories.next_cursor else None,
        "show": show,
    }
    if cursor is not None and page.partial:
        return page.render("forum/follows/me.html", block="stories", **context)
    return page.render(
        "forum/follows/me.html", counts=voice.counts(db, actor), points=balance(db, actor.member_id), state=state,
        states=STATE_LABELS, **context,
    )  # fmt: skip


@router.get("/me/voice/{post_id}")
def show_receipt(post_id: RowId, actor: CurrentActor, db: ReadDb, page: CurrentPage) -> Response:
    """One sentence from the words to the car: merged where, in which theme, decided what, in which release."""
    told = receipts.receipt(db, page, actor, post_id)
    stands_at = told.story.stands_at
    return page.render(
        "forum/follows/receipt.html",
        receipt=told,
        themes=page.slots(db, "me.theme", [post_id]).get(post_id),
        decided=page.slots(db, "me.receipt", [stands_at]).get(stands_at),
        status_labels=STATUS_LABELS,
    )
