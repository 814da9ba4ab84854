"""The editor of rules: which cars get an item or a release. Every button sends all lines; only "save" writes them."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session
from starlette.datastructures import FormData

from cocreate.core.errors import Invalid
from cocreate.core.text_marks import N_
from cocreate.identity.vehicles.queries import known_models
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm
from cocreate.web.page import CurrentPage, Page
from roadmap.applicability import editing
from roadmap.applicability.editing import Subject
from roadmap.applicability.forms import BLANK, FIELDS, MOST_RULES, RuleForm, bound, values_of
from roadmap.applicability.preview import preview
from roadmap.applicability.rules import RuleKind
from roadmap.applicability.words import FACT_LABELS, KIND_LABELS
from roadmap.items.models import RoadmapItem
from roadmap.items.queries import get_item
from roadmap.releases.queries import get_release, release_refs

router = APIRouter(include_in_schema=False, dependencies=[allow("roadmap.edit")])
SAY_LABELS = {
    RuleKind.OTA: N_("get it over the air"),
    RuleKind.RETROFIT: N_("get it as a retrofit for a fee"),
    RuleKind.NOT_POSSIBLE: N_("cannot get it"),
}
Lines = list[BoundForm[RuleForm]]


class TooManyRules(Invalid):
    code = "too_many_rules"
    message = N_("Sixty lines are the most. Can some of them be one?")


async def read_form(request: Request) -> AsyncIterator[FormData]:
    """The posted lines as they came: one value of each field for each line."""
    async with request.form(max_files=1, max_fields=MOST_RULES * 12) as form:
        yield form


Posted = Annotated[FormData, Depends(read_form)]


@router.get("/roadmap/{item_id}/cars")
def edit_item_cars(item_id: RowId, page: CurrentPage, db: ReadDb) -> Response:
    """Which cars get an item."""
    return _shown(page, db, get_item(db, item_id, page.actor))


@router.post("/roadmap/{item_id}/cars")
def save_item_cars(item_id: RowId, form: Posted, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    return _acted(page, db, get_item(db, item_id, actor), form)


@router.post("/roadmap/{item_id}/cars/preview")
def preview_item_cars(item_id: RowId, form: Posted, page: CurrentPage, actor: CurrentActor, db: ReadDb) -> Response:
    """What the lines would do, while they are being written."""
    return _draw(page, db, get_item(db, item_id, actor), _lines(form), str(form.get("seen", "")), block="preview")


@router.get("/releases/{release_id}/cars")
def edit_release_cars(release_id: RowId, page: CurrentPage, db: ReadDb) -> Response:
    """Which cars get a release."""
    return _shown(page, db, get_release(db, release_id, drafts=True))


@router.post("/releases/{release_id}/cars")
def save_release_cars(release_id: RowId, form: Posted, page: CurrentPage, db: Db) -> Response:
    return _acted(page, db, get_release(db, release_id, drafts=True), form)


@router.post("/releases/{release_id}/cars/preview")
def preview_release_cars(release_id: RowId, form: Posted, page: CurrentPage, db: ReadDb) -> Response:
    """What the lines would do, while they are being written."""
    release = get_release(db, release_id, drafts=True)
    return _draw(page, db, release, _lines(form), str(form.get("seen", "")), block="preview")


def _shown(page: Page, db: Session, subject: Subject) -> Response:
    rules = editing.rules_for(db, subject)
    lines: Lines = [bound(values_of(rule)) for rule in rules]
    return _draw(page, db, subject, lines or [BoundForm.blank(**BLANK)], editing.sign(rules))


def _acted(page: Page, db: Session, subject: Subject, form: FormData) -> Response:
    lines, seen = _lines(form), str(form.get("seen", ""))
    act, _, place = str(form.get("act", "")).partition(":")
    if len(lines) > MOST_RULES or (act == "add" and len(lines) == MOST_RULES):
        raise TooManyRules(f"{len(lines)} lines")
    if act != "save":
        return _draw(page, db, subject, _rearranged(lines, act, place), seen)
    filled = [line for line in lines if line.values != BLANK]
    if any(line.value is None for line in filled):
        return _draw(page, db, subject, lines, seen, status=422)
    rules = [line.value.rule for line in filled if line.value is not None]
    editing.replace_rules(db, subject, rules, seen=seen, by=page.actor)
    page.flash(N_("Saved. Owners see at once what it means for their cars."), level="success")
    if isinstance(subject, RoadmapItem):
        return page.redirect("show_item", item_id=subject.id)
    return page.redirect("show_release", release_id=subject.id)


def _rearranged(lines: Lines, act: str, place: str) -> Lines:
    """The lines after one of the small buttons was pressed; nothing is written yet."""
    if act == "add":
        return [*lines, BoundForm.blank(**BLANK)]
    here = int(place) if place.isdecimal() and len(place) < 4 else -1
    if not 0 <= here < len(lines):
        return lines
    if act == "remove":
        return lines[:here] + lines[here + 1 :] or [BoundForm.blank(**BLANK)]
    there = here + {"up": -1, "down": 1}.get(act, 0)
    if 0 <= there < len(lines):
        lines[here], lines[there] = lines[there], lines[here]
    return lines


def _lines(form: FormData) -> Lines:
    cells = {name: [str(value).strip() for value in form.getlist(name)] for name in FIELDS}
    rows = range(len(cells["kind"]))
    typed = [{name: cells[name][row] if row < len(cells[name]) else "" for name in FIELDS} for row in rows]
    return [BoundForm.blank(**BLANK) if values == BLANK else bound(values) for values in typed]


def _draw(
    page: Page, db: Session, subject: Subject, lines: Lines, seen: str, *, status: int = 200, block: str = "form"
) -> Response:
    places = [place for place, line in enumerate(lines) if line.value is not None]
    rules = [line.value.rule for line in lines if line.value is not None]
    shown = preview(rules, editing.fleet_facts(db))
    item = subject if isinstance(subject, RoadmapItem) else None
    context: dict[str, Any] = {
        "lines": lines,
        "seen": seen,
        "shown": shown,
        # By line of the page: those that are wrong or empty do not take part.
        "hits": dict(zip(places, shown.hits, strict=True)),
        "covered": {places[line]: places[other] for line, other in shown.covered.items()},
        "item": item,
        "release": None if item else subject,
        "models": known_models(db),
        "versions": [ref.version for ref in release_refs(db, drafts=True)],
        "says": [(kind.value, page.text(label)) for kind, label in SAY_LABELS.items()],
        "kind_labels": KIND_LABELS,
        "fact_labels": FACT_LABELS,
    }
    return page.render("roadmap/applicability/edit.html", block=block, status=status, **context)
