"""The brand's acts on one post: a status with its sentence, and an official response."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from cocreate.core.text_marks import N_
from cocreate.web.access import CurrentActor, Db, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage
from forum.comments import service as comments
from forum.desk import service
from forum.desk.forms import ResponseForm, StatusForm
from forum.posts.models import STATUS_LABELS
from forum.posts.queries import get_post

router = APIRouter(include_in_schema=False)
BoundStatus = Annotated[BoundForm[StatusForm], Depends(bind(StatusForm))]
BoundResponse = Annotated[BoundForm[ResponseForm], Depends(bind(ResponseForm))]


@router.post("/posts/{post_id}/status", dependencies=[allow("forum.set_status")])
def set_post_status(post_id: RowId, form: BoundStatus, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Bring one post a step further and say why."""
    post = get_post(db, post_id, actor)
    if form.value is None:
        return page.render(
            "forum/desk/status.html", block="form", status=422, post=post, status_form=form, status_labels=STATUS_LABELS
        )
    service.decide(db, post, form.value.status, reason=form.value.reason, by=actor)
    page.flash(N_("Done. Everybody who follows it is told."), level="success")
    return page.redirect("show_post", post_id=post_id)


@router.post("/posts/{post_id}/response", dependencies=[allow("forum.respond")])
def respond_to_post(post_id: RowId, form: BoundResponse, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Answer one post in the brand's name."""
    post = get_post(db, post_id, actor)
    if form.value is None:
        return page.render("forum/desk/response.html", block="form", status=422, post=post, response_form=form)
    service.respond(db, post, form.value.body, by=actor)
    page.flash(N_("Your answer stands above the comments."), level="success")
    return page.redirect_to(f"{page.url('show_post', post_id=post_id)}#answer")


@router.post("/comments/{comment_id}/useful/{word}", dependencies=[allow("forum.respond")])
def mark_comment(
    comment_id: RowId, word: Literal["yes", "no"], actor: CurrentActor, db: Db, page: CurrentPage
) -> Response:
    """yes: this comment helped, so its author shares in what becomes of the post; no: taken back."""
    comment, post = comments.get_comment(db, comment_id, actor)
    comments.call_useful(db, comment, word == "yes", by=actor)
    page.flash(N_("Marked as useful.") if word == "yes" else N_("The mark is taken back."))
    return page.redirect_to(f"{page.url('show_post', post_id=post.id)}#c{comment_id}")
