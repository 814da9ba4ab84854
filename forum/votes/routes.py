"""The vote button: answers its own form with itself, or leads back to where it was pressed."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from cocreate.core.text_marks import N_
from cocreate.web.access import CurrentActor, Db, RowId, allow
from cocreate.web.page import CurrentPage, Page
from forum.links import came_from
from forum.posts.models import Post
from forum.posts.queries import get_post
from forum.votes import service

router = APIRouter(include_in_schema=False, dependencies=[allow("forum.write")])
Layout = Annotated[Literal["tall", "bar"], Query()]
Place = Annotated[str, Query(pattern="^[a-z]{0,12}$")]


@router.post("/posts/{post_id}/vote")
def cast_vote(
    post_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage, layout: Layout = "tall", at: Place = ""
) -> Response:
    """Give one's vote."""
    post = get_post(db, post_id, actor)
    service.cast_vote(db, post, voter=actor)
    return _answer(page, service.head_of(db, post), voted=True, layout=layout, at=at)


@router.post("/posts/{post_id}/vote/withdraw")
def withdraw_vote(
    post_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage, layout: Layout = "tall", at: Place = ""
) -> Response:
    """Take one's vote back."""
    post = get_post(db, post_id, actor)
    service.withdraw_vote(db, post, voter=actor)
    return _answer(page, service.head_of(db, post), voted=False, layout=layout, at=at)


def _answer(page: Page, post: Post, *, voted: bool, layout: str, at: str) -> Response:
    if page.partial:
        return page.render("forum/votes/_button.html", post=post, voted=voted, layout=layout, at=at)
    page.flash(N_("Your vote counts.") if voted else N_("Your vote is taken back."), level="success")
    request: Request = page.request
    place = f"vote-{at}-{post.id}" if at else f"vote-{post.id}"
    return page.redirect_to(f"{came_from(request, page.url('show_post', post_id=post.id))}#{place}")
