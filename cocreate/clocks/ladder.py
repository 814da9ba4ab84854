"""The ladder that a clock climbs while nobody answers: assignee, head of the department, leadership.

A timer takes the steps that are owed. Each is taken once, by a conditional UPDATE and a unique row, whoever races and
however often the job runs; a clock that stops in between takes none. After a time in which no worker ran, a clock
takes one step and then waits a whole period for the next: nobody is passed over because a machine stood still.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.clocks import calendar
from cocreate.clocks.models import ClockStep, ResponseClock
from cocreate.clocks.notices import MANY, ONE
from cocreate.clocks.queries import calendar_of, queues
from cocreate.clocks.rules import DUE, LEADERSHIP, RUNNING, WARNED, Queue
from cocreate.clocks.service import moments
from cocreate.core import clock
from cocreate.core.db import insert_once
from cocreate.core.runtime import Runtime, runtime_of
from cocreate.core.tables import columns
from cocreate.identity.departments.queries import leads, members_of, refs
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.service import tell, translated
from cocreate.notify.robots.service import announce

JOB, REWIND = "clocks.climb", "clocks.rewind"
CHUNK = 200
SINGLY = 3
"""More clocks than these that take the same step for the same people are told of in one message."""


@dataclass(frozen=True)
class Step:
    """A clock took a step."""

    clock: ResponseClock
    step: int


def climb(runtime: Runtime) -> None:
    """Take every step that is owed, in batches, each with its messages in one transaction."""
    while True:
        with runtime.database.write() as session:
            if _climb_some(session, clock.now()) < CHUNK:
                return


def _climb_some(session: Session, moment: datetime) -> int:
    statement = (
        select(ResponseClock)
        .where(col(ResponseClock.stopped_at).is_(None), col(ResponseClock.next_at) <= moment)
        .order_by(col(ResponseClock.next_at), col(ResponseClock.id))
        .limit(CHUNK)
    )
    rows = session.exec(statement).all()
    days = calendar_of(session) if rows else None
    taken = [step for row in rows if days and (step := _take(session, row, moment, days)) is not None]
    told = _tell(session, taken, moment)
    for step in taken:
        _note(session, step.clock, step.step, moment, told.get(step.clock.id or 0, 0))
    return len(rows)


def _take(session: Session, row: ResponseClock, moment: datetime, days: calendar.Calendar) -> Step | None:
    """The step that this clock takes now; None when somebody answered or another worker took it."""
    step = row.step + 1
    passed_over = step == WARNED and moment >= row.due_at
    if passed_over:
        step = DUE  # a warning that comes after the time is none
    if step == WARNED:
        next_at: datetime | None = row.due_at
    else:
        next_at = calendar.due(max(moment, row.due_at), row.period_hours, days) if step < LEADERSHIP else None
    statement = (
        sa.update(ResponseClock)
        .where(
            col(ResponseClock.id) == row.id,
            col(ResponseClock.step) == row.step,
            col(ResponseClock.stopped_at).is_(None),
        )
        .values(step=step, next_at=next_at)
    )
    result: Any = session.connection().execute(statement)
    if not result.rowcount:
        return None
    if passed_over:
        _note(session, row, WARNED, moment, 0)
    return Step(row, step)


def _note(session: Session, row: ResponseClock, step: int, moment: datetime, told: int) -> None:
    owed_at = row.warn_at if step == WARNED else row.due_at if step == DUE else row.next_at or moment
    insert_once(session, ClockStep(clock_id=row.id or 0, step=step, owed_at=owed_at, at=moment, told=told))


def _tell(session: Session, steps: Sequence[Step], moment: datetime) -> dict[int, int]:
    """Tell whom the steps concern; how many people by clock."""
    runtime = runtime_of(session)
    if runtime is None or not steps:
        return {}
    known = queues(runtime)
    grouped: dict[tuple[str, int, int | None, tuple[int, ...]], list[ResponseClock]] = defaultdict(list)
    for step in steps:
        people = tuple(_people(session, step, known.get(step.clock.queue)))
        grouped[step.clock.queue, step.step, step.clock.department_id, people].append(step.clock)
    told: dict[int, int] = {}
    for (name, number, department_id, people), rows in grouped.items():
        queue = known.get(name)
        if queue is not None:
            _say(session, queue, number, rows, people, department_id if number < LEADERSHIP else None)
        told.update((row.id or 0, len(people)) for row in rows)
    return told


def _people(session: Session, step: Step, queue: Queue | None) -> list[int]:
    row = step.clock
    department = refs(session, [row.department_id]).get(row.department_id or 0)
    if step.step == WARNED:
        asked = _present(session, [row.member_id] if row.member_id else [])
        if not asked and department is not None:
            asked = _present(session, [*members_of(session, department.id), department.head_id])
        if not asked and queue is not None and queue.crew is not None:
            asked = _present(session, queue.crew(session))
        return asked or leads(session)
    head = _present(session, [department.head_id]) if step.step == DUE and department is not None else []
    return head or leads(session)


def _present(session: Session, ids: Sequence[int | None]) -> list[int]:
    wanted = {member_id for member_id in ids if member_id is not None}
    statement = columns(Member.id).where(
        col(Member.id).in_(wanted), col(Member.deleted_at).is_(None), col(Member.suspended_at).is_(None)
    )
    return sorted(session.exec(statement)) if wanted else []


def _say(
    session: Session,
    queue: Queue,
    step: int,
    rows: Sequence[ResponseClock],
    people: Sequence[int],
    department_id: int | None,
) -> None:
    label, topic = translated(queue.label), f"queue:{queue.name}"
    if len(rows) > SINGLY:
        key = f"clocks:{step}:{rows[0].id}-{rows[-1].id}"
        params: dict[str, Any] = {"count": len(rows), "queue": label}
        url = queue.list_url or rows[0].url or "/"
        tell(session, people, MANY[step], key=key, params=params, url=url, topic=topic)
        announce(session, MANY[step], key=key, params=params, url=url, department_id=department_id, topic=topic)
        return
    titles = queue.titles(session, [row.subject_id for row in rows]) if queue.titles else {}
    runtime = runtime_of(session)
    for row in rows:
        what = titles.get(row.subject_id) or row.title or f"#{row.subject_id}"
        # Digits alone: the reader's language is not known yet.
        due_at = row.due_at.astimezone(runtime.settings.zone) if runtime else row.due_at
        params = {"what": what, "queue": label, "due": f"{due_at:%m-%d %H:%M}"}
        key, url = f"clock:{row.id}:{step}", row.url or queue.list_url or "/"
        tell(session, people, ONE[step], key=key, params=params, url=url, topic=topic)
        announce(session, ONE[step], key=key, params=params, url=url, department_id=department_id, topic=topic)


def rewind(runtime: Runtime) -> None:
    """Count the running clocks anew by the calendar as it is now; those that are past due stay what they are."""
    last = 0
    while True:
        with runtime.database.write() as session:
            days = calendar_of(session)
            statement = (
                select(ResponseClock)
                .where(
                    col(ResponseClock.stopped_at).is_(None),
                    col(ResponseClock.step) < DUE,
                    col(ResponseClock.id) > last,
                )
                .order_by(col(ResponseClock.id))
                .limit(CHUNK)
            )
            rows = session.exec(statement).all()
            for row in rows:
                _recount(session, row, days)
            if len(rows) < CHUNK:
                return
            last = rows[-1].id or 0


def _recount(session: Session, row: ResponseClock, days: calendar.Calendar) -> None:
    found = moments(days, row.started_at, row.hours, row.warn_hours)
    if (found["warn_at"], found["due_at"]) == (row.warn_at, row.due_at):
        return
    if row.step != RUNNING:
        found["next_at"] = found["due_at"]
    session.connection().execute(
        sa.update(ResponseClock)
        .where(
            col(ResponseClock.id) == row.id,
            col(ResponseClock.step) == row.step,
            col(ResponseClock.stopped_at).is_(None),
        )
        .values(**found)
    )
