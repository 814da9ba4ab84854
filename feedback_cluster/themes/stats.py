"""The figures of themes: counted from the voices under a run and kept on the theme, so that lists read one table."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.tables import columns
from feedback_cluster.themes import score
from feedback_cluster.themes.cards import growth, twelve_weeks
from feedback_cluster.themes.models import Theme, ThemePost
from feedback_cluster.themes.queries import current_run_id
from forum import api as forum

KEPT_WEEKS = 26
PROBLEM = forum.PostKind.PROBLEM.value


@dataclass
class Figures:
    """What is known about one theme with all that is merged into it."""

    size: int = 0
    people: int = 0
    votes: int = 0
    weekly: dict[str, int] = field(default_factory=dict)
    models: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    first_at: datetime | None = None
    last_at: datetime | None = None
    oldest_open_at: datetime | None = None
    trend: float = 0.0
    score: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)


def refresh(session: Session, root_ids: Iterable[int], zone: ZoneInfo) -> None:
    """Count these themes anew and store what came out."""
    ids = sorted(set(root_ids))
    store(session, figures(session, ids, zone))


def figures(
    session: Session, root_ids: Sequence[int] | None, zone: ZoneInfo, *, run_id: int | None = None
) -> dict[int, Figures]:
    """Figures by theme under a run (the current one by default); all themes when `root_ids` is None.

    A theme without voices is answered as well, with zeros.
    """
    run = run_id or current_run_id(session)
    known = select(Theme.id).where(col(Theme.merged_into_id).is_(None))
    if root_ids is not None:
        known = known.where(col(Theme.id).in_(list(root_ids)))
    voices: dict[int, list[Any]] = {theme_id or 0: [] for theme_id in session.exec(known)}
    statement = (
        columns(
            Theme.root_id, ThemePost.post_id, ThemePost.created_at, ThemePost.kind, ThemePost.model,
            ThemePost.is_open, ThemePost.votes,
        )
        .join(Theme, col(Theme.id) == ThemePost.theme_id)
        .where(ThemePost.run_id == run)
    )  # fmt: skip
    if root_ids is not None:
        statement = statement.where(col(Theme.root_id).in_(list(root_ids)))
    for root, *voice in session.exec(statement):
        voices.setdefault(root, []).append(voice)
    return {root: _count(session, rows, zone) for root, rows in voices.items()}


def _count(session: Session, rows: list[Any], zone: ZoneInfo) -> Figures:
    if not rows:
        return Figures()
    moment = clock.now()
    oldest_week = clock.week_start(moment, zone) - timedelta(weeks=KEPT_WEEKS)
    weeks: Counter[str] = Counter()
    for _, created_at, *_rest in rows:
        monday = clock.week_start(created_at, zone)
        if oldest_week <= monday and created_at <= moment:
            weeks[monday.isoformat()] += 1
    kinds = Counter(row[2] for row in rows)
    waiting = [row[1] for row in rows if row[4]]
    told = Figures(
        size=len(rows),
        people=forum.people_behind(session, [row[0] for row in rows]).people,
        votes=sum(row[5] for row in rows),
        weekly=dict(sorted(weeks.items())),
        models=dict(Counter(row[3] for row in rows if row[3]).most_common(20)),
        kinds=dict(kinds.most_common()),
        first_at=min(row[1] for row in rows),
        last_at=max(row[1] for row in rows),
        oldest_open_at=min(waiting, default=None),
    )
    told.trend = round(growth(twelve_weeks(told.weekly)), 4)
    told.parts = score.parts(
        score.Evidence(
            people=told.people,
            voices=told.size,
            trend=told.trend,
            votes=told.votes,
            problem_share=kinds[PROBLEM] / len(rows),
            waiting_days=(moment - told.oldest_open_at) / timedelta(days=1) if told.oldest_open_at else 0.0,
        )
    )
    told.score = score.total(told.parts)
    return told


def store(session: Session, found: dict[int, Figures]) -> None:
    """Write figures to their themes."""
    connection = session.connection()
    for theme_id, told in found.items():
        connection.execute(sa.update(Theme).where(col(Theme.id) == theme_id).values(**vars(told)))
    for theme in session.identity_map.values():
        if isinstance(theme, Theme) and theme.id in found:
            session.refresh(theme)


def mark_stale(session: Session, root_ids: Sequence[int]) -> list[int]:
    """Note that figures are out of date; the themes for which nobody had noted it yet."""
    fresh = session.exec(select(Theme.id).where(col(Theme.id).in_(list(root_ids)), col(Theme.stale).is_(False)))
    found = sorted(theme_id or 0 for theme_id in fresh)
    if found:
        session.connection().execute(sa.update(Theme).where(col(Theme.id).in_(found)).values(stale=True))
    return found


def mark_fresh(session: Session, theme_ids: Sequence[int]) -> None:
    session.connection().execute(sa.update(Theme).where(col(Theme.id).in_(list(theme_ids))).values(stale=False))
