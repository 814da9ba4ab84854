"""What pages show of merges: where a merged post has gone, what was merged into a post, and who may object."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.actor import Actor
from cocreate.core.tables import columns
from cocreate.identity.members.queries import NOBODY, Person, people
from forum.comments.queries import Threads, threads
from forum.merging import tree
from forum.merging.laws import path
from forum.merging.models import Merge, MergeObjection
from forum.merging.queries import merges_of
from forum.posts.models import Post
from forum.posts.queries import readable_by

OBJECTION_DAYS = 7
SHOWN = 20


@dataclass(frozen=True)
class Place:
    """Where a merged post has gone. `open`: whether this reader may read the head. `merge`: the link by which it went
    there; `objectable`: the newest one that this reader may object to, if any; `objection`: what they said already."""

    head: Post
    open: bool
    merge: Merge | None
    objectable: Merge | None = None
    objection: MergeObjection | None = None

    @property
    def until(self) -> datetime | None:
        """The last moment for an objection."""
        return self.objectable.at + timedelta(days=OBJECTION_DAYS) if self.objectable else None


@dataclass(frozen=True)
class Source:
    """A post that was merged into the one on the page: its own words, its author, what was said below it."""

    post: Post
    author: Person
    merge: Merge | None
    comments: Threads = field(default_factory=lambda: Threads([]))

    @property
    def gone(self) -> bool:
        return self.post.deleted_at is not None


@dataclass(frozen=True)
class Sources:
    """The first posts that were merged into one, as far as this reader may read them. unread: how many more count
    without being shown, because they are for staff alone, hidden or blanked; more: how many the page leaves out."""

    items: list[Source]
    unread: int = 0
    more: int = 0


def merged_into(session: Session, actor: Actor, posts: Sequence[Post]) -> dict[int, Place]:
    """Where each of these merged posts leads for this reader, by post; nothing for posts that stand by themselves."""
    ids = [post.id or 0 for post in posts if post.merged_into_id is not None]
    if not ids:
        return {}
    links = tree.above(session, ids)
    ways = {post_id: path(links, post_id) for post_id in ids}
    heads = _posts(session, [way[-1] for way in ways.values()])
    readable = {*session.exec(select(Post.id).where(col(Post.id).in_(list(heads)), *readable_by(actor)))}
    merges = merges_of(session, list(links))
    said = _objections(session, actor, [merge.id or 0 for merge in merges.values()])
    authors = {post.id or 0: post.author_id for post in posts}
    found = {}
    for post_id, way in ways.items():
        on_way = [merges[step] for step in way[:-1] if step in merges]
        own = actor.signed_in and authors[post_id] == actor.id
        open_to = [merge for merge in on_way if own and _may_object(merge, said)]
        mine = [said[merge.id or 0] for merge in on_way if merge.id in said]
        found[post_id] = Place(
            head=heads[way[-1]],
            open=way[-1] in readable,
            merge=merges.get(post_id),
            objectable=max(open_to, key=lambda merge: merge.at, default=None),
            objection=max(mine, key=lambda one: one.at, default=None),
        )
    return found


def _may_object(merge: Merge, said: Mapping[int, MergeObjection]) -> bool:
    fresh = clock.now() - merge.at <= timedelta(days=OBJECTION_DAYS)
    return fresh and merge.by_id is not None and (merge.id or 0) not in said


def sources_of(session: Session, links: Mapping[int, int | None], head_id: int, actor: Actor) -> Sources:
    """What was merged into a post, oldest merge first; links: its group as `tree.below` gives it. No statement for a
    post into which nothing was merged."""
    ids = sorted(links.keys() - {head_id})
    if not ids:
        return Sources([])
    may = readable_by(actor)
    rows = list(session.exec(select(Post).where(col(Post.id).in_(ids), *may)))
    merges = merges_of(session, ids)
    rows.sort(key=lambda post: (merges[post.id or 0].at if post.id in merges else post.created_at, post.id or 0))
    shown = rows[:SHOWN]
    known = people(session, [post.author_id for post in shown])
    items = [
        Source(
            post,
            known.get(post.author_id or 0, NOBODY),
            merges.get(post.id or 0),
            threads(session, post.id or 0, actor, limit=100) if post.comment_count else Threads([]),
        )
        for post in shown
    ]
    return Sources(items, unread=len(ids) - len(rows), more=len(rows) - len(shown))


def _posts(session: Session, ids: Sequence[int]) -> dict[int, Post]:
    found: dict[int, Post] = {}
    for chunk in tree.chunks(sorted(set(ids))):
        found |= {post.id or 0: post for post in session.exec(select(Post).where(col(Post.id).in_(chunk)))}
    return found


def _objections(session: Session, actor: Actor, merge_ids: Sequence[int]) -> dict[int, MergeObjection]:
    if not actor.signed_in or not merge_ids:
        return {}
    rows = session.exec(
        select(MergeObjection).where(
            col(MergeObjection.merge_id).in_(list(merge_ids)), MergeObjection.member_id == actor.id
        )
    )
    return {row.merge_id: row for row in rows}


def authors(session: Session, posts: Sequence[Post]) -> dict[int, Person]:
    """Who wrote these posts, by post."""
    known = people(session, [post.author_id for post in posts])
    return {
        post.id or 0: known.get(post.author_id or 0, Person(0, post.author_label or "")) for post in posts
    }  # fmt: skip


def waiting_objections(session: Session) -> int:
    """How many objections wait for a decision."""
    statement = select(sa.func.count()).select_from(MergeObjection).where(col(MergeObjection.decided_at).is_(None))
    return int(session.exec(statement).one())


@dataclass(frozen=True)
class MergeRow:
    """One line of the staff's list of merges. source, target: (id, title), the title empty once it was blanked."""

    merge: Merge
    source: tuple[int, str]
    target: tuple[int, str]
    by: Person
    undone_by: Person
    objections: list[tuple[MergeObjection, Person]]


