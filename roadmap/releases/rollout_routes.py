"""The roll-out of a release: where it stands by model, its next step, a stop, and all that happened."""

from typing import Any

from fastapi import APIRouter, Response
from sqlmodel import Session

from cocreate.core.errors import Invalid
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import people
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm
from cocreate.web.page import CurrentPage, Page
from roadmap.forms import refused
from roadmap.releases import queries, rollout
from roadmap.releases.forms import BoundHalt, BoundStep
from roadmap.releases.labels import ROLLOUT_LABELS, STATE_LABELS
from roadmap.releases.models import Release

router = APIRouter(include_in_schema=False, dependencies=[allow("roadmap.edit")])


@router.get("/releases/{release_id}/rollout")
def show_rollout(release_id: RowId, page: CurrentPage, db: ReadDb) -> Response:
    return _page(page, db, queries.get_release(db, release_id, drafts=True))


@router.post("/releases/{release_id}/rollout")
def step_rollout(release_id: RowId, form: BoundStep, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    """So many percent of the cars more."""
    release = queries.get_release(db, release_id, drafts=True)
    if form.value is None:
        return _page(page, db, release, step=form, status=422)
    value = form.value
    try:
        rollout.roll_out(
            db, release, model=value.model, percent=value.percent, sentence=value.sentence.strip(), by=actor
        )  # fmt: skip
    except Invalid as problem:
        return _page(page, db, release, step=refused(form, problem), status=422)
    page.flash(N_("Written down. Owners whose points it brings are told."), level="success")
    return page.redirect("show_rollout", release_id=release_id)


@router.post("/releases/{release_id}/halt")
def halt_rollout(release_id: RowId, form: BoundHalt, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    """Stop it, let it go on, or take it back; owners who have it are told."""
    release = queries.get_release(db, release_id, drafts=True)
    if form.value is None:
        return _page(page, db, release, halt=form, status=422)
    act = {"pause": rollout.pause, "resume": rollout.resume, "roll_back": rollout.roll_back}[form.value.act]
    try:
        act(db, release, sentence=form.value.sentence.strip(), by=actor)
    except Invalid as problem:
        return _page(page, db, release, halt=refused(form, problem), status=422)
    page.flash(N_("Written down. Everybody whose car has it is told."), level="success")
    return page.redirect("show_rollout", release_id=release_id)


def _page(
    page: Page, db: Session, release: Release, *, step: BoundForm[Any] | None = None,
    halt: BoundForm[Any] | None = None, status: int = 200
) -> Response:  # fmt: skip
    rows = rollout.history(db, release.id or 0)
    cars = rollout.cars_by_model(db, release)
    models = list(cars)
    return page.render(
        "roadmap/releases/rollout.html", status=status, release=release, state=release.state,
        shares=[(model, rollout.reached(release, model), cars.get(model, 0)) for model in models],
        choices=[(model, model) for model in models], rows=rows,
        names=people(db, [row.by_id for row in rows]), step=step, halt=halt,
        having=queries.cars_having(db, release.id or 0), state_labels=STATE_LABELS, rollout_labels=ROLLOUT_LABELS,
    )  # fmt: skip
