"""Reading posts: who may see which, and posts as small frozen values for the rooms above."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.actor import Actor, Rights
from cocreate.core.errors import NotFound
from cocreate.core.statements import prepared
from cocreate.core.tables import columns
from cocreate.identity.members.models import Member
from cocreate.identity.vehicles.models import Vehicle
from forum.boards.models import Board
from forum.merging.queries import heads_of
from forum.posts.models import Post, PostKind, PostStatus, Visibility


@dataclass(frozen=True)
class PostCard:
    """What a row, a quote or a slot shows of one post. The status of a merged one is `merged`."""

    id: int
    title: str
    kind: PostKind
    status: PostStatus
    board_id: int | None
    board_name: str
    model: str
    author_id: int | None
    author_name: str
    author_verified: bool
    created_at: datetime
    vote_count: int
    imported_votes: int
    comment_count: int
    channel: str
    visibility: Visibility
    merged_into_id: int | None = None


@dataclass(frozen=True)
class PostText:
    """A post as the themes read it. `person`: "m12" for a member, "source:label" for an imported label, else None.

    A merged post is a voice of its own still: `stands` is where the post that it leads to stands, its votes are counted
    there and 0 here.
    """

    id: int
    title: str
    body: str
    created_at: datetime
    model: str
    kind: PostKind
    status: PostStatus
    board_id: int | None
    visibility: Visibility
    person: str | None
    vote_count: int
    stands: PostStatus = PostStatus.OPEN
    merged: bool = False
    vehicle_id: int | None = None
    model_year: int | None = None
    region: str = ""
    """Where the car that it is about is driven."""


def listed() -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions of posts that lists may use at all; literally those of the partial indexes."""
    return (*speaking(), col(Post.merged_into_id).is_(None))


def speaking() -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions of posts that say something to themes: merged ones do, although lists show them no more."""
    return (col(Post.deleted_at).is_(None), col(Post.hidden_at).is_(None))


def readable_by(actor: Actor) -> list[sa.ColumnElement[bool]]:
    """Conditions of posts that this reader may open: public ones, one's own, for staff the staff-only ones and for
    moderators the hidden ones too. A blanked post is nobody's."""
    return [col(Post.deleted_at).is_(None), *in_sight_of(actor)]


def in_sight_of(actor: Actor) -> list[sa.ColumnElement[bool]]:
    """The same for what others have written below a post: that outlives the post's own words when they are blanked."""
    conditions: list[sa.ColumnElement[bool]] = []
    own = [col(Post.author_id) == actor.id] if actor.signed_in else []
    if not actor.can("forum.moderate"):
        conditions.append(sa.or_(col(Post.hidden_at).is_(None), *own))
    if not actor.staff:
        conditions.append(sa.or_(col(Post.visibility) == Visibility.PUBLIC, *own))
    return conditions


def find_post(session: Session, post_id: int, actor: Actor) -> Post | None:
    return session.exec(select(Post).where(col(Post.id) == post_id, *readable_by(actor))).first()


def get_post(session: Session, post_id: int, actor: Actor) -> Post:
    """The post, for a reader who may see it; NotFound otherwise, so that nobody learns that it exists."""
    post = find_post(session, post_id, actor)
    if post is None:
        raise NotFound(f"post {post_id}")
    return post


def visible_ids(session: Session, actor: Actor, ids: Iterable[int]) -> set[int]:
    """Those of the ids that this reader may open."""
    wanted = list(ids)
    if not wanted:
        return set()
    statement = select(Post.id).where(col(Post.id).in_(wanted), *readable_by(actor))
    return {post_id for post_id in session.exec(statement) if post_id is not None}


