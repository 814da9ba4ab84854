"""Clocks are started and stopped by the packages; the ladder is climbed by a timer, see `ladder`."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.clocks import calendar
from cocreate.clocks.models import ResponseClock
from cocreate.clocks.queries import calendar_of, queue_of, read, times_of
from cocreate.clocks.rules import DUE, RUNNING, WARNED, ClockView
from cocreate.core import clock
from cocreate.core.db import insert_once

__all__ = ["ClockView", "read", "resume", "start", "stop", "stop_all"]
CHUNK = 500


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
    return stop_all(session, queue, [subject_id], at=at, by=by, answered=answered) == 1


def stop_all(
    session: Session,
    queue: str,
    subject_ids: Iterable[int],
    *,
    at: datetime | None = None,
    by: int | None = None,
    answered: bool = True,
) -> int:
    """The same for many things; how many of them waited."""
    moment = at or clock.now()
    began: Any = ResponseClock.started_at
    ids, stopped = sorted(set(subject_ids)), 0
    session.flush()
    for start in range(0, len(ids), CHUNK):
        statement = (
            sa.update(ResponseClock)
            .where(
                col(ResponseClock.queue) == queue,
                col(ResponseClock.subject_id).in_(ids[start : start + CHUNK]),
                col(ResponseClock.stopped_at).is_(None),
            )
            .values(
                stopped_at=sa.case((began > moment, began), else_=sa.literal(moment, began.type)),
                stopped_by=by, answered=answered, next_at=None,
            )
        )  # fmt: skip
        result: Any = session.connection().execute(statement)
        stopped += result.rowcount
    return stopped


def resume(session: Session, queue: str, stopped: Mapping[int, Collection[datetime]]) -> int:
    """The answers that stopped these clocks, by what waits, were taken back: they run on since they began, as if there
    had been none; how many do. One that stopped at another moment keeps its answer."""
    ids, resumed, days = sorted(stopped), 0, calendar_of(session)
    for first in range(0, len(ids), CHUNK):
        statement = (
            select(ResponseClock)
            .where(ResponseClock.queue == queue, col(ResponseClock.subject_id).in_(ids[first : first + CHUNK]))
            .order_by(col(ResponseClock.occurrence))
            .execution_options(populate_existing=True)
        )
        for row in {row.subject_id: row for row in session.exec(statement)}.values():
            if not row.answered or row.stopped_at not in stopped[row.subject_id]:
                continue
            after = calendar.due(max(clock.now(), row.due_at), row.period_hours, days)
            row.next_at = {RUNNING: row.warn_at, WARNED: row.due_at, DUE: after}.get(row.step)
            row.stopped_at, row.stopped_by, row.answered = None, None, False
            session.add(row)
            resumed += 1
        session.flush()
    return resumed


def assign(session: Session, queue: str, subject_id: int, *, department_id: int | None, member_id: int | None) -> bool:
    """Name who is asked for the clock that runs; the time itself does not move. False when none runs."""
    latest = _latest(session, queue, subject_id)
    if latest is None or latest.stopped_at is not None:
        return False
    latest.department_id, latest.member_id = department_id, member_id
    session.add(latest)
    return True


def adopt(session: Session, queue: str, subject_id: int, *, like: ClockView) -> None:
    """The clock that runs for this keeps the promise of another one as well: it comes forward, never goes back."""
    latest = _latest(session, queue, subject_id)
    if latest is None or latest.stopped_at is not None or latest.due_at <= like.due_at:
        return
    latest.started_at, latest.hours = like.started_at, like.hours
    found = moments(calendar_of(session), latest.started_at, latest.hours, latest.warn_hours)
    if found["due_at"] >= latest.due_at:
        return
    latest.warn_at, latest.due_at = found["warn_at"], found["due_at"]
    if latest.step < DUE:
        latest.next_at = latest.warn_at if latest.step == RUNNING else latest.due_at
    session.add(latest)


def _latest(session: Session, queue: str, subject_id: int) -> ResponseClock | None:
    return session.exec(
        select(ResponseClock)
        .where(ResponseClock.queue == queue, ResponseClock.subject_id == subject_id)
        .order_by(col(ResponseClock.occurrence).desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).first()
