"""Who waits for the brand, for staff; how long each may wait, and the calendar that this is counted in."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import Response
from sqlmodel import Session

from cocreate.clocks import lists, queries, settings
from cocreate.clocks.calendar import missing_years
from cocreate.clocks.forms import DayForm, HoursForm, PartForm, TimesForm
from cocreate.clocks.rules import Queue, Times
from cocreate.core import clock
from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.identity.departments.queries import departments
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage, Page

router = APIRouter(include_in_schema=False)
READ, ARRANGE = [allow("clocks.read")], [allow("clocks.arrange")]
STATES = {lists.ALL: N_("All"), lists.SOON: N_("Due soon"), lists.OVER: N_("Past due")}
BoundTimes = Annotated[BoundForm[TimesForm], Depends(bind(TimesForm))]
BoundPart = Annotated[BoundForm[PartForm], Depends(bind(PartForm))]
BoundHours = Annotated[BoundForm[HoursForm], Depends(bind(HoursForm))]
BoundDay = Annotated[BoundForm[DayForm], Depends(bind(DayForm))]


async def filters(
    queue: str = "",
    scope: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
    department: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
    state: str = lists.ALL,
    mine: str = "",
) -> lists.Filters:
    """What the address asks for; a word that no list knows is passed over."""
    return lists.Filters(
        queue=queue.replace("\x00", "")[:60],
        scope=scope,
        department=department,
        state=state if state in STATES else lists.ALL,
        mine=bool(mine),
    )


@router.get("/waiting", dependencies=READ)
def show_waiting(
    wanted: Annotated[lists.Filters, Depends(filters)],
    actor: CurrentActor, db: ReadDb, page: CurrentPage, runtime: CurrentRuntime, cursor: str | None = None,
) -> Response:  # fmt: skip
    """Everything that waits for an answer of the brand, soonest due first."""
    known = queries.queues(runtime)
    found = lists.waiting(db, known, wanted, member_id=actor.member_id, cursor=cursor)
    query = wanted.query(cursor=found.next_cursor)
    rows: dict[str, Any] = {
        "rows": found.items,
        "next_url": page.url("show_waiting", query=query) if found.next_cursor else None,
        "parts": {(name, part): label for name, queue in known.items() for part, label in _parts(db, queue)},
        "names": {one.id: one.name for one in departments(db)},
    }
    if cursor is not None and page.partial:
        return page.render("clocks/waiting.html", block="rows", **rows)
    return page.render(
        "clocks/waiting.html", filters=wanted, queues=list(known.values()), states=STATES, first=cursor is None,
        counts=lists.counts(db, known, wanted, member_id=actor.member_id), departments=departments(db),
        scopes=_parts(db, known[wanted.queue]) if wanted.queue in known else [], years=_missing(db), **rows,
    )  # fmt: skip


def _parts(db: Session, queue: Queue) -> list[tuple[int, str]]:
    return list(queue.scopes(db)) if queue.scopes else []


def _missing(db: Session) -> list[int]:
    days = queries.calendar_of(db)
    return missing_years(clock.now().astimezone(days.zone).date(), days)


@router.get("/waiting/times", dependencies=READ)
def show_times(db: ReadDb, page: CurrentPage, runtime: CurrentRuntime) -> Response:
    """How long each kind of waiting may take."""
    return _times(db, page, queries.queues(runtime), BoundForm.blank())


def _times(db: Session, page: Page, known: dict[str, Queue], form: BoundForm[TimesForm], status: int = 200) -> Response:
    return page.render(
        "clocks/times.html",
        queues=[
            (
                queue,
                [(0, "", queries.times_of(db, queue))]
                + [(part, name, queries.times_of(db, queue, part)) for part, name in _parts(db, queue)],
            )
            for queue in known.values()
        ],
        own=set(queries.own_times(db)), departments=departments(db), form=form, years=_missing(db),
        may=page.actor.can("clocks.arrange"), hours_per_day=queries.calendar_of(db).hours_per_day, status=status,
    )  # fmt: skip


@router.post("/waiting/times", dependencies=ARRANGE)
def save_times(form: BoundTimes, actor: CurrentActor, db: Db, page: CurrentPage, runtime: CurrentRuntime) -> Response:
    """Promise other times from now on."""
    value = form.value
    if value is None:
        return _times(db, page, queries.queues(runtime), form, 422)
    times = Times(value.hours, value.warn_hours, value.period_hours, value.department)
    settings.set_times(db, value.queue, value.scope, times, by=actor)
    page.flash(N_("Saved. Who waits already keeps the time that was promised to them."), level="success")
    return page.redirect("show_times")


@router.post("/waiting/times/clear", dependencies=ARRANGE)
def clear_times(form: BoundPart, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Take back what was set for one queue or part."""
    if form.value is not None:
        settings.clear_times(db, form.value.queue, form.value.scope, by=actor)
        page.flash(N_("Taken back. What is promised elsewhere holds again."), level="success")
    return page.redirect("show_times")


@router.get("/waiting/calendar", dependencies=READ)
def show_calendar(db: ReadDb, page: CurrentPage) -> Response:
    """Hours of a working day, and the days that the brand itself names."""
    return _calendar(db, page, BoundForm.blank(spans=queries.working_hours(db)), BoundForm.blank())


def _calendar(
    db: Session, page: Page, hours: BoundForm[HoursForm], day: BoundForm[DayForm], status: int = 200
) -> Response:
    return page.render(
        "clocks/calendar.html", days=queries.own_days(db), hours=hours, day=day, years=_missing(db),
        may=page.actor.can("clocks.arrange"), zone=page.renderer.runtime.settings.timezone, status=status,
    )  # fmt: skip


@router.post("/waiting/calendar/hours", dependencies=ARRANGE)
def save_hours(form: BoundHours, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Work at other hours."""
    if form.value is None:
        return _calendar(db, page, form, BoundForm.blank(), 422)
    settings.set_hours(db, form.value.spans, by=actor)
    page.flash(N_("Saved. Everything that is not due yet is counted anew."), level="success")
    return page.redirect("show_calendar")


@router.post("/waiting/calendar/days", dependencies=ARRANGE)
def mark_days(form: BoundDay, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Name days off, or days at work."""
    value = form.value
    if value is None:
        return _calendar(db, page, BoundForm.blank(spans=queries.working_hours(db)), form, 422)
    settings.mark_days(db, value.first, value.last, works=value.works, name=value.name, by=actor)
    page.flash(N_("Saved. Everything that is not due yet is counted anew."), level="success")
    return page.redirect("show_calendar")


@router.post("/waiting/calendar/days/clear", dependencies=ARRANGE)
def clear_day(actor: CurrentActor, db: Db, page: CurrentPage, day: Annotated[date, Form()]) -> Response:
    """Let weekdays and public holidays decide about a day again."""
    if settings.clear_day(db, day, by=actor):
        page.flash(N_("Taken back. Weekdays and public holidays decide about it again."), level="success")
    return page.redirect("show_calendar")
