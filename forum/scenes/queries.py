"""Reading scenes: under their posts, on a page of their own, and one's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.actor import Actor
from cocreate.core.tables import columns
from cocreate.identity.members.queries import NOBODY, Person, people
from cocreate.identity.vehicles.models import Vehicle
from cocreate.web.paging import Listing, cut, decode_cursor
from forum.links import cursor_id
from forum.posts.models import Post
from forum.posts.queries import in_sight_of, readable_by
from forum.scenes.models import Scene

FIRST = 3


@dataclass(frozen=True)
class SceneView:
    """One scene as a reader sees it."""

    id: int
    post_id: int
    author: Person
    body: str
    car: str
    verified: bool
    created_at: datetime
    edited_at: datetime | None
    hidden: bool
    own: bool

    @property
    def mark(self) -> str | None:
        """The sign beside the name: a role of the brand, or an owner whose car is known."""
        if self.author.role is not None:
            return self.author.role.value
        return "verified" if self.verified else None


@dataclass(frozen=True)
class Scenes:
    """The first scenes of some posts; count: readable ones; people: who wrote them; mine: scenes of this reader."""

    items: list[SceneView]
    count: int
    people: int
    mine: int


@dataclass(frozen=True)
class OwnScene:
    """A scene beside the post that it belongs to; the title is empty where the member may no longer read it."""

    scene: Scene
    post_title: str


_FIELDS = (
    Scene.id, Scene.post_id, Scene.member_id, Scene.body, Scene.model, Scene.model_year, Scene.created_at,
    Scene.edited_at, Scene.hidden_at, Vehicle.verified_at,
)  # fmt: skip


def scenes_of(session: Session, post_ids: Sequence[int], actor: Actor, *, limit: int = FIRST) -> Scenes:
    """The first scenes of these posts, oldest first, with the counts of all; two statements, three with a hit."""
    where = _readable(post_ids, actor)
    mine = sa.func.coalesce(sa.func.sum(sa.case((col(Scene.member_id) == (actor.id or 0), 1), else_=0)), 0)
    persons = sa.func.count(sa.distinct(col(Scene.member_id)))
    row = session.exec(columns(sa.func.count(), persons, mine).select_from(Scene).where(*where)).one()
    count, writers, own = (int(value) for value in row)
    if not count:
        return Scenes([], 0, 0, 0)
    rows = session.exec(_rows(where).order_by(col(Scene.id)).limit(limit))
    return Scenes(_views(session, list(rows), actor), count, writers, own)


def page_of_scenes(
    session: Session, post_ids: Sequence[int], actor: Actor, *, limit: int = 20, cursor: str | None = None
) -> Listing[SceneView]:
    """All readable scenes of these posts, oldest first, a page at a time."""
    statement = _rows(_readable(post_ids, actor)).order_by(col(Scene.id)).limit(limit + 1)
    if cursor is not None:
        statement = statement.where(col(Scene.id) > cursor_id(decode_cursor(cursor, 1)[0]))
    page = cut(list(session.exec(statement)), limit, lambda row: [row[0]])
    return Listing(_views(session, page.items, actor), page.next_cursor)


def own_scenes(session: Session, actor: Actor, *, limit: int = 20, cursor: str | None = None) -> Listing[OwnScene]:
    """The member's scenes, newest first."""
    readable = select(Post.id).where(*readable_by(actor))
    title = sa.case((col(Post.id).in_(readable), col(Post.title)), else_="")
    statement = (
        columns(Scene, title)
        .join(Post, col(Post.id) == Scene.post_id)
        .where(Scene.member_id == actor.id, col(Scene.deleted_at).is_(None))
        .order_by(col(Scene.id).desc())
        .limit(limit + 1)
    )
    if cursor is not None:
        statement = statement.where(col(Scene.id) < cursor_id(decode_cursor(cursor, 1)[0]))
    page = cut(list(session.exec(statement)), limit, lambda row: [row[0].id])
    return Listing([OwnScene(*row) for row in page.items], page.next_cursor)


def count_own(session: Session, actor: Actor) -> int:
    """How many scenes the member has added."""
    where = (Scene.member_id == actor.id, col(Scene.deleted_at).is_(None))
    return session.exec(select(sa.func.count()).select_from(Scene).where(*where)).one()


def _readable(post_ids: Sequence[int], actor: Actor) -> list[sa.ColumnElement[bool]]:
    # A group may hold posts that this reader may not open: what stands below those is not theirs to read either.
    posts = select(Post.id).where(col(Post.id).in_(list(post_ids)), *in_sight_of(actor))
    conditions: list[sa.ColumnElement[bool]] = [col(Scene.post_id).in_(posts), col(Scene.deleted_at).is_(None)]
    if not actor.can("forum.moderate"):
        own = [col(Scene.member_id) == actor.id] if actor.signed_in else []
        conditions.append(sa.or_(col(Scene.hidden_at).is_(None), *own))
    return conditions


def _rows(where: list[sa.ColumnElement[bool]]) -> Any:
    return columns(*_FIELDS).outerjoin(Vehicle, col(Vehicle.id) == Scene.vehicle_id).where(*where)


def _views(session: Session, rows: list[tuple[Any, ...]], actor: Actor) -> list[SceneView]:
    known = people(session, {row[2] for row in rows})
    return [
        SceneView(
            id=row[0],
            post_id=row[1],
            author=known.get(row[2], NOBODY),
            body=row[3],
            car=" ".join(str(part) for part in (row[4], row[5]) if part),
            verified=row[9] is not None,
            created_at=row[6],
            edited_at=row[7],
            hidden=row[8] is not None,
            own=actor.id is not None and row[2] == actor.id,
        )
        for row in rows
    ]
