"""Lists of posts: what the address asks for, one statement per page, keyset paging that never repeats or skips."""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cocreate.core import clock
from cocreate.core.actor import Actor, Rights
from cocreate.core.statements import prepared
from cocreate.core.tables import columns
from cocreate.identity.vehicles.models import Vehicle
from cocreate.web.paging import BadCursor, Listing, after, cut, decode_cursor
from forum.boards.models import Board
from forum.links import cursor_id
from forum.posts.models import VOTABLE, Post, PostKind, PostStatus, PostTag, StatusChange, Visibility
from forum.posts.queries import listed
from forum.votes.models import Vote
from search import api as search


class Sort(StrEnum):
    HOT = "hot"
    NEW = "new"
    TOP = "top"


_KEYS: dict[Sort, Any] = {Sort.HOT: Post.hot, Sort.NEW: Post.created_at, Sort.TOP: Post.vote_count}
_AT = {Sort.HOT: "hot", Sort.NEW: "created_at", Sort.TOP: "vote_count"}


@dataclass(frozen=True)
class Filters:
    """What a list is asked for; all of it lives in the address."""

    sort: Sort = Sort.HOT
    kind: PostKind | None = None
    status: PostStatus | None = None
    board: str = ""
    model: str = ""
    tag: str = ""
    text: str = ""
    mine: bool = False
    """Only posts about a model that stands in the reader's garage."""

    def query(self, **changes: Any) -> dict[str, Any]:
        """Parameters of the address of this list, with changes; what is at its default is left out."""
        values = {**asdict(self), **changes}
        values["q"] = values.pop("text")
        values["mine"] = "1" if values["mine"] else ""
        if values["sort"] == Sort.HOT:
            values["sort"] = ""
        return {key: str(value) for key, value in values.items() if value}

    @property
    def narrowed(self) -> bool:
        return bool(self.query(sort=Sort.HOT))


@dataclass(frozen=True)
class PostRow:
    """One row of the board: only what it shows."""

    id: int
    title: str
    kind: PostKind
    status: PostStatus
    model: str
    visibility: Visibility
    created_at: datetime
    vote_count: int
    imported_votes: int
    comment_count: int
    hot: float
    merged_into_id: int | None
    voted: bool = False

    @property
    def votable(self) -> bool:
        return self.status in VOTABLE


_ROW = (
    Post.id, Post.title, Post.kind, Post.status, Post.model, Post.visibility, Post.created_at, Post.vote_count,
    Post.imported_votes, Post.comment_count, Post.hot, Post.merged_into_id,
)  # fmt: skip


def list_posts(
    session: Session, filters: Filters, actor: Actor, *, limit: int = 20, cursor: str | None = None
) -> Listing[PostRow]:
    """One page of posts that this reader may see, and whether their vote is in each; one statement, one more for a
    text filter."""
    if cursor is None and not filters.narrowed:
        rows = _first_page(session, filters.sort, actor.rights, reader=actor.id, most=limit + 1).all()
    else:
        narrowed = _narrow(session, _rows(actor), filters, actor)
        if narrowed is None:
            return Listing([], None)
        rows = session.exec(_page(narrowed, filters.sort, limit + 1, cursor)).all()
    return cut([PostRow(*row) for row in rows], limit, lambda row: cursor_of(filters.sort, row))


@prepared
def _first_page(sort: Sort, rights: Rights, /, *, reader: int | None, most: int) -> Any:
    actor = rights.held_by(reader)
    return _page(_rows(actor).where(*_listed_for(actor)), sort, most)


def _rows(actor: Actor) -> Any:
    if not actor.signed_in:
        return columns(*_ROW)
    # Not a join: whoever voted for two posts that are one now has two votes that count here.
    mine = sa.exists().where(col(Vote.root_id) == Post.id, col(Vote.member_id) == actor.id).correlate(Post)
    return columns(*_ROW, mine)


def list_ids(
    session: Session, filters: Filters, actor: Actor, *, limit: int = 20, cursor: str | None = None
) -> Listing[int]:
    """The same page as ids, for callers that draw rows in their own way."""
    narrowed = _narrow(session, columns(Post.id, Post.hot, Post.created_at, Post.vote_count), filters, actor)
    if narrowed is None:
        return Listing([], None)
    rows = session.exec(_page(narrowed, filters.sort, limit + 1, cursor)).all()
    page = cut(rows, limit, lambda row: cursor_of(filters.sort, row))
    return Listing([row[0] for row in page.items], page.next_cursor)


def cursor_of(sort: Sort, row: Any) -> list[float | str]:
    """What a cursor remembers of the last row shown: the order it belongs to, the key, the id."""
    key = getattr(row, _AT[sort])
    return [sort.value, key.isoformat() if isinstance(key, datetime) else key, row.id]


def shipped_since(session: Session, moment: datetime) -> int:
    """How many public posts have been shipped since then."""
    statement = (
        columns(sa.func.count(sa.distinct(col(StatusChange.post_id))))
        .join(Post, col(Post.id) == StatusChange.post_id)
        .where(
            StatusChange.at >= moment,
            StatusChange.to_status == PostStatus.SHIPPED,
            Post.status == PostStatus.SHIPPED,
            col(Post.visibility) == Visibility.PUBLIC,
            *listed(),
        )
    )
    return int(session.exec(statement).one())


def month_start(zone: Any) -> datetime:
    """The first moment of this month for readers in `zone`."""
    return clock.now().astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _page(statement: Any, sort: Sort, most: int, cursor: str | None = None) -> Any:
    key = col(_KEYS[sort])
    if cursor is not None:
        name, value, last_id = decode_cursor(cursor, 3)
        statement = statement.where(after((key, col(Post.id)), (_key_value(sort, name, value), cursor_id(last_id))))
    return statement.order_by(key.desc(), col(Post.id).desc()).limit(most)


def _key_value(sort: Sort, name: Any, value: Any) -> Any:
    if name != sort.value:
        raise BadCursor("a cursor of another order")
    if sort == Sort.NEW:
        return value  # `after` reads it
    if isinstance(value, str):
        raise BadCursor("not a number")
    return float(value) if sort == Sort.HOT else cursor_id(value)


def _narrow(session: Session, statement: Any, filters: Filters, actor: Actor) -> Any | None:
    """The statement with all filters; None when nothing can match."""
    statement = statement.where(*_listed_for(actor))
    if filters.kind is not None:
        statement = statement.where(col(Post.kind) == filters.kind)
    if filters.status is not None:
        statement = statement.where(col(Post.status) == filters.status)
    if filters.board:
        statement = statement.where(col(Post.board_id) == _board_id(filters.board))
    if filters.model:
        statement = statement.where(col(Post.model) == filters.model)
    if filters.tag:
        statement = statement.where(col(Post.id).in_(columns(PostTag.post_id).where(PostTag.tag == filters.tag)))
    if filters.mine:
        garage = columns(Vehicle.model).where(Vehicle.member_id == actor.id, col(Vehicle.removed_at).is_(None))
        statement = statement.where(col(Post.model).in_(garage))
    if not filters.text.strip():
        return statement
    found = search.matching_ids(session, filters.text, scope=search.scope_of(actor), kind="post")
    return statement.where(col(Post.id).in_(found)) if found else None


def _listed_for(actor: Actor) -> tuple[sa.ColumnElement[bool], ...]:
    return listed() if actor.staff else (*listed(), col(Post.visibility) == Visibility.PUBLIC)


def _board_id(key: str) -> Any:
    return columns(Board.id).where(Board.key == key).scalar_subquery()
