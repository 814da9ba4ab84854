"""Pages of releases: letters to owners, the form of product managers, the feed."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from cocreate.core.actor import Actor
from cocreate.core.errors import Invalid
from cocreate.core.text_marks import N_
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm
from cocreate.web.page import CurrentPage, Page
from roadmap.applicability.lines import my_releases
from roadmap.forms import refused
from roadmap.links.supporters import own_parts
from roadmap.promises.routes import ledger_block
from roadmap.promises.service import local_day
from roadmap.releases import queries, service
from roadmap.releases.forms import BoundRelease
from roadmap.releases.labels import NOTE_LABELS, STATE_LABELS
from roadmap.releases.models import NoteLabel, Release
from roadmap.releases.personal import points_of
from roadmap.releases.queries import Letter

router = APIRouter(include_in_schema=False)
READ = [allow("roadmap.read")]
EDIT = [allow("roadmap.edit")]


@router.get("/releases", dependencies=READ)
def show_releases(
    page: CurrentPage,
    db: ReadDb,
    cursor: Annotated[str | None, Query()] = None,
    label: NoteLabel | None = None,
    model: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """Letters, newest first; above them what is on its way. `label` and `model` narrow them."""
    listing = queries.released_letters(db, cursor=cursor, limit=8, label=label, model=model)
    planned = [] if cursor or label else queries.planned_letters(db, drafts=page.actor.can("roadmap.edit"))
    planned = [letter for letter in planned if not model or letter.release.reaches(model)]
    letters = [*planned, *listing.items]
    kept = {"label": label.value if label else None, "model": model}
    mine = _mine(db, page.actor, letters)
    return page.render(
        "roadmap/releases/list.html",
        block="letters",
        public=True,
        planned=planned,
        letters=listing.items,
        next_url=(
            page.url("show_releases", query={**kept, "cursor": listing.next_cursor}) if listing.next_cursor else None
        ),
        label=label,
        model=model,
        my_models=sorted({car.model for car in mine["cars"].cars} | ({model} if model else set())),
        **mine,
    )


@router.get("/releases/new", dependencies=EDIT)
def new_release(page: CurrentPage) -> Response:
    return _form(page, BoundForm.blank(public="1", rollout_percent="0"))


@router.post("/releases", dependencies=EDIT)
def add_release(
    form: BoundRelease, page: CurrentPage, actor: CurrentActor, db: Db, runtime: CurrentRuntime
) -> Response:
    return _save(page, db, actor, runtime, form, None)


@router.get("/releases/{release_id}", dependencies=READ)
def show_release(release_id: RowId, page: CurrentPage, db: ReadDb) -> Response:
    release = queries.get_release(db, release_id, drafts=page.actor.can("roadmap.edit"))
    letter = queries.letter(db, release)
    return page.render(
        "roadmap/releases/release.html", public=release.public, letter=letter,
        promises=ledger_block(page, db, ("release", release_id), local_day(db)), **_mine(db, page.actor, [letter]),
    )  # fmt: skip


@router.get("/releases/{release_id}/mine", dependencies=[allow("identity.own_account")])
def my_release(release_id: RowId, page: CurrentPage, db: ReadDb) -> Response:
    """The personal note: which of the reader's own points the release brings, for which of their cars."""
    release = queries.get_release(db, release_id, drafts=page.actor.can("roadmap.edit"))
    letter = queries.letter(db, release)
    return page.render(
        "roadmap/releases/mine.html",
        letter=letter,
        points=points_of(db, release, page.actor),
        cars=my_releases(db, page.actor, [release_id]),
        note_labels=NOTE_LABELS,
    )


@router.get("/releases/{release_id}/edit", dependencies=EDIT)
def edit_release(release_id: RowId, page: CurrentPage, db: ReadDb, runtime: CurrentRuntime) -> Response:
    row = queries.get_release(db, release_id, drafts=True)
    zone = runtime.settings.zone
    lines = [
        f"{label.value}: {note.text}" + (f" #{note.item_id}" if note.item_id else "")
        for label, notes in queries.letter(db, row, drafts=True).notes.items()
        for note in notes
    ]
    form: BoundForm[Any] = BoundForm.blank(
        version=row.version, title=row.title, intro=row.intro, models="、".join(row.models),
        public="1" if row.public else "0", notes="\n".join(lines),
        planned_for=row.planned_for.astimezone(zone).date().isoformat() if row.planned_for else "",
        released_on=row.released_at.astimezone(zone).date().isoformat() if row.released_at else "",
    )  # fmt: skip
    return _form(page, form, release=row)


@router.post("/releases/{release_id}/edit", dependencies=EDIT)
def save_release(
    release_id: RowId, form: BoundRelease, page: CurrentPage, actor: CurrentActor, db: Db, runtime: CurrentRuntime
) -> Response:
    return _save(page, db, actor, runtime, form, queries.get_release(db, release_id, drafts=True))


def _save(
    page: Page, db: Session, actor: Actor, runtime: CurrentRuntime, form: BoundRelease, release: Release | None
) -> Response:
    if form.value is None:
        return _form(page, form, release=release, status=422)
    try:
        row = service.write_release(
            db, service.draft_of(form.value), by=actor, zone=runtime.settings.zone, release=release
        )
    except Invalid as problem:
        return _form(page, refused(form, problem), release=release, status=422)
    page.flash(N_("Saved."), level="success")
    return page.redirect("show_release", release_id=row.id)


def _form(page: Page, form: BoundForm[Any], *, release: Release | None = None, status: int = 200) -> Response:
    return page.render("roadmap/releases/edit.html", block="form", status=status, form=form, release=release)


def _mine(db: Session, actor: Actor, letters: list[Letter]) -> dict[str, Any]:
    """What these letters mean to the reader: lines that answer their own voices, and each of their cars."""
    items = {note.item_id for letter in letters for notes in letter.notes.values() for note in notes if note.item_id}
    asked = set(own_parts(db, actor.member_id, items)) if actor.signed_in else set()
    cars = my_releases(db, actor, [letter.id for letter in letters])
    return {"asked": asked, "cars": cars, "note_labels": NOTE_LABELS, "state_labels": STATE_LABELS}
