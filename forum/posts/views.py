"""What the post page shows, gathered in a handful of statements."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.actor import Actor, Rights
from cocreate.core.errors import NotFound
from cocreate.core.statements import prepared
from cocreate.core.tables import columns
from cocreate.identity.members.queries import NOBODY, Person, people
from cocreate.identity.vehicles.models import Vehicle
from cocreate.web.page import Page
from forum.boards.models import Board
from forum.desk.models import OfficialResponse
from forum.follows.models import Subscription
from forum.moderation.service import why_hidden
from forum.posts.models import STATUS_LABELS, Post, PostRevision, PostStatus, PostTag, StatusChange
from forum.posts.queries import readable_by
from forum.votes.models import Vote

JOURNEY = (PostStatus.OPEN, PostStatus.REVIEWING, PostStatus.PLANNED, PostStatus.STARTED, PostStatus.SHIPPED)


@dataclass(frozen=True)
class Response:
    """The brand's words as a page shows them."""

    author: Person
    body: str
    at: datetime
    edited_at: datetime | None


@dataclass(frozen=True)
class PostPage:
    """One post with everything its page shows but the comments."""

    post: Post
    board_key: str
    board_name: str
    author: Person
    car: Vehicle | None
    voted: bool
    followed: bool
    tags: list[str] = field(default_factory=list)
    trail: list[StatusChange] = field(default_factory=list)
    response: Response | None = None
    hidden_because: str = ""

    def mark(self) -> str | None:
        """The sign beside the author's name, given by the site: a role of the brand, or an owner whose car is known."""
        if self.author.role is not None:
            return self.author.role.value
        return "verified" if self.car is not None and self.car.verified else None


def post_page(session: Session, post_id: int, actor: Actor) -> PostPage:
    """The post for a reader who may see it; NotFound otherwise."""
    found = _with_surroundings(session, actor.rights, post_id=post_id, reader=actor.id).first()
    if found is None:
        raise NotFound(f"post {post_id}")
    post, board_key, board_name, car, voted, followed = found
    response = _response(session, post_id=post_id).first()
    known = people(session, {post.author_id, response.author_id if response else None})
    return PostPage(
        post=post,
        board_key=board_key or "",
        board_name=board_name or "",
        author=known.get(post.author_id or 0, NOBODY),
        car=car,
        voted=bool(voted),
        followed=bool(followed),
        tags=list(_tags(session, post_id=post_id)),
        trail=trail(session, post_id),
        response=None if response is None else Response(
            known.get(response.author_id, NOBODY), response.body, response.created_at, response.edited_at
        ),
        hidden_because=why_hidden(session, "post", post_id) if post.hidden_at else "",
    )  # fmt: skip


def trail(session: Session, post_id: int) -> list[StatusChange]:
    """The steps of a post, in order."""
    return list(_steps(session, post_id=post_id))


@prepared
def _with_surroundings(rights: Rights, /, *, post_id: int, reader: int | None) -> Any:
    actor = rights.held_by(reader)
    return (
        columns(Post, Board.key, Board.name, Vehicle, _exists(Vote, actor), _exists(Subscription, actor))
        .outerjoin(Board, col(Board.id) == Post.board_id)
        .outerjoin(Vehicle, col(Vehicle.id) == Post.vehicle_id)
        .where(col(Post.id) == post_id, *readable_by(actor))
    )


@prepared
def _response(*, post_id: int) -> Any:
    return select(OfficialResponse).where(OfficialResponse.post_id == post_id)


@prepared
def _tags(*, post_id: int) -> Any:
    return select(PostTag.tag).where(PostTag.post_id == post_id).order_by(PostTag.tag)


@prepared
def _steps(*, post_id: int) -> Any:
    return select(StatusChange).where(StatusChange.post_id == post_id).order_by(col(StatusChange.id))


def _exists(table: Any, actor: Actor) -> Any:
    if not actor.signed_in:
        return sa.literal(0)
    return sa.exists().where(table.root_id == Post.id, table.member_id == actor.id).correlate(Post)


def journey(
    page: Page, created_at: datetime, trail: Sequence[StatusChange], *, told: bool = True
) -> tuple[list[dict[str, Any]], str]:
    """The steps of a post for the track, and the key of the one reached. told: with what the brand said at each."""
    current = trail[-1].to_status if trail else PostStatus.OPEN
    last = {change.to_status: change for change in trail}
    path: list[PostStatus] = list(JOURNEY)
    if current not in path:
        # A stopped journey shows what it passed, then where it ended.
        path = [step for step in path if step == PostStatus.OPEN or step in last] + [current]
    steps = [
        {
            "key": step.value,
            "label": page.text(STATUS_LABELS[step]),
            "at": last[step].at if step in last else (created_at if step == PostStatus.OPEN else None),
            "sentence": last[step].reason if told and step in last else None,
        }
        for step in path
    ]
    return steps, current.value


def revisions(session: Session, post_id: int) -> list[PostRevision]:
    """What the post said before each edit, newest first; without what was blanked."""
    statement = (
        select(PostRevision)
        .where(PostRevision.post_id == post_id, sa.or_(col(PostRevision.title) != "", col(PostRevision.body) != ""))
        .order_by(col(PostRevision.id).desc())
    )
    return list(session.exec(statement))
