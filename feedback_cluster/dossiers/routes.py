"""Pages of dossiers: the list, an issue with the voices behind each number, the printed form, files to take along."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Response
from sqlmodel import Session

from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import NOBODY, people
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.page import CurrentPage
from feedback_cluster.dossiers import reading, service
from feedback_cluster.dossiers.api_v1 import whole
from feedback_cluster.dossiers.models import Dossier
from feedback_cluster.dossiers.reading import VOICES, Filters
from forum import api as forum

router = APIRouter(include_in_schema=False)
READ, TRIAGE = [allow("theme.read")], [allow("theme.triage")]
PRINTED = 500
"""Voices on one sheet to print: some forty pages, which any browser lays out at once."""
Text = Annotated[str, Query(max_length=80)]
STANCE_LABELS = {"negative": N_("Complaint"), "neutral": N_("Neither"), "positive": N_("Praise")}
FIELD_LABELS = {
    "model": N_("Model"),
    "model_year": N_("Model year"),
    "software": N_("Software version"),
    "region": N_("Region"),
    "order_month": N_("Order month"),
    "kind": N_("Kind"),
    "stance": N_("How it sounds"),
}
GONE_LABELS = {"blanked": N_("The author took these words back."), "hidden": N_("Hidden by a moderator.")}


def filters(
    new: bool = False,
    named: bool = False,
    car: Annotated[str, Query(pattern="^(any|verified)?$")] = "",
    voted: bool = False,
    staff: bool = False,
    model: Text = "",
    model_year: Text = "",
    software: Text = "",
    region: Text = "",
    order_month: Text = "",
    kind: Text = "",
    stance: Text = "",
    week: Annotated[str, Query(max_length=10)] = "",
) -> Filters:
    """The filters as the address names them."""
    return Filters(
        new=new, named=named, car=car, voted=voted, staff=staff, model=model, model_year=model_year,
        software=software, region=region, order_month=order_month, kind=kind, stance=stance, week=week,
    )  # fmt: skip


Chosen = Annotated[Filters, Depends(filters)]


@router.get("/triage/dossiers", dependencies=READ)
def show_dossiers(page: CurrentPage, db: ReadDb, cursor: str | None = None) -> Response:
    """All issues, newest first."""
    listing = reading.listing(db, cursor=cursor)
    noted = service.receipts(db, [row.id for row in listing.items])
    context: dict[str, Any] = {
        "rows": listing.items,
        "noted": noted,
        "names": people(db, [row.by_id for row in listing.items]),
        "next_url": page.url("show_dossiers", {"cursor": listing.next_cursor}) if listing.next_cursor else None,
    }
    return page.render("feedback_cluster/dossiers/list.html", block="rows", **context)


@router.post("/themes/{theme_id}/dossiers", dependencies=TRIAGE)
def issue_dossier(theme_id: RowId, page: CurrentPage, actor: CurrentActor, runtime: CurrentRuntime, db: Db) -> Response:
    """Freeze what is known of the theme now."""
    made = service.issue(db, theme_id, by=actor, zone=runtime.settings.zone)
    page.flash(N_("Issued and frozen. Send its address to engineering."), level="success")
    return page.redirect("show_dossier", dossier_id=made.id)


@router.get("/triage/dossiers/{dossier_id}", dependencies=READ)
def show_dossier(
    dossier_id: RowId,
    page: CurrentPage,
    actor: CurrentActor,
    db: ReadDb,
    chosen: Chosen,
    shown: Annotated[str, Query(alias="voices", pattern="^(all)?$")] = "",
    at: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
) -> Response:
    """An issue; a later one shows its new voices first, and all with voices=all."""
    dossier = service.get_dossier(db, dossier_id)
    asked = chosen
    if dossier.issue > 1 and not chosen.chosen and not shown:
        asked = Filters(new=True)
    found = reading.voices(dossier, asked)
    following = at + VOICES
    kept = {**asked.chosen, "voices": "" if asked.chosen else shown}
    context = _context(db, page, dossier) | {
        "asked": asked.chosen,
        "found": len(found),
        "rows": reading.rows(db, dossier, found[at:following], actor),
        "next_url": page.url("show_dossier", {**kept, "at": following}, dossier_id=dossier_id)
        if following < len(found)
        else None,
    }
    return page.render("feedback_cluster/dossiers/dossier.html", block="voices" if at else None, **context)


@router.get("/triage/dossiers/{dossier_id}/print", dependencies=READ)
def print_dossier(
    dossier_id: RowId, page: CurrentPage, actor: CurrentActor, db: ReadDb, part: Annotated[int, Query(ge=1)] = 1
) -> Response:
    """The issue as it goes onto paper: A4, numbered pages, every voice; many voices in parts, new ones first."""
    dossier = service.get_dossier(db, dossier_id)
    new = reading.new_ids(dossier) if dossier.issue > 1 else set()
    everything = sorted(dossier.content["voices"], key=lambda voice: voice["id"] not in new)
    parts = max(1, -(-len(everything) // PRINTED))
    first = (min(part, parts) - 1) * PRINTED
    context = _context(db, page, dossier) | {
        "rows": reading.rows(db, dossier, everything[first : first + PRINTED], actor),
        "first": first,
        "part": min(part, parts),
        "parts": parts,
    }
    return page.render("feedback_cluster/dossiers/print.html", **context)


@router.get("/triage/dossiers/{dossier_id}/voices.csv", dependencies=READ)
def download_dossier(dossier_id: RowId, actor: CurrentActor, db: ReadDb, chosen: Chosen) -> Response:
    """The voices of an issue, or of one of its numbers, as a table."""
    dossier = service.get_dossier(db, dossier_id)
    body = reading.as_csv(reading.rows(db, dossier, reading.voices(dossier, chosen), actor))
    name = f"{dossier.number}-{dossier.issue}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "private, no-store"}
    return Response(body, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/triage/dossiers/{dossier_id}/dossier.json", dependencies=READ)
def download_record(dossier_id: RowId, actor: CurrentActor, db: ReadDb) -> Response:
    """The whole issue for a program: what the JSON route answers."""
    dossier = service.get_dossier(db, dossier_id)
    name = f"{dossier.number}-{dossier.issue}.json"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "private, no-store"}
    body = whole(db, dossier, actor, Filters()).model_dump_json(indent=1)
    return Response(body, media_type="application/json", headers=headers)


@router.post("/triage/dossiers/{dossier_id}/receipt", dependencies=[allow("dossier.note")])
def note_dossier(
    dossier_id: RowId,
    page: CurrentPage,
    actor: CurrentActor,
    db: Db,
    department: Annotated[str, Form()] = "",
    remark: Annotated[str, Form()] = "",
) -> Response:
    """Take note of the issue, by name."""
    service.take_note(db, service.get_dossier(db, dossier_id), by=actor, department=department, remark=remark)
    page.flash(N_("Noted. It stands on the dossier and on the theme."), level="success")
    return page.redirect("show_dossier", dossier_id=dossier_id)


def _context(db: Session, page: CurrentPage, dossier: Dossier) -> dict[str, Any]:
    told = dossier.content
    noted = service.receipts(db, [dossier.id or 0]).get(dossier.id or 0, [])
    known = people(db, [dossier.by_id, *(one.member_id for one in noted)])
    quoted = [*told["typical"], *told["dissent"]]
    facts = {voice["id"]: voice for voice in told["voices"] if voice["id"] in set(quoted)}
    said = {
        row.facts["id"]: row
        for row in reading.rows(db, dossier, [facts[post_id] for post_id in quoted if post_id in facts], page.actor)
    }
    return {
        "dossier": dossier,
        "told": told,
        "figures": told["figures"],
        "points": [{"label": f"{int(day[5:7])}/{int(day[8:])}", "value": count} for day, count in told["weekly"][-26:]],
        "weeks": told["weekly"][-26:],
        "quotes": [said[post_id] for post_id in told["typical"] if post_id in said],
        "against": [said[post_id] for post_id in told["dissent"] if post_id in said],
        "noted": [(one, known.get(one.member_id, NOBODY)) for one in noted],
        "by": known.get(dossier.by_id or 0, NOBODY),
        "issues": service.issues_of(db, dossier.theme_id),
        "unharmed": service.unharmed(dossier),
        "field_labels": FIELD_LABELS,
        "stance_labels": STANCE_LABELS,
        "kind_labels": {kind.value: label for kind, label in forum.KIND_LABELS.items()},
        "gone_labels": GONE_LABELS,
        "has_noted": any(one.member_id == page.actor.id for one in noted),
    }
