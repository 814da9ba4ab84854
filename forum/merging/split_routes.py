"""Splitting a post, for its author and for staff."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from cocreate.core.actor import Actor
from cocreate.core.text_marks import N_
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage, Page
from forum.merging import splitting
from forum.merging.forms import SplitForm
from forum.posts.models import Post
from forum.posts.queries import get_post

router = APIRouter(include_in_schema=False, dependencies=[allow("forum.write")])
BoundSplit = Annotated[BoundForm[SplitForm], Depends(bind(SplitForm))]


@router.get("/posts/{post_id}/split")
def choose_asks(post_id: RowId, actor: CurrentActor, db: ReadDb, page: CurrentPage) -> Response:
    """The form with one row for each ask; rows of a numbered list are filled in."""
    post = _own(get_post(db, post_id, actor), actor)
    values: dict[str, str] = {}
    for number, (title, body) in enumerate(splitting.suggested_asks(post), 1):
        values |= {f"title_{number}": title, f"body_{number}": body}
    return _page(page, post, BoundForm[SplitForm].blank(**values))


@router.post("/posts/{post_id}/split")
def split_post(post_id: RowId, form: BoundSplit, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Make each ask a post of its own."""
    post = _own(get_post(db, post_id, actor), actor)
    if form.value is None:
        return _page(page, post, form, status=422)
    asks = form.value.asks()
    if len(asks) < splitting.FEWEST:
        return _page(page, post, form.refuse("title_1", splitting.TooFewAsks.message), status=422)
    split = splitting.split_post(db, post, asks, by=actor)
    page.flash(
        N_("Split. Whoever follows it follows the parts; voters are asked which one they mean."), level="success",
        undo_url=page.url("undo_split", split_id=split.id),
    )  # fmt: skip
    return page.redirect("show_post", post_id=post_id)


@router.post("/splits/{split_id}/undo")
def undo_split(split_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Take a split back while nobody has built on a part."""
    split = splitting.undo_split(db, split_id, by=actor)
    page.flash(N_("Taken back: it is one post again."), level="success")
    return page.redirect("show_post", post_id=split.post_id)


def _own(post: Post, actor: Actor) -> Post:
    if post.author_id != actor.id and not actor.can("forum.merge"):
        raise splitting.NotYoursToSplit(f"post {post.id}")
    return post


def _page(page: Page, post: Post, form: BoundForm[SplitForm], *, status: int = 200) -> Response:
    return page.render("forum/merging/split.html", block="form", status=status, post=post, form=form)
