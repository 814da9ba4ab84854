"""Taking posts and comments out of sight, and bringing them back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import Response

from cocreate.core.text_marks import N_
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage
from forum.comments.service import get_comment
from forum.moderation import service
from forum.moderation.forms import ReasonForm
from forum.moderation.queries import HiddenKind, hidden
from forum.posts.queries import get_post

router = APIRouter(include_in_schema=False, dependencies=[allow("forum.moderate")])
BoundReason = Annotated[BoundForm[ReasonForm], Depends(bind(ReasonForm))]
Back = Annotated[str, Form()]
"""The page that the button stood on; without it one sees what was restored."""


@router.get("/moderation/hidden")
def show_hidden(
    page: CurrentPage, db: ReadDb, kind: HiddenKind = HiddenKind.POST, cursor: str | None = None
) -> Response:
    """What is out of sight, with the reason, and the way back."""
    found = hidden(db, kind, page.actor, cursor=cursor)
    query = {"kind": kind.value, "cursor": found.next_cursor}
    return page.render(
        "forum/moderation/hidden.html",
        block="rows" if cursor else None,
        rows=found.items,
        kind=kind,
        first=cursor is None,
        next_url=page.url("show_hidden", query=query) if found.next_cursor else None,
    )


@router.post("/posts/{post_id}/hide")
def hide_post(post_id: RowId, form: BoundReason, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Take a post out of sight."""
    post = get_post(db, post_id, actor)
    service.hide_post(db, post, reason=form.value.reason if form.value else "", by=actor)
    page.flash(N_("Hidden."), undo_url=page.url("restore_post", post_id=post_id))
    return page.redirect("show_post", post_id=post_id)


@router.post("/posts/{post_id}/restore")
def restore_post(post_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage, back: Back = "") -> Response:
    """Bring a post back."""
    service.restore_post(db, get_post(db, post_id, actor), by=actor)
    page.flash(N_("Everybody can read it again."), level="success")
    return page.redirect_to(back or page.url("show_post", post_id=post_id))


@router.post("/comments/{comment_id}/hide")
def hide_comment(comment_id: RowId, form: BoundReason, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Take a comment out of sight."""
    comment, post = get_comment(db, comment_id, actor)
    service.hide_comment(db, comment, reason=form.value.reason if form.value else "", by=actor)
    page.flash(N_("Hidden."), undo_url=page.url("restore_comment", comment_id=comment_id))
    return page.redirect_to(f"{page.url('show_post', post_id=post.id)}#c{comment_id}")


@router.post("/comments/{comment_id}/restore")
def restore_comment(comment_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage, back: Back = "") -> Response:
    """Bring a comment back."""
    comment, post = get_comment(db, comment_id, actor)
    service.restore_comment(db, comment, by=actor)
    page.flash(N_("Everybody can read it again."), level="success")
    return page.redirect_to(back or f"{page.url('show_post', post_id=post.id)}#c{comment_id}")
