""" "This is the same as …": an owner points at another post, staff decide."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from limits import RateLimitItemPerHour
from sqlmodel import Session

from cocreate.core.actor import Actor
from cocreate.core.text_marks import N_
from cocreate.identity.limits import limiter
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage
from forum.duplicates import service
from forum.duplicates.forms import SameForm, post_number
from forum.duplicates.models import State
from forum.posts.models import STATUS_LABELS, Post
from forum.posts.queries import PostCard, find_post, get_post, post_cards
from search import api as search

router = APIRouter(include_in_schema=False, dependencies=[allow("forum.write")])
BoundSame = Annotated[BoundForm[SameForm], Depends(bind(SameForm))]
PAGE = "forum/duplicates/same.html"
REPORTS = RateLimitItemPerHour(20)
SHOWN = 8
NOT_FOUND = N_("There is no such post, or you may not read it.")
CHOOSE = N_("Choose a post, or enter its number.")
THANKS = N_("Thank you. We look at both and tell you what came of it.")
APART = N_("Thank you. We have looked at these two before and keep them apart.")


@router.get("/posts/{post_id}/same")
def show_same(
    post_id: RowId, actor: CurrentActor, db: ReadDb, page: CurrentPage, q: Annotated[str, Query(max_length=300)] = ""
) -> Response:
    """Choose the post that says the same."""
    post = get_post(db, post_id, actor)
    return _draw(page, db, actor, post, BoundForm[SameForm].blank(), q)


@router.post("/posts/{post_id}/same")
def say_same(
    post_id: RowId, form: BoundSame, actor: CurrentActor, db: Db, page: CurrentPage, runtime: CurrentRuntime
) -> Response:
    """Tell staff that two posts are the same."""
    post = get_post(db, post_id, actor)
    typed = str(form.values.get("other", ""))
    number = post_number(typed) if form.value else None
    if number is None:
        # Words instead of a number: posts to choose from are looked for with them.
        return _draw(page, db, actor, post, BoundForm(None, form.values, {"other": CHOOSE}), typed, status=422)
    if find_post(db, number, actor) is None:
        return _draw(page, db, actor, post, form.refuse("other", NOT_FOUND), "", status=422)
    limiter(runtime).take(REPORTS, [f"same:{actor.member_id}"])
    row = service.report_same(db, post, number, by=actor)
    page.flash(APART if row.state == State.REJECTED else THANKS, level="success")
    return page.redirect("show_post", post_id=post_id)


def _draw(
    page: CurrentPage, db: Session, actor: Actor, post: Post, form: BoundForm[SameForm], q: str, *, status: int = 200
) -> Response:
    return page.render(
        PAGE, block="found", status=status, post=post, form=form, q=q, found=_found(db, actor, post, q),
        status_labels=STATUS_LABELS,
    )  # fmt: skip


def _found(db: Session, actor: Actor, post: Post, q: str) -> list[PostCard]:
    """Posts to choose from: the one with this number, those with these words, or those that say the same."""
    scope = search.scope_of(actor)
    number = post_number(q)
    if number is not None:
        ids = [number]
    elif q.strip():
        ids = [hit.id for hit in search.search(db, q, scope=scope, kinds=["post"], limit=SHOWN + 1).hits]
    else:
        text = f"{post.title}\n{post.body}"
        ids = [hit.id for hit in search.similar(db, text, scope=scope, kinds=["post"], limit=SHOWN + 1)]
    cards = post_cards(db, [one for one in ids if one != post.id], actor=actor)
    return [cards[one] for one in ids if one in cards][:SHOWN]
