"""Asking about clocks: the brand's calendar and times, what waits, how it went."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.clocks.calendar import DEFAULT_SPANS, Calendar, spans_of
from cocreate.clocks.models import CalendarDay, QueueTime, ResponseClock, WorkingHours
from cocreate.clocks.rules import DUE, RUNNING, ClockView, Queue, Times
from cocreate.core import clock
from cocreate.core.errors import NotFound
from cocreate.core.runtime import Runtime, runtime_of
from cocreate.core.statements import prepared
from cocreate.core.tables import columns


def queues(runtime: Runtime) -> dict[str, Queue]:
    """Every kind of waiting that a package declares, by name."""
    return {queue.name: queue for module in runtime.modules for queue in module.queues}


def queue_of(session: Session, name: str) -> Queue:
    """The queue of this name; NotFound when no package declares it."""
    runtime = runtime_of(session)
    found = queues(runtime).get(name) if runtime is not None else None
    if found is None:
        raise NotFound(f"queue {name}")
    return found


def calendar_of(session: Session) -> Calendar:
    """When the brand works, as it stands now."""
    runtime = runtime_of(session)
    if runtime is None:
        raise RuntimeError("a calendar needs the time zone of the settings")
    days = {row.day: row.works for row in session.exec(select(CalendarDay))}
    return Calendar(runtime.settings.zone, spans_of(working_hours(session)), days)


def working_hours(session: Session) -> str:
    """The spans of a working day, such as `09:00-18:00`."""
    return session.exec(select(WorkingHours.spans)).first() or DEFAULT_SPANS


def own_days(session: Session) -> list[CalendarDay]:
    """What the brand says of single days, newest first."""
    return list(session.exec(select(CalendarDay).order_by(col(CalendarDay.day).desc())))


def times_of(session: Session, queue: Queue, scope_id: int = 0) -> Times:
    """The times that hold: those of the part, else of the queue, else as declared."""
    statement = select(QueueTime).where(QueueTime.queue == queue.name, col(QueueTime.scope_id).in_({0, scope_id}))
    own = {row.scope_id: row for row in session.exec(statement)}
    row = own.get(scope_id) or own.get(0)
    return Times(row.hours, row.warn_hours, row.period_hours, row.department_id) if row else queue.times


def own_times(session: Session) -> dict[tuple[str, int], QueueTime]:
    """Everything that the brand set, by queue and part."""
    return {(row.queue, row.scope_id): row for row in session.exec(select(QueueTime))}


def state_of(row: ResponseClock, moment: datetime) -> str:
    """running | warned | escalated | met | late | gone; a time that is over escalates before the timer has seen it."""
    if row.stopped_at is not None:
        if not row.answered:
            return "gone"
        return "met" if row.stopped_at <= row.due_at else "late"
    if row.step >= DUE or moment > row.due_at:
        return "escalated"
    return "running" if row.step == RUNNING and moment < row.warn_at else "warned"


def view(row: ResponseClock, moment: datetime) -> ClockView:
    """The clock as pages show it."""
    whole = (row.due_at - row.started_at).total_seconds()
    gone = ((row.stopped_at or moment) - row.started_at).total_seconds()
    return ClockView(
        row.subject_id, row.started_at, row.due_at, row.step, state_of(row, moment), row.stopped_at,
        row.department_id, row.member_id, row.hours, round(100 * min(1.0, max(0.0, gone / whole))) if whole else 100,
    )  # fmt: skip


def read(session: Session, queue: str, ids: Iterable[int]) -> dict[int, ClockView]:
    """The latest clock of each of these things, whether it runs or has stopped."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    moment = clock.now()
    return {row.subject_id: view(row, moment) for row in _clocks(session, queue=queue, ids=wanted)}


@prepared
def _clocks(*, queue: str, ids: Sequence[int]) -> Any:
    return (
        select(ResponseClock)
        .where(ResponseClock.queue == queue, col(ResponseClock.subject_id).in_(ids))
        .order_by(col(ResponseClock.occurrence))
    )


def waiting_where(queue: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    """Conditions of the clocks of a queue that run, for the lists of the packages."""
    return col(ResponseClock.queue) == queue, col(ResponseClock.stopped_at).is_(None)


@dataclass(frozen=True)
class QueueFigures:
    """How a queue stands. median_seconds: from the start to the first human answer, None without any."""

    waiting: int
    past_due: int
    answered: int
    in_time: int
    median_seconds: float | None
    since: datetime

    @property
    def in_time_share(self) -> float | None:
        return self.in_time / self.answered if self.answered else None


def figures(session: Session, queue: str, *, days: int = 30) -> QueueFigures:
    """How many wait and wait too long, and how fast a human answered in the last `days` days; two statements."""
    moment = clock.now()
    since = moment - timedelta(days=days)
    over = sa.case((col(ResponseClock.due_at) < moment, 1))
    waiting, past = session.exec(
        columns(sa.func.count(col(ResponseClock.id)), sa.func.count(over)).where(*waiting_where(queue))
    ).one()
    statement = columns(ResponseClock.started_at, ResponseClock.stopped_at, ResponseClock.due_at).where(
        ResponseClock.queue == queue, col(ResponseClock.answered), col(ResponseClock.stopped_at) >= since
    )
    rows = session.exec(statement).all()
    passed = sorted((stopped - started).total_seconds() for started, stopped, _ in rows)
    in_time = sum(stopped <= due_at for _, stopped, due_at in rows)
    return QueueFigures(waiting, past, len(rows), in_time, _median(passed), since)


def _median(values: Sequence[float]) -> float | None:
    if not values:
        return None
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2