def post_cards(session: Session, ids: Iterable[int], *, actor: Actor) -> dict[int, PostCard]:
    """Cards by id, of those that this reader may see; one statement."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = _cards_of(session, actor.rights, ids=wanted, reader=actor.id)
    return {row[0]: _card(row) for row in rows}


@prepared
def _cards_of(rights: Rights, /, *, ids: Sequence[int], reader: int | None) -> Any:
    return _cards().where(col(Post.id).in_(ids), *readable_by(rights.held_by(reader)))


def top_cards(session: Session, ids: Any, *, actor: Actor, most: int) -> list[PostCard]:
    """The most voted of the posts whose ids a subquery selects, as far as this reader may see them; one statement,
    however many thousands they are."""
    statement = _cards().where(col(Post.id).in_(ids), *readable_by(actor))
    best = statement.order_by(col(Post.vote_count).desc(), col(Post.id)).limit(most)
    return [_card(row) for row in session.exec(best)]


def _cards() -> Any:
    return (
        columns(
            Post.id, Post.title, Post.kind, Post.status, Post.board_id, Board.name, Post.model, Post.author_id,
            Member.name, Post.author_label, Vehicle.verified_at, Post.created_at, Post.vote_count,
            Post.imported_votes, Post.comment_count, Post.channel, Post.visibility, Post.merged_into_id,
        )
        .outerjoin(Board, col(Board.id) == Post.board_id)
        .outerjoin(Member, col(Member.id) == Post.author_id)
        .outerjoin(Vehicle, col(Vehicle.id) == Post.vehicle_id)
    )  # fmt: skip


def _card(row: Sequence[Any]) -> PostCard:
    values = list(row)
    values[5] = values[5] or ""
    values[8:11] = [values[8] or values[9] or "", values[10] is not None]
    card = PostCard(*values)
    return card if card.merged_into_id is None else replace(card, status=PostStatus.MERGED)


def person_of(author_id: int | None, source: str, label: str | None) -> str | None:
    """The key of the person behind a voice: one per member, one per label and source, none without either."""
    if author_id is not None:
        return f"m{author_id}"
    return f"{source}:{label}" if label else None


def post_texts(
    session: Session, *, after_id: int = 0, limit: int = 1000, ids: Sequence[int] | None = None
) -> list[PostText]:
    """Posts by ascending id, without blanked and hidden ones; staff-only and merged ones are included."""
    statement = (
        columns(
            Post.id, Post.title, Post.body, Post.created_at, Post.model, Post.kind, Post.status, Post.board_id,
            Post.visibility, Post.author_id, Post.source, Post.author_label, Post.vote_count, Post.vehicle_id,
            Post.model_year, sa.func.coalesce(Vehicle.region, ""), Post.merged_into_id,
        )
        .outerjoin(Vehicle, col(Vehicle.id) == Post.vehicle_id)
        .where(*speaking(), col(Post.id) > after_id)
        .order_by(col(Post.id))
    )  # fmt: skip
    statement = statement.where(col(Post.id).in_(list(ids))) if ids is not None else statement.limit(limit)
    rows = session.exec(statement).all()
    stands = _stands(session, [row[0] for row in rows if row[-1] is not None])
    return [_text(row, stands) for row in rows]


def _stands(session: Session, merged: Sequence[int]) -> dict[int, PostStatus]:
    """The status of the head of each merged post's group."""
    heads = heads_of(session, merged) if merged else {}
    statement = columns(Post.id, Post.status).where(col(Post.id).in_(sorted(set(heads.values()))))
    statuses = dict(session.exec(statement).all()) if heads else {}
    return {post_id: statuses[head_id] for post_id, head_id in heads.items()}


def _text(row: Sequence[Any], stands: Mapping[int, PostStatus]) -> PostText:
    *values, merged_into_id = row
    values[9:12] = [person_of(*values[9:12])]
    values[11:11] = [PostStatus.OPEN, False]
    text = PostText(*values)
    if merged_into_id is None:
        return replace(text, stands=text.status)
    return replace(text, vote_count=0, stands=stands[text.id], merged=True)


def models_in_use(session: Session) -> list[str]:
    """Vehicle models that public posts name, by name."""
    statement = (
        select(Post.model)
        .where(*listed(), col(Post.model) != "", col(Post.visibility) == Visibility.PUBLIC)
        .group_by(Post.model)
        .order_by(Post.model)
    )
    return list(session.exec(statement))


def rank_posts(
    session: Session,
    *,
    board_id: int | None = None,
    model: str | None = None,
    kind: PostKind | str | None = None,
    since: datetime | None = None,
) -> list[int]:
    """Ids of the public posts in a scope, most votes first, then newest."""
    statement = (
        select(Post.id)
        .where(*listed(), col(Post.visibility) == Visibility.PUBLIC)
        .order_by(col(Post.vote_count).desc(), col(Post.id).desc())
    )
    if board_id is not None:
        statement = statement.where(Post.board_id == board_id)
    if model:
        statement = statement.where(Post.model == model)
    if kind:
        statement = statement.where(Post.kind == PostKind(kind))
    if since is not None:
        statement = statement.where(Post.created_at >= since)
    return [post_id for post_id in session.exec(statement) if post_id is not None]
