"""What the brand sets about its clocks: times of the queues, hours of a working day, days off and at work."""

from dataclasses import replace
from datetime import date, timedelta

from sqlmodel import Session

from cocreate.clocks.calendar import Calendar, NoWorkingTime, due, spans_of
from cocreate.clocks.forms import MOST_HOURS
from cocreate.clocks.ladder import REWIND
from cocreate.clocks.models import CalendarDay, QueueTime, WorkingHours
from cocreate.clocks.queries import calendar_of, queue_of
from cocreate.clocks.rules import Times
from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.errors import Invalid
from cocreate.core.text_marks import N_
from cocreate.identity.departments.queries import departments
from cocreate.identity.departments.service import NoSuchDepartment

MOST_DAYS = 366


class LastBeforeFirst(Invalid):
    code = "last_before_first"
    message = N_("The last day comes before the first one, or they are more than a year apart.")


class UnknownPart(Invalid):
    code = "unknown_part"
    message = N_("There is no such part of this queue.")


class NeverWorks(Invalid):
    code = "never_works"
    message = N_("With this no working day would be left, and nobody could be promised a time.")


def set_times(session: Session, queue: str, scope_id: int, times: Times, *, by: Actor) -> None:
    """Promise these times to what begins to wait from now on; clocks that run keep theirs."""
    _check_part(session, queue, scope_id)
    if times.department_id is not None and times.department_id not in {one.id for one in departments(session)}:
        raise NoSuchDepartment(fields={"department": NoSuchDepartment.message})
    session.merge(
        QueueTime(
            queue=queue, scope_id=scope_id, hours=times.hours, warn_hours=times.warn_hours,
            period_hours=times.period_hours, department_id=times.department_id,
        )
    )  # fmt: skip
    audit.record(session, by, "clocks.times", "queue", scope_id, queue=queue, hours=times.hours)


def clear_times(session: Session, queue: str, scope_id: int, *, by: Actor) -> None:
    """Go back to the times of the whole queue, or of the queue to those it was declared with."""
    _check_part(session, queue, scope_id)
    row = session.get(QueueTime, (queue, scope_id))
    if row is not None:
        session.delete(row)
        audit.record(session, by, "clocks.times", "queue", scope_id, queue=queue, hours=None)


def set_hours(session: Session, spans: str, *, by: Actor) -> None:
    """Work at these hours; what is not due yet is counted anew."""
    _check_reach(replace(calendar_of(session), spans=spans_of(spans)))
    session.merge(WorkingHours(spans=spans))
    audit.record(session, by, "clocks.hours", "calendar", None, spans=spans)
    _rewind(session)


def mark_days(session: Session, first: date, last: date | None, *, works: bool, name: str, by: Actor) -> int:
    """Say of these days that the brand works or rests; how many there are. What is not due yet is counted anew."""
    until = last or first
    days = [first + timedelta(days=n) for n in range(min((until - first).days, MOST_DAYS) + 1)]
    if until < first or len(days) > MOST_DAYS:
        raise LastBeforeFirst(fields={"last": LastBeforeFirst.message})
    known = calendar_of(session)
    _check_reach(replace(known, days={**known.days, **dict.fromkeys(days, works)}))
    for day in days:
        session.merge(CalendarDay(day=day, works=works, name=name))
    audit.record(session, by, "clocks.days", "calendar", None, first=str(first), last=str(until), works=works)
    _rewind(session)
    return len(days)


def clear_day(session: Session, day: date, *, by: Actor) -> bool:
    """Let weekdays and the table of holidays decide about this day again; False when they did."""
    row = session.get(CalendarDay, day)
    if row is None:
        return False
    session.delete(row)
    audit.record(session, by, "clocks.days", "calendar", None, first=str(day), last=str(day), works=None)
    _rewind(session)
    return True


def _check_reach(days: Calendar) -> None:
    """Refuse a calendar in which the longest time that may be promised never ends: no post could begin to wait."""
    try:
        due(clock.now(), MOST_HOURS, days)
    except NoWorkingTime as error:
        raise NeverWorks() from error


def _rewind(session: Session) -> None:
    outbox.enqueue(session, REWIND)


def _check_part(session: Session, queue: str, scope_id: int) -> None:
    declared = queue_of(session, queue)
    parts = dict(declared.scopes(session)) if declared.scopes else {}
    if scope_id and scope_id not in parts:
        raise UnknownPart(f"{scope_id} of {queue}")
