"""Writing a post and editing it: nothing typed is lost, and nothing is published before its author says so."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from sqlmodel import Session, select

from cocreate.core.errors import NotAllowed, Refusal
from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.identity.vehicles.queries import garage
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage, Page
from forum.boards.queries import boards
from forum.compose import drafts
from forum.compose.forms import ComposeForm, DraftForm
from forum.compose.models import Draft
from forum.compose.page import DraftLine, draft_line, hints, remember_car, write_page
from forum.compose.redaction import redact
from forum.compose.similar import find_alike
from forum.posts import service
from forum.posts.models import Post, PostKind, PostTag, Visibility
from forum.posts.queries import get_post

router = APIRouter(include_in_schema=False)
READ, WRITE = [allow("forum.read")], [allow("forum.write")]
BoundPost = Annotated[BoundForm[ComposeForm], Depends(bind(ComposeForm))]
BoundDraft = Annotated[BoundForm[DraftForm], Depends(bind(DraftForm))]
DraftId = Annotated[int, Query(ge=0, le=MAX_ID)]
SAVED = N_("Saved. What it said before stays in its history.")
OPENED = N_("Saved. Everybody can read it now; what it said before is not shown.")


# -- hints while typing


@router.get("/posts/similar", dependencies=READ)
def show_similar(
    db: ReadDb,
    page: CurrentPage,
    title: Annotated[str, Query(max_length=2000)] = "",
    body: Annotated[str, Query(max_length=20_000)] = "",
    but: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
) -> Response:
    """What others have said about the same, for a text in the address."""
    alike = find_alike(db, page, f"{title}\n{body}", but=but)
    return page.render("forum/posts/_similar.html", **hints(alike, {}))


@router.post("/posts/similar", dependencies=READ)
def look_for_similar(form: BoundDraft, actor: CurrentActor, db: ReadDb, page: CurrentPage) -> Response:
    """The same for the form as it stands, so that no address carries it: a part while typing, else the whole page.

    Nothing of it is stored.
    """
    sent = form.value or DraftForm()
    if not page.partial:
        return write_page(db, page, _again(form), post_id=sent.post_id, signed_out=not actor.can("forum.write"))
    remember_car(page, garage(db, actor.member_id) if actor.signed_in else [], sent.fields())
    alike = find_alike(db, page, sent.text, but=sent.post_id or 0)
    return page.render("forum/compose/hints.html", look=sent.post_id is None, **hints(alike, sent.fields()))


@router.post("/posts/redact", dependencies=READ)
def redact_post(form: BoundDraft, actor: CurrentActor, db: ReadDb, page: CurrentPage) -> Response:
    """The form again, with every private number in it masked."""
    again = _again(form)
    for name in ("title", "body", "tags"):
        again.values[name] = redact(str(again.values.get(name) or ""))
    sent = form.value or DraftForm()
    line = DraftLine(sent.draft, sent.version)
    signed_out = not actor.can("forum.write")
    return write_page(db, page, again, post_id=sent.post_id, line=line, signed_out=signed_out)


def _again(form: BoundForm[DraftForm]) -> BoundForm[ComposeForm]:
    return BoundForm.blank(**(form.value.values() if form.value else form.values))


# -- a new post


@router.get("/posts/new", dependencies=WRITE)
def new_post(
    actor: CurrentActor,
    db: ReadDb,
    page: CurrentPage,
    kind: str = "",
    board: str = "",
    title: Annotated[str, Query(max_length=200)] = "",
    body: Annotated[str, Query(max_length=10_000)] = "",
    src: Annotated[str, Query(max_length=40)] = "",
    draft: DraftId = 0,
    fresh: str = "",
) -> Response:
    """One field first; my car is chosen already. What was typed last time is there again, unless the address brings
    words of its own or asks for an empty form."""
    kept = drafts.get_draft(db, draft, actor) if draft else drafts.latest_draft(db, actor)
    if kept is not None and kept.post_id is not None:
        return page.redirect("edit_post", query={"draft": kept.id}, post_id=kept.post_id)
    own_words = bool(title or body)
    if kept is not None and (draft or not (own_words or fresh)):
        return write_page(db, page, _restored(kept), line=draft_line(kept, "restored"))
    cars = garage(db, actor.member_id)
    chosen = next((known.id for known in boards(db) if known.key == board), None)
    form: BoundForm[ComposeForm] = BoundForm.blank(
        title=title, body=body, src=src, board_id=chosen or "",
        kind=kind if kind in set(PostKind) else PostKind.IDEA.value,
        vehicle_id=cars[0].id if cars else "", draft=drafts.new_key(),
    )  # fmt: skip
    line = DraftLine(key=form.values["draft"])
    if kept is not None and not fresh:
        line = DraftLine(form.values["draft"], 0, kept.id, kept.saved_at, "waiting")
    return write_page(db, page, form, line=line)


def _restored(kept: Draft) -> BoundForm[ComposeForm]:
    return BoundForm.blank(**kept.fields, draft=kept.key, once=secrets.token_urlsafe(12))


@router.post("/posts", dependencies=READ)
def submit_post(form: BoundPost, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Publish a post and show it. Whoever was signed out meanwhile gets the form again, with every word in it."""
    if not actor.can("forum.write"):
        return _signed_out(db, page, form)
    if form.value is None:
        return write_page(db, page, form, status=422)
    try:
        post = service.submit_post(db, form.value.entered(), author=actor, once=form.value.once)
    except (service.UnknownBoard, service.UnknownVehicle) as refusal:
        return write_page(db, page, _refused(form, refusal), status=422)
    drafts.close_draft(db, form.value.draft, actor)
    page.flash(N_("It is here. We tell you as soon as something happens with it."), level="success")
    return page.redirect("show_post", post_id=post.id)


