"""The value report: one month, the one before it, and a year of curves; to read, to print, to take along."""

import csv
import io
from dataclasses import dataclass
from typing import Any

from babel.dates import format_skeleton
from fastapi import APIRouter, Response
from sqlmodel import Session

from cocreate.core import clock, outbox
from cocreate.core.text_marks import N_
from cocreate.exchange.values import neutral
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, allow
from cocreate.web.page import CurrentPage, Page
from feedback_cluster import api as cluster
from roadmap.releases.queries import release_refs
from roadmap.value.models import ValueMonth
from roadmap.value.months import first_day, later, month_of
from roadmap.value.service import JOB, Report, counted_months, report
from roadmap.value.words import FIGURES, Figure

router = APIRouter(include_in_schema=False)
READ = [allow("value.read")]


@dataclass(frozen=True)
class Told:
    """One figure as the page shows it. change: against the month before; better: whether that is good."""

    figure: Figure
    value: float | None
    before: float | None
    detail: str
    points: list[dict[str, Any]]

    @property
    def change(self) -> float | None:
        return None if self.value is None or self.before is None else round(self.value - self.before, 1)

    @property
    def better(self) -> bool | None:
        return None if not self.change else (self.change > 0) == self.figure.up


@router.get("/value", dependencies=READ)
def show_value(page: CurrentPage, db: ReadDb, runtime: CurrentRuntime, month: str = "") -> Response:
    """The report of a month; without one that of the last month that is over."""
    present = month_of(clock.now(), runtime.settings.zone)
    asked = month or later(present, -1)
    first_day(asked)
    found = report(db, asked)
    return page.render(
        "roadmap/value/report.html",
        report=found,
        month_name=_name(page, asked),
        told=[_told(page, figure, found) for figure in FIGURES] if found.row else [],
        repeats=_repeats(db, found.row),
        earlier=page.url("show_value", query={"month": later(asked, -1)}),
        next_url=page.url("show_value", query={"month": later(asked, 1)}) if asked < present else None,
        counted=counted_months(db),
        present=present,
    )


@router.post("/value/count", dependencies=READ)
def count_now(page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    """Count now instead of at night."""
    outbox.enqueue(db, JOB, lane=outbox.SLOW)
    page.flash(N_("Being counted. The figures are here in a few seconds."))
    return page.redirect("show_value")


@router.get("/value.csv", dependencies=READ)
def export_value(page: CurrentPage, db: ReadDb, runtime: CurrentRuntime, month: str = "") -> Response:
    """The months up to the one asked for as a table: a line per figure and month, with its parts."""
    asked = month or later(month_of(clock.now(), runtime.settings.zone), -1)
    first_day(asked)
    target = io.StringIO()
    writer = csv.writer(target)
    heads = (N_("Month"), N_("Figure"), N_("Value"), N_("Unit"), N_("Detail"), N_("Definition"))
    writer.writerow([page.text(head) for head in heads])
    for name, row in report(db, asked).months:
        for figure in FIGURES if row else ():
            writer.writerow(_line(page, name, figure, row.figures if row else {}))
    headers = {
        "content-disposition": f'attachment; filename="value-{asked}.csv"', "cache-control": "private, no-store",
    }  # fmt: skip
    # Spreadsheet programs take a file without this mark for one in another encoding.
    return Response("\ufeff" + target.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _line(page: Page, month: str, figure: Figure, told: dict[str, Any]) -> list[Any]:
    value = figure.value(told)
    detail = page.text(figure.detail, **figure.parts(told))
    unit = page.text(figure.unit) if figure.unit != "%" else "%"
    return [
        month, page.text(figure.label), "" if value is None else value, unit, neutral(detail),
        page.text(figure.definition),
    ]  # fmt: skip


def _told(page: Page, figure: Figure, found: Report) -> Told:
    figures = found.row.figures if found.row else {}
    numbers = {name: page.translator.number(value) for name, value in figure.parts(figures).items()}
    points = [
        {"label": format_skeleton("MMM", first_day(name), locale=page.translator.locale), "value": round(value)}
        for name, row in found.months
        if row is not None and (value := figure.value(row.figures)) is not None
    ]
    return Told(
        figure, figure.value(figures), figure.value(found.before.figures) if found.before else None,
        page.text(figure.detail, **numbers), points,
    )  # fmt: skip


def _name(page: Page, month: str) -> str:
    return format_skeleton("yMMMM", first_day(month), locale=page.translator.locale)


def _repeats(db: Session, row: ValueMonth | None) -> list[dict[str, Any]]:
    """Themes that fell silent after a release, by name."""
    listed = row.figures["repeats"]["list"] if row else []
    cards = cluster.theme_cards(db, [one["theme"] for one in listed])
    versions = {ref.id: ref.version for ref in release_refs(db, drafts=True)}
    return [
        {**one, "name": cards[one["theme"]].name, "version": versions.get(one["release"], "")}
        for one in listed
        if one["theme"] in cards
    ]
