"""The page of weights: what matters how much, what a change would do to the queue, and what was changed before."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session
from starlette.datastructures import FormData

from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import people
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.page import CurrentPage
from feedback_cluster.priority import forms, service
from feedback_cluster.priority.models import ScoreWeights
from feedback_cluster.priority.preview import preview
from feedback_cluster.priority.queries import current_weights, history, newest, recount_under_way
from feedback_cluster.themes.score import DEFAULT_POINTS, FORMULA, TERM_LABELS, Weights
from forum import api as forum

router = APIRouter(include_in_schema=False)
MAY = [allow("theme.triage")]
TEMPLATE = "feedback_cluster/priority/weights.html"
CAUSES = {"change": N_("Changed"), "reset": N_("Set to the defaults"), "undo": N_("Taken back")}
STEPS = {
    "queued": N_("Waiting"),
    "words": N_("Looking for words of danger"),
    "themes": N_("Counting themes"),
    "done": N_("Done"),
}
TERM_HELP = {
    "cars": N_("Cars the brand has verified, each once. Full at 100."),
    "people": N_("Authors and voters, each once. Full at 200."),
    "voices": N_("Posts and imported lines. Full at 500."),
    "need": N_("Urgent words (20 %% of the voices are full), complaints, and people who come back (30 %%)."),
    "segments": N_("By the weights of models and verified owners below. Full where a speaker weighs 2 on average."),
    "trend": N_("Four weeks against the four before."),
    "safety": N_("People who say a word of the list below. Full at 10."),
    "waiting": N_("Days the oldest voice waits for an answer. Full at 30."),
    "effort": N_("The smaller the size a product manager gave, the more points."),
}


async def read_form(request: Request) -> AsyncIterator[FormData]:
    """A posted form as it came: its fields depend on the terms and the models."""
    async with request.form(max_files=0, max_fields=400) as form:
        yield form


Posted = Annotated[FormData, Depends(read_form)]


@router.get("/triage/weights", dependencies=[allow("theme.read")])
def show_weights(db: ReadDb, page: CurrentPage) -> Response:
    """The weights that hold; staff may look, product managers may change them."""
    if page.partial:
        return _progress(db, page)
    return _page(db, page, forms.shown(current_weights(db)))


@router.post("/triage/weights/preview", dependencies=MAY)
def preview_weights(db: ReadDb, page: CurrentPage, posted: Posted) -> Response:
    """How the first twenty would stand by these weights. Nothing is changed."""
    form = _typed(posted)
    order = preview(db, current_weights(db), form.value) if form.value else None
    return _page(db, page, form, order=order, block="preview", status=200 if form.value else 422)


@router.post("/triage/weights", dependencies=MAY)
def save_weights(db: Db, page: CurrentPage, actor: CurrentActor, posted: Posted) -> Response:
    """Let these weights hold; all themes are counted anew in the background."""
    form = _typed(posted)
    if form.value is None:
        return _page(db, page, form, status=422)
    row = service.save(db, form.value, by=actor)
    return _saved(page, row, N_("Saved. All themes are being counted anew."))


@router.post("/triage/weights/reset", dependencies=MAY)
def reset_weights(db: Db, page: CurrentPage, actor: CurrentActor) -> Response:
    row = service.reset(db, by=actor)
    return _saved(page, row, N_("The weights are as they ship. All themes are being counted anew."))


@router.post("/triage/weights/{weights_id}/undo", dependencies=MAY)
def undo_weights(weights_id: RowId, db: Db, page: CurrentPage, actor: CurrentActor) -> Response:
    """Let hold what held before the newest saving."""
    row = service.undo(db, weights_id, by=actor)
    return _saved(page, row, N_("Taken back. All themes are being counted anew."))


def _saved(page: CurrentPage, row: ScoreWeights, message: str) -> Response:
    page.flash(message, level="success", undo_url=page.url("undo_weights", weights_id=row.id))
    return page.redirect("show_weights")


def _typed(posted: FormData) -> forms.WeightsForm:
    values = {name: value.strip() for name, value in posted.items() if isinstance(value, str)}
    names, weights = posted.getlist("model"), posted.getlist("weight")
    models = [
        (name, weight)
        for name, weight in zip(names, weights, strict=False)
        if isinstance(name, str) and isinstance(weight, str)
    ]
    return forms.read(values, models)


def _progress(db: Session, page: CurrentPage) -> Response:
    recount = recount_under_way(db)
    answer = page.render(TEMPLATE, block="progress", recount=recount, steps=STEPS)
    if recount is None:
        answer.headers["HX-Refresh"] = "true"
    return answer


def _page(
    db: Session, page: CurrentPage, form: forms.WeightsForm, *, order: Any = None, block: str | None = None,
    status: int = 200,
) -> Response:  # fmt: skip
    past = list(history(db))
    known = dict(form.models)
    models = form.models + [(model, "1") for model in forum.models_in_use(db) if model not in known]
    top = newest(db)
    return page.render(
        TEMPLATE, block=block, status=status, form=form, order=order, recount=recount_under_way(db), steps=STEPS,
        terms=[(term, TERM_LABELS[term], TERM_HELP[term], DEFAULT_POINTS[term]) for term in DEFAULT_POINTS],
        models=models[: forms.MOST_MODELS], history=[_told(db, row) for row in past], causes=CAUSES, formula=FORMULA,
        names=people(db, [row.by_id for row in past]), term_labels=TERM_LABELS, newest_id=top.id if top else None,
        full=form.value.full_points() if form.value else {}, is_default=top is None or form.value == Weights(),
    )  # fmt: skip


def _told(db: Session, row: ScoreWeights) -> tuple[ScoreWeights, list[str]]:
    """A saving with what it changed."""
    return row, service.changed(service.weights_before(db, row), Weights.from_json(row.data))
