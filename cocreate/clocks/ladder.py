"""The ladder that a clock climbs while nobody answers: assignee, head of the department, leadership.

A timer takes the steps that are owed. Each is taken once, by a conditional UPDATE and a unique row, whoever races and
however often the job runs; a clock that stops in between takes none. After a time in which no worker ran, a clock
takes one step and then waits a whole period for the next: nobody is passed over because a machine stood still.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
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
from cocreate.core.db import insert_many_once
from cocreate.core.runtime import Runtime, runtime_of
from cocreate.identity.departments.queries import at_work, leads, members_of, refs
from cocreate.notify.inbox.service import reword, tell, translated
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
    if not rows:
        return 0
    days = calendar_of(session)
    alike: dict[tuple[int, int, datetime | None], list[ResponseClock]] = defaultdict(list)
    for row in rows:
        step = _next_step(row, moment)
        alike[row.step, step, _then(row, step, moment, days)].append(row)
    taken = [
        Step(row, step)
        for (before, step, then), group in alike.items()
        for row in _take(session, group, before, step, then)
    ]
    told = _tell(session, taken)
    insert_many_once(session, [note for step in taken for note in _notes(step, moment, told)])
    return len(rows)


def _next_step(row: ResponseClock, moment: datetime) -> int:
    """A warning that would come after the time is passed over."""
    step = row.step + 1
    return DUE if step == WARNED and moment >= row.due_at else step


def _then(row: ResponseClock, step: int, moment: datetime, days: calendar.Calendar) -> datetime | None:
    """When the step after this one is owed."""
    if step == WARNED:
        return row.due_at
    return calendar.due(max(moment, row.due_at), row.period_hours, days) if step < LEADERSHIP else None


def _take(
    session: Session, rows: Sequence[ResponseClock], before: int, step: int, then: datetime | None
) -> list[ResponseClock]:
    """Those of the clocks that take the step now: not what somebody answered, nor what another worker took."""
    statement = (
        sa.update(ResponseClock)
        .where(
            col(ResponseClock.id).in_([row.id for row in rows]),
            col(ResponseClock.step) == before,
            col(ResponseClock.stopped_at).is_(None),
        )
        .values(step=step, next_at=then)
        .returning(col(ResponseClock.id))
    )
    won = set(session.connection().execute(statement).scalars())
    return [row for row in rows if row.id in won]


def _notes(step: Step, moment: datetime, told: Mapping[int, int]) -> list[ClockStep]:
    row = step.clock
    found = [
        ClockStep(
            clock_id=row.id or 0, step=step.step, at=moment, told=told.get(row.id or 0, 0),
            owed_at=row.warn_at if step.step == WARNED else row.due_at if step.step == DUE else row.next_at or moment,
        )
    ]  # fmt: skip
    if step.step == DUE and row.step == RUNNING:
        found.append(ClockStep(clock_id=row.id or 0, step=WARNED, at=moment, owed_at=row.warn_at, told=0))
    return found


def _tell(session: Session, steps: Sequence[Step]) -> dict[int, int]:
    """Tell whom the steps concern; how many people by clock."""
    runtime = runtime_of(session)
    if runtime is None or not steps:
        return {}
    known = queues(runtime)
    grouped: dict[tuple[str, int, int | None, tuple[int, ...]], list[ResponseClock]] = defaultdict(list)
    asked: dict[tuple[str, int, int | None, int | None], tuple[int, ...]] = {}
    for step in steps:
        who = (step.clock.queue, step.step, step.clock.department_id, step.clock.member_id)
        if who not in asked:
            asked[who] = tuple(_people(session, step, known.get(step.clock.queue)))
        people = asked[who]
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
        asked = at_work(session, [row.member_id] if row.member_id else [])
        if not asked and department is not None:
            asked = at_work(session, [*members_of(session, department.id), department.head_id])
        if not asked and queue is not None and queue.crew is not None:
            asked = at_work(session, queue.crew(session))
        return asked or leads(session)
    head = at_work(session, [department.head_id]) if step.step == DUE and department is not None else []
    return head or leads(session)


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
        # The number lets a package take its words back, see `forget`.
        params = {"what": what, "queue": label, "due": f"{due_at:%m-%d %H:%M}", _number(row.queue): row.subject_id}
        key, url = f"clock:{row.id}:{step}", row.url or queue.list_url or "/"
        tell(session, people, ONE[step], key=key, params=params, url=url, topic=topic)
        announce(session, ONE[step], key=key, params=params, url=url, department_id=department_id, topic=topic)


def forget(session: Session, queue: str, subject_id: int) -> None:
    """Messages about this keep its number and lose its words: they must not be read any more."""
    reword(session, list(ONE.values()), _number(queue), subject_id, what=f"#{subject_id}")


def _number(queue: str) -> str:
    return queue.replace(".", "_")


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