def merge_rows(
    session: Session, actor: Actor, *, objected: bool, before_id: int | None, limit: int
) -> list[MergeRow]:  # fmt: skip
    """Merges by the newest first, or those with an objection that waits for a decision; titles as far as this reader
    may read them."""
    statement = select(Merge).where(col(Merge.by_id).is_not(None)).order_by(col(Merge.id).desc()).limit(limit)
    if objected:
        waiting = select(MergeObjection.merge_id).where(col(MergeObjection.decided_at).is_(None))
        statement = statement.where(col(Merge.id).in_(waiting))
    if before_id is not None:
        statement = statement.where(col(Merge.id) < before_id)
    merges = list(session.exec(statement))
    wanted = {post_id for merge in merges for post_id in (merge.source_id, merge.target_id)}
    titles = dict(
        session.exec(columns(Post.id, Post.title).where(col(Post.id).in_(wanted), *readable_by(actor))).all()
    )  # fmt: skip
    said: dict[int, list[MergeObjection]] = {}
    for one in session.exec(
        select(MergeObjection)
        .where(col(MergeObjection.merge_id).in_([merge.id for merge in merges]))
        .order_by(col(MergeObjection.id))
    ):
        said.setdefault(one.merge_id, []).append(one)
    known = people(
        session,
        {
            *(merge.by_id for merge in merges),
            *(merge.undone_by_id for merge in merges),
            *(one.member_id for ones in said.values() for one in ones),
        },
    )
    return [
        MergeRow(
            merge,
            (merge.source_id, titles.get(merge.source_id, "")),
            (merge.target_id, titles.get(merge.target_id, "")),
            known.get(merge.by_id or 0, NOBODY),
            known.get(merge.undone_by_id or 0, NOBODY),
            [(one, known.get(one.member_id, NOBODY)) for one in said.get(merge.id or 0, [])],
        )
        for merge in merges
    ]
