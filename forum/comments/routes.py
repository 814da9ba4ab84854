"""Comments: written on the post page, changed on a page of their own."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlmodel import Session

from cocreate.core.errors import Refusal
from cocreate.core.text_marks import N_
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage, Page
from forum.comments import service
from forum.comments.forms import CommentForm, CommentTextForm
from forum.comments.queries import threads
from forum.posts.models import Post
from forum.posts.queries import get_post
from forum.posts.service import NotYours

router = APIRouter(include_in_schema=False, dependencies=[allow("forum.write")])
BoundComment = Annotated[BoundForm[CommentForm], Depends(bind(CommentForm))]
BoundText = Annotated[BoundForm[CommentTextForm], Depends(bind(CommentTextForm))]


@router.post("/posts/{post_id}/comments")
def add_comment(post_id: RowId, form: BoundComment, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Answer a post or a comment."""
    post = get_post(db, post_id, actor)
    if form.value is None:
        return _comments(db, page, post, form, status=422)
    try:
        comment = service.add_comment(db, post, form.value.body, author=actor, parent_id=form.value.parent_id)
    except service.NothingToReplyTo as refusal:
        return _comments(db, page, post, _refused(form, refusal), status=422)
    if page.partial:
        return _comments(db, page, post, None)
    return page.redirect_to(f"{page.url('show_post', post_id=post_id)}#c{comment.id}")


@router.get("/comments/{comment_id}/edit")
def edit_comment(comment_id: RowId, actor: CurrentActor, db: ReadDb, page: CurrentPage) -> Response:
    """The form with what the author wrote."""
    comment, post = service.get_comment(db, comment_id, actor)
    if comment.author_id != actor.id:
        raise NotYours(f"comment {comment_id}")
    form: BoundForm[CommentTextForm] = BoundForm.blank(body=comment.body)
    return page.render("forum/comments/edit.html", comment=comment, post=post, form=form)


@router.post("/comments/{comment_id}")
def change_comment(comment_id: RowId, form: BoundText, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Save what a comment says now."""
    comment, post = service.get_comment(db, comment_id, actor)
    if form.value is None:
        return page.render("forum/comments/edit.html", block="form", status=422, comment=comment, post=post, form=form)
    service.edit_comment(db, comment, form.value.body, editor=actor)
    return page.redirect_to(f"{page.url('show_post', post_id=post.id)}#c{comment_id}")


@router.post("/comments/{comment_id}/delete")
def delete_comment(comment_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Blank a comment."""
    comment, post = service.get_comment(db, comment_id, actor)
    service.delete_comment(db, comment, by=actor)
    page.flash(N_("The comment is gone."))
    return page.redirect_to(f"{page.url('show_post', post_id=post.id)}#comments")


def _refused(form: BoundForm[CommentForm], refusal: Refusal) -> BoundForm[CommentForm]:
    for message in refusal.fields.values():
        form = form.refuse("body", message)
    return form


def _comments(
    db: Session, page: Page, post: Post, form: BoundForm[CommentForm] | None, *, status: int = 200
) -> Response:
    return page.render(
        "forum/comments/thread.html", block="comments", status=status, post=post,
        threads=threads(db, post.id or 0, page.actor), comment_form=form,
    )  # fmt: skip
