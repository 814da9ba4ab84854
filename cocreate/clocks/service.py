"""Clocks are started and stopped by the packages; the ladder is climbed by a timer, see `ladder`."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.clocks import calendar
from cocreate.clocks.models import ResponseClock
from cocreate.clocks.queries import calendar_of, queue_of, read, times_of
from cocreate.clocks.rules import ClockView
from cocreate.core import clock
from cocreate.core.db import insert_once

__all__ = ["ClockView", "read", "start", "stop"]


def start(
    session: Session,
    queue: str,
    subject_id: int,
    *,
    at: datetime | None = None,
    hours: float | None = None,
    department_id: int | None = None,
    member_id: int | None = None,
    url: str = "",
    title: str = "",
    scope_id: int = 0,
) -> ResponseClock:
    """Somebody waits from `at` on; the clock that runs for it. Starting one that runs changes nothing.

    hours: working hours promised for this one, else those of the queue's part `scope_id`, else of the queue. A start
    after a stop is a new occurrence.
    """
    latest = _latest(session, queue, subject_id)
    if latest is not None and latest.stopped_at is None:
        return latest
    declared = queue_of(session, queue)
    times = times_of(session, declared, scope_id)
    promised = hours if hours is not None else times.hours
    moment = at or clock.now()
    row = ResponseClock(
        queue=queue, scope_id=scope_id, subject_id=subject_id, occurrence=latest.occurrence + 1 if latest else 1,
        hours=promised, warn_hours=times.warn_hours, period_hours=times.period_hours, started_at=moment,
        department_id=department_id or times.department_id, member_id=member_id, url=url, title=title[:200],
        **moments(calendar_of(session), moment, promised, times.warn_hours),
    )  # fmt: skip
    insert_once(session, row)
    # Whoever raced for the same occurrence has the same wait: theirs or ours, one clock runs.
    return session.exec(
        select(ResponseClock).where(
            ResponseClock.queue == queue,
            ResponseClock.subject_id == subject_id,
            ResponseClock.occurrence == row.occurrence,
        )
    ).one()


def moments(days: calendar.Calendar, started_at: datetime, hours: float, warn_hours: float) -> dict[str, Any]:
    """When a clock warns and is due. A time no longer than the warning's lead is not warned of."""
    due_at = calendar.due(started_at, hours, days)
    warn_at = calendar.due(started_at, hours - warn_hours, days) if hours > warn_hours else due_at
    return {"warn_at": warn_at, "due_at": due_at, "next_at": warn_at}


def stop(
    session: Session,
    queue: str,
    subject_id: int,
    *,
    at: datetime | None = None,
    by: int | None = None,
    answered: bool = True,
) -> bool:
    """The wait is over; False when nobody waited. `answered`: by a human; else the thing went away.

    at: when it was answered, for news that arrive later than it happened; never before the clock began.
    """
    moment = at or clock.now()
    began: Any = ResponseClock.started_at
    statement = (
        sa.update(ResponseClock)
        .where(
            col(ResponseClock.queue) == queue,
            col(ResponseClock.subject_id) == subject_id,
            col(ResponseClock.stopped_at).is_(None),
        )
        .values(
            stopped_at=sa.case((began > moment, began), else_=sa.literal(moment, began.type)),
            stopped_by=by, answered=answered, next_at=None,
        )
        .execution_options(synchronize_session="fetch")
    )  # fmt: skip
    result: Any = session.execute(statement)
    return bool(result.rowcount)


def assign(session: Session, queue: str, subject_id: int, *, department_id: int | None, member_id: int | None) -> bool:
    """Name who is asked for the clock that runs; the time itself does not move. False when none runs."""
    latest = _latest(session, queue, subject_id)
    if latest is None or latest.stopped_at is not None:
        return False
    latest.department_id, latest.member_id = department_id, member_id
    session.add(latest)
    return True


def adopt(session: Session, queue: str, subject_id: int, *, due_at: datetime, like: ClockView) -> None:
    """The clock that runs for this also keeps an earlier promise: its time comes forward to `due_at`, never back."""
    latest = _latest(session, queue, subject_id)
    if latest is None or latest.stopped_at is not None or latest.due_at <= due_at:
        return
    latest.due_at, latest.warn_at = due_at, min(latest.warn_at, due_at)
    latest.started_at = min(latest.started_at, like.started_at)
    if latest.next_at is not None:
        latest.next_at = latest.warn_at if latest.step == 0 else due_at if latest.step == 1 else latest.next_at
    session.add(latest)


def _latest(session: Session, queue: str, subject_id: int) -> ResponseClock | None:
    return session.exec(
        select(ResponseClock)
        .where(ResponseClock.queue == queue, ResponseClock.subject_id == subject_id)
        .order_by(col(ResponseClock.occurrence).desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).first()
