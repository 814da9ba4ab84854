"""The board, the post page, writing and editing."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from sqlmodel import Session, select

from cocreate.core.actor import Actor
from cocreate.core.errors import Refusal
from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.identity.vehicles.queries import garage, known_models
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage, Page
from forum.boards.queries import boards
from forum.comments.queries import threads
from forum.desk.forms import ResponseForm, StatusForm
from forum.posts import listing, service, views
from forum.posts.facets import facets
from forum.posts.forms import PostForm
from forum.posts.listing import Filters, Sort
from forum.posts.models import KIND_LABELS, STATUS_LABELS, PostKind, PostStatus, PostTag, Visibility
from forum.posts.queries import get_post, models_in_use, post_cards
from forum.posts.rows import draw_rows
from forum.votes.queries import voted_ids
from search import api as search

router = APIRouter(include_in_schema=False)
READ, WRITE = [allow("forum.read")], [allow("forum.write")]
BoundPost = Annotated[BoundForm[PostForm], Depends(bind(PostForm))]
SIMILAR_FROM, SIMILAR_SHOWN = 4, 5
PAGE = 20
SAVED = N_("Saved. What it said before stays in its history.")
OPENED = N_("Saved. Everybody can read it now; what it said before is not shown.")


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


@router.get("/posts/similar", dependencies=READ)
def show_similar(
    actor: CurrentActor,
    db: ReadDb,
    page: CurrentPage,
    title: Annotated[str, Query(max_length=2000)] = "",
    body: Annotated[str, Query(max_length=20_000)] = "",
    but: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
) -> Response:
    """What others have said about the same, while one is still typing."""
    return page.render("forum/posts/_similar.html", **similar_posts(db, actor, f"{title}\n{body}", but=but))


def similar_posts(db: Session, actor: Actor, text: str, *, but: int = 0) -> dict[str, Any]:
    """Cards of posts that say about the same, most alike first, and which of them hold the reader's vote."""
    text = text.replace("\x00", "").strip()
    if sum(character.isalnum() for character in text) < SIMILAR_FROM:
        return {"cards": [], "voted": set(), "status_labels": STATUS_LABELS}
    hits = search.similar(
        db, text[:1000], scope=search.scope_of(actor), limit=SIMILAR_SHOWN, exclude=[but] if but else []
    )
    cards = post_cards(db, [hit.id for hit in hits], actor=actor)
    shown = [cards[hit.id] for hit in hits if hit.id in cards]
    return {"cards": shown, "voted": voted_ids(db, actor, list(cards)), "status_labels": STATUS_LABELS}


@router.get("/posts/new", dependencies=WRITE)
def new_post(
    actor: CurrentActor,
    db: ReadDb,
    page: CurrentPage,
    filters: Annotated[Filters, Depends(board_filters)],
    title: Annotated[str, Query(max_length=200)] = "",
    body: Annotated[str, Query(max_length=10_000)] = "",
    src: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """One field first; my car is chosen already. With a title in the address, similar posts show without script."""
    cars = garage(db, actor.member_id)
    known = boards(db)
    chosen = next((board.id for board in known if board.key == filters.board), None)
    form: BoundForm[PostForm] = BoundForm.blank(
        title=title, body=body, src=src, board_id=chosen or "", kind=(filters.kind or PostKind.IDEA).value,
        vehicle_id=cars[0].id if cars else "", once=secrets.token_urlsafe(12),
    )  # fmt: skip
    return _write_page(db, page, form, post_id=None)


@router.post("/posts", dependencies=WRITE)
def submit_post(form: BoundPost, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Publish a post and show it."""
    if form.value is None:
        return _write_page(db, page, form, post_id=None, status=422)
    try:
        post = service.submit_post(db, form.value.draft(), author=actor, once=form.value.once)
    except (service.UnknownBoard, service.UnknownVehicle) as refusal:
        return _write_page(db, page, _refused(form, refusal), post_id=None, status=422)
    page.flash(N_("It is here. We tell you as soon as something happens with it."), level="success")
    return page.redirect("show_post", post_id=post.id)


@router.get("/posts/{post_id}", dependencies=READ)
def show_post(post_id: RowId, actor: CurrentActor, db: ReadDb, page: CurrentPage) -> Response:
    """One post: what was said, where it stands, what the brand answers, what others say."""
    view = views.post_page(db, post_id, actor)
    steps, reached = views.journey(page, view.post.created_at, view.trail)
    return page.render(
        "forum/posts/show.html",
        public=view.post.public,
        view=view,
        post=view.post,
        steps=steps,
        reached=reached,
        extra=page.slots(db, "post.page", [post_id]).get(post_id),
        threads=threads(db, post_id, actor),
        comment_form=None,
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


@router.get("/posts/{post_id}/edit", dependencies=WRITE)
def edit_post(post_id: RowId, actor: CurrentActor, db: ReadDb, page: CurrentPage) -> Response:
    """The form with what the author wrote."""
    post = get_post(db, post_id, actor)
    if post.author_id != actor.id:
        raise service.NotYours(f"post {post_id}")
    tags = db.exec(select(PostTag.tag).where(PostTag.post_id == post_id)).all()
    form: BoundForm[PostForm] = BoundForm.blank(
        title=post.title, body=post.body, kind=post.kind.value, board_id=post.board_id or "",
        vehicle_id=post.vehicle_id or "", model=post.model, tags=" ".join(tags),
        private="1" if post.visibility == Visibility.STAFF else "",
    )  # fmt: skip
    return _write_page(db, page, form, post_id=post_id)


@router.post("/posts/{post_id}", dependencies=WRITE)
def change_post(post_id: RowId, form: BoundPost, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Save an edit; what stood there before stays in the history."""
    post = get_post(db, post_id, actor)
    if post.author_id != actor.id:
        raise service.NotYours(f"post {post_id}")
    if form.value is None:
        return _write_page(db, page, form, post_id=post_id, status=422)
    try:
        opened = post.visibility == Visibility.STAFF and not form.value.private
        service.edit_post(db, post, form.value.draft(), editor=actor)
    except (service.UnknownBoard, service.UnknownVehicle) as refusal:
        return _write_page(db, page, _refused(form, refusal), post_id=post_id, status=422)
    page.flash(OPENED if opened else SAVED, level="success")
    return page.redirect("show_post", post_id=post_id)


@router.post("/posts/{post_id}/delete", dependencies=WRITE)
def delete_post(post_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Blank a post for good."""
    post = get_post(db, post_id, actor)
    service.delete_post(db, post, by=actor)
    page.flash(N_("Your words are gone, here and in the search."), level="success")
    return page.redirect("show_me" if post.author_id == actor.id else "show_board")


def _refused(form: BoundForm[PostForm], refusal: Refusal) -> BoundForm[PostForm]:
    for name, message in refusal.fields.items():
        form = form.refuse(name, message)
    return form


def _write_page(
    db: Session, page: Page, form: BoundForm[PostForm], *, post_id: int | None, status: int = 200
) -> Response:
    cars = garage(db, page.actor.member_id)
    text = f"{form.values.get('title', '')}\n{form.values.get('body', '')}"
    return page.render(
        "forum/posts/write.html",
        block="form",
        status=status,
        form=form,
        post_id=post_id,
        cars=cars,
        boards=boards(db),
        models=[] if cars else sorted({*known_models(db), *models_in_use(db)}),
        kind_labels=KIND_LABELS,
        **similar_posts(db, page.actor, text if post_id is None else "", but=post_id or 0),
    )
