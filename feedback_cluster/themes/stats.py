"""The figures of themes: counted from the voices under a run and kept on the theme, so that lists read one table."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.tables import columns
from cocreate.identity.vehicles.queries import verified_cars
from feedback_cluster.priority.queries import current_weights
from feedback_cluster.sentiment.judge import stance
from feedback_cluster.themes import score
from feedback_cluster.themes.cards import growth, twelve_weeks
from feedback_cluster.themes.models import Theme, ThemePost
from feedback_cluster.themes.queries import current_run, current_run_id
from forum import api as forum

KEPT_WEEKS = 26


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
    evidence: dict[str, Any] = field(default_factory=dict)


class Row(NamedTuple):
    """A voice as the figures read it."""

    post_id: int
    created_at: datetime
    kind: str
    model: str
    is_open: bool
    votes: int
    person: str | None
    polarity: float
    urgent: bool
    safety: str
    vehicle_id: int | None
    verified: bool

    @property
    def speaker(self) -> str:
        return self.person or f"post:{self.post_id}"


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
    known = columns(Theme.id, Theme.effort).where(col(Theme.merged_into_id).is_(None))
    if root_ids is not None:
        known = known.where(col(Theme.id).in_(list(root_ids)))
    efforts: dict[int, str] = dict(session.exec(known).all())
    voices: dict[int, list[Row]] = {theme_id: [] for theme_id in efforts}
    statement = (
        columns(
            Theme.root_id, ThemePost.post_id, ThemePost.created_at, ThemePost.kind, ThemePost.model,
            ThemePost.is_open, ThemePost.votes, ThemePost.person, ThemePost.polarity, ThemePost.urgent,
            ThemePost.safety, ThemePost.vehicle_id, col(ThemePost.vehicle_id).in_(verified_cars()),
        )
        .join(Theme, col(Theme.id) == ThemePost.theme_id)
        .where(ThemePost.run_id == run)
    )  # fmt: skip
    if root_ids is not None:
        statement = statement.where(col(Theme.root_id).in_(list(root_ids)))
    for root, *voice in session.exec(statement):
        voices.setdefault(root, []).append(Row(*voice))
    weights = current_weights(session)
    return {root: _count(session, rows, efforts.get(root, ""), weights, zone) for root, rows in voices.items()}


def _count(session: Session, rows: list[Row], effort: str, weights: score.Weights, zone: ZoneInfo) -> Figures:
    if not rows:
        return Figures()
    moment = clock.now()
    oldest_week = clock.week_start(moment, zone) - timedelta(weeks=KEPT_WEEKS)
    weeks: Counter[str] = Counter()
    for row in rows:
        monday = clock.week_start(row.created_at, zone)
        if oldest_week <= monday and row.created_at <= moment:
            weeks[monday.isoformat()] += 1
    told = Figures(
        size=len(rows),
        people=forum.people_behind(session, [row.post_id for row in rows]).people,
        votes=sum(row.votes for row in rows),
        weekly=dict(sorted(weeks.items())),
        models=dict(Counter(row.model for row in rows if row.model).most_common(20)),
        kinds=dict(Counter(row.kind for row in rows).most_common()),
        first_at=min(row.created_at for row in rows),
        last_at=max(row.created_at for row in rows),
        oldest_open_at=min((row.created_at for row in rows if row.is_open), default=None),
    )
    told.trend = round(growth(twelve_weeks(told.weekly)), 4)
    weighed(told, evidence_of(rows, told, effort, moment), weights)
    return told


def weighed(told: Figures, evidence: score.Evidence, weights: score.Weights) -> None:
    """Fill in the score with what it was computed from."""
    told.evidence = evidence.as_json()
    told.parts = score.parts(evidence, weights)
    told.score = score.total(told.parts)


def evidence_of(rows: Sequence[Row], told: Figures, effort: str, moment: datetime) -> score.Evidence:
    """What the score looks at, from the voices of one theme."""
    said: dict[str, list[Row]] = {}
    for row in rows:
        said.setdefault(row.speaker, []).append(row)
    stances = Counter(stance(row.polarity) for row in rows)
    # Who has several cars speaks by the model of the last voice, and as verified when any of the cars is.
    segments = Counter(
        (max(own, key=lambda row: (row.created_at, row.post_id)).model, any(row.verified for row in own))
        for own in said.values()
    )
    dangers = {(row.safety, row.speaker) for row in rows if row.safety}
    return score.Evidence(
        cars=len({row.vehicle_id for row in rows if row.verified}),
        people=told.people,
        voices=told.size,
        speakers=len(said),
        again=sum(len(own) > 1 for own in said.values()),
        urgent=sum(row.urgent for row in rows),
        negative=stances[-1],
        neutral=stances[0],
        positive=stances[1],
        segments=[[model, verified, count] for (model, verified), count in sorted(segments.items())],
        danger_speakers=len({speaker for _, speaker in dangers}),
        dangers=dict(sorted(Counter(word for word, _ in dangers).items(), key=lambda pair: (-pair[1], pair[0]))),
        trend=told.trend,
        waiting_days=(moment - told.oldest_open_at) / timedelta(days=1) if told.oldest_open_at else 0.0,
        effort=effort,
    )


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


def told_by(session: Session, theme_ids: Sequence[int]) -> list[Any]:
    """What figures are counted from and others may change while we count, in brief: the run, sizes, voices, votes."""
    sizes = columns(Theme.id, Theme.effort, Theme.merged_into_id).where(col(Theme.id).in_(theme_ids))
    is_open = sa.func.sum(sa.case((col(ThemePost.is_open), 1), else_=0))
    voices = (
        columns(
            Theme.root_id, sa.func.count(), sa.func.sum(ThemePost.post_id), sa.func.sum(ThemePost.votes), is_open
        )
        .join(ThemePost, col(ThemePost.theme_id) == Theme.id)
        .where(ThemePost.run_id == current_run(), col(Theme.root_id).in_(theme_ids))
        .group_by(col(Theme.root_id))
    )  # fmt: skip
    told = [tuple(row) for row in (*session.exec(sizes), *session.exec(voices))]
    return [current_run_id(session), *sorted(told, key=repr)]
