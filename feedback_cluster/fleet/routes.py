"""The page of the fleet: which cars are out there, from a file or from owners' garages."""

from typing import Any

from fastapi import APIRouter, Response, UploadFile
from sqlmodel import Session

from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import people
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.page import CurrentPage
from feedback_cluster.fleet import queries, service
from feedback_cluster.fleet.reading import Fleet, LineError, read_fleet

router = APIRouter(include_in_schema=False)
MAY = [allow("theme.triage")]
TEMPLATE = "feedback_cluster/fleet/fleet.html"
SHOWN = 12
"""Groups of a trait that the page shows."""


@router.get("/triage/fleet", dependencies=[allow("theme.read")])
def show_fleet(db: ReadDb, page: CurrentPage) -> Response:
    """The fleet that themes are compared with, and the form for a new file."""
    return _page(db, page)


@router.post("/triage/fleet", dependencies=MAY)
def try_fleet(db: Db, page: CurrentPage, actor: CurrentActor, file: UploadFile | None = None) -> Response:
    """Read a file and show what it says. The fleet stays as it is."""
    if file is None or not file.filename:
        missing = Fleet(errors=[LineError(0, N_("Please choose a file first."))])
        return _page(db, page, read=missing, status=422)
    read = read_fleet(file.file, file.filename)
    if read.errors:
        return _page(db, page, read=read, name=file.filename, status=422)
    draft = service.keep_draft(db, read.parts, file.filename, by=actor)
    return page.redirect("show_fleet_draft", upload_id=draft.id)


@router.get("/triage/fleet/{upload_id}", dependencies=MAY)
def show_fleet_draft(upload_id: RowId, db: ReadDb, page: CurrentPage) -> Response:
    """What a file would make of the fleet, before it is put to use."""
    draft = queries.get_upload(db, upload_id)
    if draft.used_at is not None:
        return page.redirect("show_fleet")
    new = queries.fleet_of(queries.parts_of(db, upload_id), draft)
    return page.render(
        TEMPLATE, draft=draft, fleet=new, old=queries.current_fleet(db), tables=tables_of(new), traits=queries.TRAITS
    )


@router.post("/triage/fleet/{upload_id}/use", dependencies=MAY)
def use_fleet(upload_id: RowId, db: Db, page: CurrentPage, actor: CurrentActor) -> Response:
    """Make a file the fleet, whole."""
    service.use(db, queries.get_upload(db, upload_id), by=actor)
    undo = page.url("undo_fleet", upload_id=upload_id)
    page.flash(N_("Taken over. Themes are compared with this fleet from now on."), level="success", undo_url=undo)
    return page.redirect("show_fleet")


@router.post("/triage/fleet/{upload_id}/undo", dependencies=MAY)
def undo_fleet(upload_id: RowId, db: Db, page: CurrentPage, actor: CurrentActor) -> Response:
    """Go back to the fleet before this file."""
    held = service.take_back(db, queries.get_upload(db, upload_id), by=actor)
    if held is None:
        page.flash(N_("Taken back. Themes are compared with the cars in owners' garages."), level="success")
    else:
        page.flash(N_("Taken back. The file “%(name)s” holds again."), level="success", name=held.name)
    return page.redirect("show_fleet")


def _page(
    db: Session, page: CurrentPage, *, read: Fleet | None = None, name: str = "", status: int = 200
) -> Response:  # fmt: skip
    fleet, past = queries.current_fleet(db), queries.past_uploads(db)
    return page.render(
        TEMPLATE, status=status, draft=None, fleet=fleet, tables=tables_of(fleet), traits=queries.TRAITS, read=read,
        name=name, past=past, names=people(db, [row.used_by_id for row in past]),
    )  # fmt: skip


def tables_of(fleet: queries.Fleet) -> list[tuple[str, list[dict[str, Any]], int]]:
    """By trait its largest groups as bars, and how many more there are."""
    told = []
    for trait, groups in fleet.groups.items():
        whole = sum(groups.values())
        largest = sorted(groups.items(), key=lambda pair: (-pair[1], pair[0]))
        bars = [
            {"label": group, "value": cars, "text": f"{cars:,} · {100 * cars / whole:.0f} %"}
            for group, cars in largest[:SHOWN]
        ]
        if bars:
            told.append((trait, bars, len(groups) - len(bars)))
    return told
