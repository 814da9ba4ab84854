"""The board, the post page, deleting; writing and editing stand in `forum.compose`."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.identity.vehicles.queries import garage
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm
from cocreate.web.page import CurrentPage
from forum.comments.queries import threads
from forum.desk.forms import ResponseForm, StatusForm
from forum.merging import tree
from forum.merging.split_views import split_view
from forum.merging.views import merged_into, sources_of
from forum.posts import listing, service, views
from forum.posts.facets import facets
from forum.posts.listing import Filters, Sort
from forum.posts.models import KIND_LABELS, STATUS_LABELS, PostKind, PostStatus, Visibility
from forum.posts.queries import get_post
from forum.posts.rows import draw_rows
from forum.scenes.queries import scenes_of

router = APIRouter(include_in_schema=False)
READ, WRITE = [allow("forum.read")], [allow("forum.write")]
PAGE = 20


async def board_filters(
    sort: str = "",
    kind: str = "",
    status: str = "",
    board: str = "",
    model: str = "",
    tag: str = "",
    q: Annotated[str, Query(max_length=200)] = "",
    mine: str = "",
) -> Filters:
    """What the address asks for; a word that no list knows is passed over, so old links keep leading somewhere."""
    return Filters(
        sort=Sort(sort) if sort in set(Sort) else Sort.HOT,
        kind=PostKind(kind) if kind in set(PostKind) else None,
        status=PostStatus(status) if status in set(PostStatus) else None,
        board=board.replace("\x00", "")[:40],
        model=model.replace("\x00", "")[:60],
        tag=tag.replace("\x00", "")[:40],
        text=q.replace("\x00", "").strip(),
        mine=bool(mine),
    )


@router.get("/", dependencies=READ)
def show_board(
    filters: Annotated[Filters, Depends(board_filters)],
    actor: CurrentActor,
    db: ReadDb,
    page: CurrentPage,
    runtime: CurrentRuntime,
    cursor: str | None = None,
) -> Response:
    """What owners say: a list by hot, new or top, with filters that live in the address."""
    if filters.mine and not actor.signed_in:
        return page.redirect("sign_in", query={"next": page.url("show_board", query=filters.query())})
    rows = listing.list_posts(db, filters, actor, limit=PAGE, cursor=cursor)
    next_url = page.url("show_board", query=filters.query(cursor=rows.next_cursor)) if rows.next_cursor else None
    shared: dict[str, Any] = {
        "rows": draw_rows(page, rows.items, page.slots(db, "post.card", [row.id for row in rows.items])),
        "next_url": next_url,
        "status_labels": STATUS_LABELS,
    }
    if cursor is not None and page.partial:
        return page.render("forum/posts/board.html", block="rows", public=True, **shared)
    answer = page.render(
        "forum/posts/board.html",
        block="results",
        public=True,
        filters=filters,
        facets=facets(runtime, db),
        kind_labels=KIND_LABELS,
        first=cursor is None,
        **shared,
    )
    if page.partial:
        # A form sends every field, empty ones too; the address keeps only what narrows the list.
        answer.headers["hx-push-url"] = page.url("show_board", query=filters.query())
    return answer


@router.get("/boards/{key}", dependencies=READ)
def show_product_line(key: str, page: CurrentPage) -> Response:
    """The short address of one product line."""
    return page.redirect("show_board", query={"board": key})


@router.get("/posts/{post_id}", dependencies=READ)
def show_post(
    post_id: RowId,
    actor: CurrentActor,
    db: ReadDb,
    page: CurrentPage,
    self_: Annotated[str, Query(alias="self")] = "",
    from_: Annotated[int, Query(alias="from", ge=0, le=MAX_ID)] = 0,
) -> Response:
    """One post: what was said, where it stands, what the brand answers, what others say. The address of a merged post
    leads to the one that it is part of; with `self` it shows the post by itself."""
    view = views.post_page(db, post_id, actor)
    place = merged_into(db, actor, [view.post]).get(post_id)
    if place is not None and place.open and not self_:
        return page.redirect("show_post", query={"from": post_id}, post_id=place.head.id)
    stands_id = place.head.id or 0 if place else post_id
    trail = views.trail(db, stands_id) if place else view.trail
    # Where a post stands is its author's to know; what was said about it at a head out of sight was said to others.
    told = place is None or place.open
    steps, reached = views.journey(page, (place.head if place else view.post).created_at, trail, told=told)
    links = tree.below(db, [post_id])
    return page.render(
        "forum/posts/show.html",
        public=view.post.public,
        view=view,
        post=view.post,
        steps=steps,
        reached=reached,
        place=place,
        own_track=bool(trail) and trail[-1].own,
        sources=sources_of(db, links, post_id, actor),
        came_from=from_ if from_ in links else 0,
        split=split_view(db, actor, post_id),
        extra=page.slots(db, "post.page", [stands_id]).get(stands_id),
        threads=threads(db, post_id, actor),
        comment_form=None,
        scenes=scenes_of(db, sorted(links), actor),
        cars=garage(db, actor.member_id) if actor.signed_in else [],
        staff_only=view.post.visibility == Visibility.STAFF,
        status_form=BoundForm[StatusForm].blank(status=view.post.status.value),
        response_form=BoundForm[ResponseForm].blank(body=view.response.body if view.response else ""),
        kind_labels=KIND_LABELS,
        status_labels=STATUS_LABELS,
    )


@router.get("/posts/{post_id}/history", dependencies=READ)
def show_history(post_id: RowId, actor: CurrentActor, db: ReadDb, page: CurrentPage) -> Response:
    """What the post said before its edits."""
    post = get_post(db, post_id, actor)
    return page.render(
        "forum/posts/history.html", public=post.public, post=post, revisions=views.revisions(db, post_id)
    )


@router.post("/posts/{post_id}/delete", dependencies=WRITE)
def delete_post(post_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Blank a post for good."""
    post = get_post(db, post_id, actor)
    service.delete_post(db, post, by=actor)
    page.flash(N_("Your words are gone, here and in the search."), level="success")
    return page.redirect("show_me" if post.author_id == actor.id else "show_board")
