"""Reads of the radar: alerts as people read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.tables import columns
from cocreate.web import paging
from feedback_cluster.radar.models import STANDING, Alert, Incident, RadarRound
from feedback_cluster.themes.models import Theme, ThemePost
from feedback_cluster.themes.queries import current_run

PAGE = 30
LEAST_DAYS = 42
"""So much of a past the radar needs before it judges anything: four weeks, a gap and a week of windows."""


@dataclass(frozen=True)
class AlertRow:
    """An alert with the name of its theme ("" for everything at once) and its incident, if there is one."""

    alert: Alert
    theme: str
    incident_id: int | None


def alerts(
    session: Session, *, standing: bool, cursor: str | None = None, limit: int = PAGE
) -> paging.Listing[AlertRow]:
    """Alerts that stand, or those that do not any more; the newest first."""
    order = (col(Alert.opened_at), col(Alert.id))
    state = col(Alert.state).in_(STANDING) if standing else col(Alert.state).not_in(STANDING)
    statement = _with_names().where(state).order_by(order[0].desc(), order[1].desc()).limit(limit + 1)
    if cursor:
        statement = statement.where(paging.after(order, paging.decode_cursor(cursor, 2)))
    rows = [AlertRow(alert, name or "", incident) for alert, name, incident in session.exec(statement)]
    return paging.cut(rows, limit, lambda row: (row.alert.opened_at.isoformat(), row.alert.id))


def row_of(session: Session, alert: Alert) -> AlertRow:
    """One alert with its theme's name."""
    _, name, incident = session.exec(_with_names().where(Alert.id == alert.id)).one()
    return AlertRow(alert, name or "", incident)


def _with_names() -> Any:
    return (
        columns(Alert, Theme.name, Incident.id)
        .outerjoin(Theme, col(Theme.id) == Alert.theme_id)
        .outerjoin(Incident, col(Incident.alert_id) == Alert.id)
    )


def counts(session: Session) -> tuple[int, int]:
    """How many alerts stand, and how many are past."""
    standing = sa.func.coalesce(sa.func.sum(sa.case((col(Alert.state).in_(STANDING), 1), else_=0)), 0)
    statement: Any = select(standing, sa.func.count())
    stand, every = session.exec(statement.select_from(Alert)).one()
    return stand, every - stand


def standing_of(session: Session, theme_ids: Sequence[int]) -> dict[int, Alert]:
    """The alert that stands for each of these themes."""
    if not theme_ids:
        return {}
    statement = select(Alert).where(col(Alert.theme_id).in_(list(theme_ids)), col(Alert.state).in_(STANDING))
    return {alert.theme_id or 0: alert for alert in session.exec(statement)}


def past_days(session: Session) -> int:
    """For how many days voices in themes are known; the radar needs `LEAST_DAYS`."""
    first = session.exec(select(sa.func.min(ThemePost.created_at)).where(ThemePost.run_id == current_run())).first()
    return (clock.now() - first).days if first else 0


def curve_days(alert: Alert) -> list[tuple[date, int]]:
    """(day, voices) of the alert's curve, oldest first."""
    if not alert.curve or not alert.curve_until:
        return []
    last = date.fromisoformat(alert.curve_until)
    return [(last - timedelta(days=back), count) for back, count in zip(
        range(len(alert.curve) - 1, -1, -1), alert.curve, strict=True
    )]  # fmt: skip


def last_round(session: Session) -> RadarRound | None:
    """When the radar last looked, at how much, and what it did not count; None before the first time."""
    return session.get(RadarRound, 1)
