"""The links between posts as the database holds them: who leads where, and the figures that follow from it.

One order of locks, so that votes and merges never wait for each other in a circle: first the links (shared by votes,
alone for merges), then rows of posts in the order of their ids.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.statements import prepared
from cocreate.core.tables import columns
from forum.follows.models import Subscription
from forum.merging.laws import counts_at, head_of
from forum.posts.hot import hot_score
from forum.posts.models import Post
from forum.votes.models import Vote

_LINKS = 0x6D657267
"""Number of the advisory lock: "merg"."""
CHUNK = 5_000


def lock_links(session: Session, *, alone: bool = False) -> None:
    """Hold the links still until the transaction ends; `alone`: to change them. Call it before any post is locked.

    What is read afterwards is the latest commit. On SQLite one writer at a time is the lock.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        lock = sa.func.pg_advisory_xact_lock if alone else sa.func.pg_advisory_xact_lock_shared
        connection.execute(sa.select(lock(_LINKS)))
    else:
        connection.execute(sa.update(Post).where(sa.false()).values(hot=0.0))


def lock_posts(session: Session, post_ids: Iterable[int]) -> None:
    """Lock rows in the order of their ids."""
    for post_id in sorted(set(post_ids)):
        session.connection().execute(sa.update(Post).where(col(Post.id) == post_id).values(hot=col(Post.hot)))


@prepared
def _links(*, ids: Sequence[int]) -> Any:
    return columns(Post.id, Post.merged_into_id).where(col(Post.id).in_(ids))


@prepared
def _links_to(*, ids: Sequence[int]) -> Any:
    # Said twice, so that the partial index over merged posts is used.
    return columns(Post.id, Post.merged_into_id).where(
        col(Post.merged_into_id).is_not(None), col(Post.merged_into_id).in_(ids)
    )


def above(session: Session, post_ids: Iterable[int]) -> dict[int, int | None]:
    """The links from these posts upwards: what each leads to, as far as the heads."""
    links: dict[int, int | None] = {}
    pending = set(post_ids)
    while pending:
        rows: list[tuple[int, int | None]] = []
        ordered = sorted(pending)
        for start in range(0, len(ordered), CHUNK):
            rows += _links(session, ids=ordered[start : start + CHUNK])
        links.update(rows)
        pending = {target for _, target in rows if target is not None} - links.keys()
    return links


def below(session: Session, post_ids: Collection[int]) -> dict[int, int | None]:
    """The links of everything that leads to these posts, and of the posts themselves."""
    links: dict[int, int | None] = {}
    ordered = sorted(set(post_ids))
    for start in range(0, len(ordered), CHUNK):
        chunk = ordered[start : start + CHUNK]
        links.update(_links(session, ids=chunk).all())
    pending = list(links)
    while pending:
        rows: list[tuple[int, int | None]] = []
        for start in range(0, len(pending), CHUNK):
            chunk = pending[start : start + CHUNK]
            rows += _links_to(session, ids=chunk)
        pending = [post_id for post_id, _ in rows if post_id not in links]
        links.update(rows)
    return links


def head(session: Session, post_id: int) -> int:
    """The post that this one leads to; itself when it was not merged."""
    return head_of(above(session, [post_id]), post_id)


def settle(session: Session, heads: Collection[int]) -> None:
    """Bring the figures of whole groups in line with the links: where each vote and follow counts, and the counters of
    the heads. The links must be held alone."""
    for head_id in sorted(set(heads)):
        links = below(session, [head_id])
        links[head_id] = None
        for table in (Vote, Subscription):
            _place(session, table, links, head_id)
    # Only now: what leaves one group counts there until it is placed in the other.
    for head_id in sorted(set(heads)):
        recount(session, head_id)


def _place(session: Session, table: Any, links: dict[int, int | None], head_id: int) -> None:
    ids = sorted(links)
    execute = session.connection().execute
    for start in range(0, len(ids), CHUNK):
        group = col(table.post_id).in_(ids[start : start + CHUNK])
        elsewhere = sa.or_(col(table.root_id).is_(None), col(table.root_id) != head_id)
        execute(sa.update(table).where(group, col(table.withheld_by).is_(None), elsewhere).values(root_id=head_id))
        withheld = sa.select(table.post_id, table.withheld_by).where(group, col(table.withheld_by).is_not(None))
        for post_id, by in execute(withheld.distinct()).all():
            one = (col(table.post_id) == post_id, col(table.withheld_by) == by)
            execute(sa.update(table).where(*one).values(root_id=counts_at(links, post_id, by)))


def recount(session: Session, head_id: int) -> int:
    """Count the people whose vote counts at this head, anew; the figure."""
    execute = session.connection().execute
    votes = execute(
        sa.select(sa.func.count(sa.distinct(col(Vote.member_id)))).where(col(Vote.root_id) == head_id)
    ).scalar_one()
    created_at = execute(sa.select(col(Post.created_at)).where(col(Post.id) == head_id)).scalar_one()
    execute(
        sa.update(Post).where(col(Post.id) == head_id).values(vote_count=votes, hot=hot_score(votes, created_at))
    )  # fmt: skip
    return int(votes)


def refresh(session: Session, post_ids: Collection[int]) -> None:
    """Rows of these posts that the session holds are read again at next use."""
    for row in session.identity_map.values():
        if isinstance(row, Post) and row.id in post_ids:
            session.expire(row)


def common_people(session: Session, one: int, other: int) -> int:
    """How many members have a vote that counts at both heads."""
    voters = select(Vote.member_id).where(Vote.root_id == one).distinct().subquery()
    statement = select(sa.func.count(sa.distinct(col(Vote.member_id)))).where(
        Vote.root_id == other, col(Vote.member_id).in_(sa.select(voters.c.member_id))
    )
    return int(session.exec(statement).one())


def chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    """The ids in pieces that a statement can name."""
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