# -- an edit


@router.get("/posts/{post_id}/edit", dependencies=WRITE)
def edit_post(
    post_id: RowId, actor: CurrentActor, db: ReadDb, page: CurrentPage, draft: DraftId = 0, fresh: str = ""
) -> Response:
    """The form with what the author wrote, or with the change that was begun and not saved."""
    post = _own_post(db, post_id, actor)
    kept = drafts.get_draft(db, draft, actor) if draft else drafts.latest_draft(db, actor, post_id)
    if kept is not None and kept.post_id == post_id and not fresh:
        return write_page(db, page, _restored(kept), post_id=post_id, line=draft_line(kept, "restored"))
    tags = db.exec(select(PostTag.tag).where(PostTag.post_id == post_id)).all()
    form: BoundForm[ComposeForm] = BoundForm.blank(
        title=post.title, body=post.body, kind=post.kind.value, board_id=post.board_id or "",
        vehicle_id=post.vehicle_id or "", model=post.model, tags=" ".join(tags),
        private="1" if post.visibility == Visibility.STAFF else "", draft=drafts.new_key(),
    )  # fmt: skip
    return write_page(db, page, form, post_id=post_id, line=DraftLine(key=form.values["draft"]))


@router.post("/posts/{post_id}", dependencies=READ)
def change_post(post_id: RowId, form: BoundPost, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Save an edit; what stood there before stays in the history."""
    if not actor.can("forum.write"):
        return _signed_out(db, page, form, post_id=post_id)
    post = _own_post(db, post_id, actor)
    if form.value is None:
        return write_page(db, page, form, post_id=post_id, status=422)
    try:
        opened = post.visibility == Visibility.STAFF and not form.value.private
        service.edit_post(db, post, form.value.entered(), editor=actor)
    except (service.UnknownBoard, service.UnknownVehicle) as refusal:
        return write_page(db, page, _refused(form, refusal), post_id=post_id, status=422)
    drafts.close_draft(db, form.value.draft, actor)
    page.flash(OPENED if opened else SAVED, level="success")
    return page.redirect("show_post", post_id=post_id)


def _own_post(db: Session, post_id: int, actor: CurrentActor) -> Post:
    post = get_post(db, post_id, actor)
    if post.author_id != actor.id:
        raise service.NotYours(f"post {post_id}")
    return post


def _signed_out(db: Session, page: Page, form: BoundForm[ComposeForm], *, post_id: int | None = None) -> Response:
    if page.actor.signed_in:
        raise NotAllowed("forum.write")
    return write_page(db, page, form, post_id=post_id, status=401, signed_out=True, look=False)


def _refused(form: BoundForm[ComposeForm], refusal: Refusal) -> BoundForm[ComposeForm]:
    for name, message in refusal.fields.items():
        form = form.refuse(name, message)
    return form
