"""Reading comments."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.actor import Actor
from cocreate.core.statements import prepared
from cocreate.core.tables import columns
from cocreate.identity.members.queries import NOBODY, Person, people
from cocreate.web.paging import Listing, cut, decode_cursor
from forum.comments.models import Comment
from forum.links import cursor_id


@dataclass(frozen=True)
class CommentView:
    """One comment as a reader sees it; `body` is None when it was taken back or hidden from this reader."""

    id: int
    parent_id: int | None
    author: Person
    body: str | None
    created_at: datetime
    edited_at: datetime | None
    hidden: bool
    gone: bool
    own: bool
    useful: bool = False
    replies: list["CommentView"] = field(default_factory=list)

    @classmethod
    def written(cls, comment: Comment, author: Person) -> "CommentView":
        """A comment that its author has just written."""
        return cls(
            comment.id or 0, comment.parent_id, author, comment.body, comment.created_at, comment.edited_at,
            hidden=False, gone=False, own=True,
        )  # fmt: skip


_FIELDS = (
    Comment.id, Comment.parent_id, Comment.author_id, Comment.body, Comment.created_at, Comment.edited_at,
    Comment.hidden_at, Comment.deleted_at, Comment.useful_at,
)  # fmt: skip


@dataclass(frozen=True)
class Threads:
    """The newest comments of a post as threads, and how many readable ones were written before them."""

    items: list[CommentView]
    earlier: int = 0

    def __iter__(self) -> Iterator[CommentView]:
        return iter(self.items)


@prepared
def _newest(*, post_id: int, most: int) -> Any:
    return columns(*_FIELDS).where(Comment.post_id == post_id).order_by(col(Comment.id).desc()).limit(most)


def threads(session: Session, post_id: int, actor: Actor, *, limit: int = 500) -> Threads:
    """The newest comments with their replies, oldest first, so that a new one is always among them; two statements,
    four when there are more. A blanked comment shows only while it has replies."""
    rows = list(_newest(session, post_id=post_id, most=limit + 1))
    more, rows = len(rows) > limit, rows[:limit][::-1]
    above: list[tuple[Any, ...]] = []
    if more:
        # A new reply is shown below its comment, however old that is.
        missing = {row[1] for row in rows if row[1] is not None} - {row[0] for row in rows}
        above = list(session.exec(columns(*_FIELDS).where(col(Comment.id).in_(missing)).order_by(col(Comment.id))))
    views = _views(session, [*above, *rows], actor)
    earlier = 0
    if more:
        shown = sum(view.body is not None for view in views[: len(above)])
        earlier = _readable_before(session, post_id, actor, rows[0][0]) - shown
    return Threads(_threaded(views), earlier)


def _readable_before(session: Session, post_id: int, actor: Actor, comment_id: int) -> int:
    statement = (
        select(sa.func.count())
        .select_from(Comment)
        .where(Comment.post_id == post_id, col(Comment.id) < comment_id, *_readable_by(actor))
    )
    return session.exec(statement).one()


def _readable_by(actor: Actor) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [col(Comment.deleted_at).is_(None)]
    if not actor.can("forum.moderate"):
        own = [col(Comment.author_id) == actor.id] if actor.signed_in else []
        conditions.append(sa.or_(col(Comment.hidden_at).is_(None), *own))
    return conditions


def _threaded(views: list[CommentView]) -> list[CommentView]:
    by_id = {view.id: view for view in views}
    for view in views:
        if view.parent_id is not None and view.parent_id in by_id and view.body is not None:
            by_id[view.parent_id].replies.append(view)
    return [view for view in views if view.parent_id is None and (view.body is not None or view.replies)]


def page_of_comments(
    session: Session, post_id: int, actor: Actor, *, limit: int, cursor: str | None
) -> Listing[CommentView]:
    """Readable comments and replies in the order they were written, a page at a time."""
    statement = (
        columns(*_FIELDS)
        .where(Comment.post_id == post_id, *_readable_by(actor))
        .order_by(col(Comment.id))
        .limit(limit + 1)
    )
    if cursor is not None:
        statement = statement.where(col(Comment.id) > cursor_id(decode_cursor(cursor, 1)[0]))
    page = cut(list(session.exec(statement)), limit, lambda row: [row[0]])
    return Listing(_views(session, page.items, actor), page.next_cursor)


def _views(session: Session, rows: list[tuple[Any, ...]], actor: Actor) -> list[CommentView]:
    known = people(session, {row[2] for row in rows})
    return [_view(row, known, actor) for row in rows]


def _view(row: tuple[Any, ...], known: dict[int, Person], actor: Actor) -> CommentView:
    id_, parent_id, author_id, body, created_at, edited_at, hidden_at, deleted_at, useful_at = row
    own = actor.id is not None and author_id == actor.id
    readable = deleted_at is None and (hidden_at is None or own or actor.can("forum.moderate"))
    return CommentView(
        id=id_,
        parent_id=parent_id,
        author=known.get(author_id, NOBODY) if deleted_at is None else NOBODY,
        body=body if readable else None,
        created_at=created_at,
        edited_at=edited_at,
        hidden=hidden_at is not None,
        gone=deleted_at is not None,
        own=own,
        useful=readable and useful_at is not None,
    )
