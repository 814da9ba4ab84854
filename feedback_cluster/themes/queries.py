"""Reads over themes and their voices; what counts is always the current run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from cocreate.core.errors import NotFound
from cocreate.core.statements import prepared
from cocreate.core.tables import columns
from cocreate.web import paging
from feedback_cluster.runs.models import CurrentRun
from feedback_cluster.themes.models import Source, Theme, ThemePost, TriageStatus


@dataclass(frozen=True)
class ThemeRef:
    """A theme by id and name."""

    id: int
    name: str


@dataclass(frozen=True)
class Member:
    """A voice as part of a theme."""

    post_id: int
    confidence: float
    source: Source
    leaf_id: int


Root: Any = aliased(Theme, name="root")


def current_run() -> Any:
    """The run whose assignments hold, as a subquery."""
    return select(CurrentRun.run_id).where(CurrentRun.id == 1).scalar_subquery()


def current_run_id(session: Session) -> int | None:
    """The run whose assignments hold; None before the first."""
    return session.exec(select(CurrentRun.run_id).where(CurrentRun.id == 1)).first()


def get_theme(session: Session, theme_id: int) -> Theme:
    """The theme; NotFound when there is none or the run that found it never took effect."""
    theme = session.get(Theme, theme_id)
    if theme is None or theme.born_at is None:
        raise NotFound(f"theme {theme_id}")
    return theme


def resolve(session: Session, theme_id: int) -> int:
    """The theme under which this one is shown: itself, or what it was merged into."""
    found = session.exec(select(Theme.root_id).where(Theme.id == theme_id)).first()
    return found or theme_id


def leaves(session: Session, root_ids: Iterable[int]) -> dict[int, list[int]]:
    """The themes shown under each of these, itself included."""
    found: dict[int, list[int]] = {}
    statement = select(Theme.root_id, Theme.id).where(col(Theme.root_id).in_(list(root_ids))).order_by(col(Theme.id))
    for root, leaf in session.exec(statement):
        found.setdefault(root or 0, []).append(leaf or 0)
    return found


def themes_of_posts(session: Session, post_ids: Sequence[int]) -> dict[int, ThemeRef]:
    """The theme that each post is shown under; posts of hidden themes and of the rest are left out."""
    return {post_id: ref for post_id, (ref, _) in themes_with_people(session, post_ids).items()}


def themes_with_people(session: Session, post_ids: Sequence[int]) -> dict[int, tuple[ThemeRef, int]]:
    """The same, each with the number of distinct people behind the theme."""
    if not post_ids:
        return {}
    rows = _shown_under(session, post_ids=list(post_ids))
    return {row[0]: (ThemeRef(row[1], row[2]), row[3]) for row in rows}


@prepared
def _shown_under(*, post_ids: Sequence[int]) -> Any:
    return (
        columns(ThemePost.post_id, Root.id, Root.name, Root.people)
        .join(Theme, col(Theme.id) == ThemePost.theme_id)
        .join(Root, Root.id == Theme.root_id)
        .where(
            ThemePost.run_id == current_run(), col(ThemePost.post_id).in_(post_ids), Root.status != TriageStatus.HIDDEN
        )
    )


def post_ids_of(session: Session, theme_ids: Sequence[int]) -> dict[int, list[int]]:
    """The posts behind each theme, surest first; a merged theme answers for the one it is shown under."""
    if not theme_ids:
        return {}
    roots = {theme_id: theme_id for theme_id in theme_ids}
    roots |= {
        theme_id or 0: root or 0
        for theme_id, root in session.exec(select(Theme.id, Theme.root_id).where(col(Theme.id).in_(list(theme_ids))))
    }
    statement = (
        select(Theme.root_id, ThemePost.post_id)
        .join(Theme, col(Theme.id) == ThemePost.theme_id)
        .where(ThemePost.run_id == current_run(), col(Theme.root_id).in_(set(roots.values())))
        .order_by(col(ThemePost.confidence).desc(), col(ThemePost.post_id).desc())
    )
    found: dict[int, list[int]] = {}
    for root, post_id in session.exec(statement):
        found.setdefault(root or 0, []).append(post_id)
    return {theme_id: found.get(root, []) for theme_id, root in roots.items()}


def members(
    session: Session, root_id: int, *, cursor: str | None = None, limit: int = 25, unsure_first: bool = False
) -> paging.Listing[Member]:
    """The voices of a theme by confidence, a page at a time."""
    key = sa.func.round(sa.cast(ThemePost.confidence, sa.Numeric(6, 4)), 4)
    order = (-key if unsure_first else key, col(ThemePost.post_id))
    statement = (
        columns(ThemePost.post_id, ThemePost.confidence, ThemePost.source, ThemePost.theme_id)
        .join(Theme, col(Theme.id) == ThemePost.theme_id)
        .where(ThemePost.run_id == current_run(), Theme.root_id == root_id)
        .order_by(order[0].desc(), order[1].desc())
        .limit(limit + 1)
    )
    if cursor:
        value, post_id = paging.decode_cursor(cursor, 2)
        statement = statement.where(paging.after(order, (value, post_id)))
    rows = [Member(*row) for row in session.exec(statement)]

    def place(row: Member) -> tuple[float, int]:
        return (round(-row.confidence if unsure_first else row.confidence, 4), row.post_id)

    return paging.cut(rows, limit, place)
