"""To be published: steps that wait, the preview of a batch, approval by a second person, and the one act for all."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from cocreate.core.errors import Invalid
from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import people
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage, Page
from roadmap.forms import refused
from roadmap.items.forms import BoundStage
from roadmap.items.models import ItemStage
from roadmap.items.stages import STAGE_LABELS
from roadmap.items.words import window_text
from roadmap.publishing import service
from roadmap.publishing.approval import needs_second
from roadmap.publishing.models import PreparedChange, PreparedState, Publication
from roadmap.publishing.preview import drawn, open_publications, past, preview, queue, told
from roadmap.publishing.sample import samples
from roadmap.publishing.words import CARS, CHANNELS, LATER, REASONS, SKIPPED
from roadmap.releases.queries import release_refs

router = APIRouter(include_in_schema=False)
EDIT = [allow("roadmap.edit")]


class GatherForm(BaseModel):
    """Steps that shall leave together."""

    changes: list[Annotated[int, Field(ge=1, le=MAX_ID)]] = Field(default_factory=list, max_length=200)


BoundGather = Annotated[BoundForm[GatherForm], Depends(bind(GatherForm))]


@router.get("/publishing", dependencies=EDIT)
def show_publishing(page: CurrentPage, db: ReadDb) -> Response:
    """Steps that wait, batches that were begun, and what left lately."""
    return _queue(page, db, BoundForm.blank())


@router.post("/publishing", dependencies=EDIT)
def gather_steps(form: BoundGather, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    """Put the ticked steps together and show what publishing them would do."""
    if form.value is None or not form.value.changes:
        return _queue(page, db, form.refuse("changes", N_("Choose at least one step.")), status=422)
    publication = service.gather(db, form.value.changes, by=actor)
    return page.redirect("show_publication", publication_id=publication.id)


@router.get("/publishing/steps/{change_id}", dependencies=EDIT)
def edit_step(change_id: RowId, page: CurrentPage, db: ReadDb) -> Response:
    """A waiting step in its form, beside the item as it is now."""
    row = service.get_prepared(db, change_id)
    window = drawn(db, [row])[0].window
    values = {
        "stage": row.stage.value, "sentence": row.sentence, "note": row.note, "release": row.release_id or "",
        "planned": window.written if window else "", "reason": row.reason,
    }  # fmt: skip
    return _step_form(page, db, row, BoundForm.blank(**values))


@router.post("/publishing/steps/{change_id}", dependencies=EDIT)
def save_step(change_id: RowId, form: BoundStage, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    row = service.get_prepared(db, change_id)
    if form.value is None:
        return _step_form(page, db, row, form, status=422)
    try:
        service.rewrite(db, row, form.value, by=actor)
    except Invalid as problem:
        return _step_form(page, db, row, refused(form, problem), status=422)
    page.flash(N_("Saved."), level="success")
    if row.publication_id:
        return page.redirect("show_publication", publication_id=row.publication_id)
    return page.redirect("show_publishing")


@router.post("/publishing/steps/{change_id}/withdraw", dependencies=EDIT)
def withdraw_step(change_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    row = service.get_prepared(db, change_id)
    service.withdraw(db, row, by=actor)
    page.flash(N_("Withdrawn. Nobody ever heard of it."))
    return page.redirect("show_publishing")


@router.get("/publishing/steps/{change_id}/figures", dependencies=EDIT)
def step_figures(change_id: RowId, page: CurrentPage, db: ReadDb) -> Response:
    """Who would hear of one step: the part of the preview that counts thousands, asked for by itself."""
    waiting = drawn(db, [service.get_prepared(db, change_id)])[0]
    said = told(db, waiting)
    return page.render(
        "roadmap/publishing/figures.html", block="figures", step=waiting, told=said,
        sample=samples(page, db, waiting, said.who, said.behind), **_words(page),
    )  # fmt: skip


@router.get("/publishing/{publication_id}", dependencies=EDIT)
def show_publication(publication_id: RowId, page: CurrentPage, db: ReadDb) -> Response:
    """The preview: who gets what, through which channel, how many, and when."""
    publication = service.get_publication(db, publication_id)
    rows = service.waiting_of(db, publication)
    outcome = preview(db, rows)
    return page.render(
        "roadmap/publishing/publication.html",
        publication=publication,
        outcome=outcome,
        seen=service.fingerprint(rows),
        second=needs_second(db, outcome.people),
        approved=service.approved(publication, rows),
        mine=page.actor.id in {publication.created_by, *(row.prepared_by for row in rows)},
        names=_names(db, [publication], rows),
        samples={step.row.id: samples(page, db, step, said.who, said.behind) for step, said in outcome.steps if said},
        **_words(page),
    )


@router.post("/publishing/{publication_id}/approve", dependencies=EDIT)
def approve_publication(
    publication_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db,
    seen: Annotated[str, Form(max_length=64)] = "",
) -> Response:  # fmt: skip
    """The second pair of eyes. `seen`: fingerprint of what the page showed."""
    service.approve(db, service.get_publication(db, publication_id), by=actor, seen=seen)
    page.flash(N_("Approved. It can be published now."), level="success")
    return page.redirect("show_publication", publication_id=publication_id)


@router.post("/publishing/{publication_id}/publish", dependencies=EDIT)
def publish_publication(publication_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    """Publish all of it. The answer does not wait for the people: their messages are rows of the outbox."""
    service.publish(db, service.get_publication(db, publication_id), by=actor)
    page.flash(N_("Published. Everybody behind it gets their messages now."), level="success")
    return page.redirect("show_publishing")


@router.post("/publishing/{publication_id}/dissolve", dependencies=EDIT)
def dissolve_publication(publication_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    service.dissolve(db, service.get_publication(db, publication_id), by=actor)
    page.flash(N_("The steps wait one by one again."))
    return page.redirect("show_publishing")


def _queue(page: Page, db: Session, form: BoundForm[Any], *, status: int = 200) -> Response:
    waiting = queue(db)
    batches = open_publications(db)
    done = past(db)
    return page.render(
        "roadmap/publishing/queue.html", block="form", status=status, form=form,
        waiting=[one for one in waiting if one.row.publication_id is None],
        batches=[(one, [step for step in waiting if step.row.publication_id == one.id]) for one in batches],
        done=done, names=_names(db, [*batches, *done], [one.row for one in waiting]), **_words(page),
    )  # fmt: skip


def _names(db: Session, publications: list[Publication], rows: list[PreparedChange]) -> dict[int, Any]:
    ids = {row.prepared_by for row in rows}
    for one in publications:
        ids |= {one.created_by, one.approved_by, one.published_by}
    return people(db, [member for member in ids if member is not None])


def _step_form(page: Page, db: Session, row: PreparedChange, form: BoundForm[Any], *, status: int = 200) -> Response:
    return page.render(
        "roadmap/publishing/step.html", block="form", status=status, form=form, row=row, waiting=drawn(db, [row])[0],
        open=row.state == PreparedState.WAITING, stages=list(ItemStage), **_words(page),
        releases=[(ref.id, ref.version) for ref in release_refs(db, drafts=True)],
    )  # fmt: skip


def _words(page: Page) -> dict[str, Any]:
    return {
        "stage_labels": STAGE_LABELS, "window_text": window_text(page), "reasons": REASONS, "cars": CARS,
        "channels": CHANNELS, "later": LATER, "skipped": SKIPPED,
    }  # fmt: skip
