"""Months are counted at night and on demand; one that is over is counted a last time and then stays."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.db import insert_once
from cocreate.core.runtime import Runtime
from roadmap.value.counting import count
from roadmap.value.models import ValueMonth
from roadmap.value.months import SHOWN, later, month_of

JOB = "roadmap.count_value"


def count_value(runtime: Runtime) -> None:
    """Job: count the present month, and those of the year before it that were not yet counted after their end."""
    zone = runtime.settings.zone
    present = month_of(clock.now(), zone)
    with runtime.database.read() as session:
        done = set(session.exec(select(ValueMonth.month).where(col(ValueMonth.final))))
    for month in (later(present, -back) for back in range(SHOWN, -1, -1)):
        if month in done:
            continue
        with runtime.database.read() as session:
            figures = count(session, month, zone)
        with runtime.database.write() as session:
            store(session, month, figures, final=month != present)


def store(session: Session, month: str, figures: dict[str, Any], *, final: bool) -> None:
    """Keep the figures of a month; those of a final one are not written over."""
    row = ValueMonth(month=month, figures=figures, counted_at=clock.now(), final=final)
    if insert_once(session, row):
        return
    known = session.get_one(ValueMonth, month)
    if not known.final:
        known.figures, known.counted_at, known.final = figures, row.counted_at, final
        session.add(known)


@dataclass(frozen=True)
class Report:
    """A month with the one before it, and all months up to it, oldest first; None for what was not counted."""

    month: str
    row: ValueMonth | None
    before: ValueMonth | None
    months: list[tuple[str, ValueMonth | None]]


def report(session: Session, month: str) -> Report:
    """What is known of the month and the twelve that end with it."""
    names = [later(month, -back) for back in range(SHOWN, -1, -1)]
    rows = {row.month: row for row in session.exec(select(ValueMonth).where(col(ValueMonth.month).in_(names)))}
    return Report(month, rows.get(month), rows.get(later(month, -1)), [(name, rows.get(name)) for name in names[1:]])


def counted_months(session: Session) -> list[str]:
    """Months that were counted, newest first."""
    return sorted(session.exec(select(ValueMonth.month)), reverse=True)
