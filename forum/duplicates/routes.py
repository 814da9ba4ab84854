"""The queue of likely duplicates: one pair at a time, by keys or by buttons."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from sqlmodel import Session

from cocreate.core.actor import Actor
from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage, Page
from forum.boards.queries import boards
from forum.duplicates import jobs, queries, service
from forum.duplicates.comparing import LEAST, UNSURE
from forum.duplicates.forms import DecisionForm
from forum.duplicates.models import MergeSuggestion, Origin
from forum.duplicates.queries import Filters
from forum.duplicates.views import PairView, pair_view
from forum.posts.models import STATUS_LABELS

router = APIRouter(include_in_schema=False, dependencies=[allow("forum.match")])
BoundDecision = Annotated[BoundForm[DecisionForm], Depends(bind(DecisionForm))]
Id = Annotated[int | None, Query(ge=1, le=MAX_ID)]
PAGE = "forum/duplicates/queue.html"


@router.get("/moderation/duplicates")
def show_duplicates(
    actor: CurrentActor,
    db: ReadDb,
    page: CurrentPage,
    runtime: CurrentRuntime,
    least: str = "",
    board: str = "",
    origin: str = "",
    at: Id = None,
    number: Annotated[int, Query(ge=1, le=MAX_ID)] = 1,
    swap: bool = False,
) -> Response:
    """The queue, at one of its pairs."""
    filters = _filters(least, board, origin)
    return _queue(page, db, actor, filters, at=at, number=number, swapped=swap, zone=runtime.settings.zone)


@router.post("/moderation/duplicates/{suggestion_id}/merge")
def merge_duplicates(
    suggestion_id: RowId, form: BoundDecision, actor: CurrentActor, db: Db, page: CurrentPage, runtime: CurrentRuntime
) -> Response:
    """Both are one: the chosen post stays."""
    told = form.value or DecisionForm()
    decision = service.accept(db, suggestion_id, keep_id=told.keep, by=actor)
    undo = page.url("undo_duplicates", decision_id=decision.id)
    page.flash(N_("Merged into #%(id)s."), level="success", undo_url=undo, id=told.keep)
    return _go_on(page, db, actor, told, runtime.settings.zone)


@router.post("/moderation/duplicates/{suggestion_id}/merge-group")
def merge_duplicate_group(
    suggestion_id: RowId, form: BoundDecision, actor: CurrentActor, db: Db, page: CurrentPage, runtime: CurrentRuntime
) -> Response:
    """The pair and the ticked posts beside it are one."""
    told = form.value or DecisionForm()
    row = service.get_suggestion(db, suggestion_id)
    decision = service.accept_group(db, {*row.pair, *told.post}, keep_id=told.keep, by=actor)
    undo = page.url("undo_duplicates", decision_id=decision.id)
    count = len(decision.merge_ids)
    page.flash(N_("%(count)s posts merged into #%(id)s."), level="success", undo_url=undo, count=count, id=told.keep)
    return _go_on(page, db, actor, told, runtime.settings.zone)


@router.post("/moderation/duplicates/{suggestion_id}/apart")
def keep_duplicates_apart(
    suggestion_id: RowId, form: BoundDecision, actor: CurrentActor, db: Db, page: CurrentPage, runtime: CurrentRuntime
) -> Response:
    """They are not the same and are not suggested again."""
    decision = service.reject(db, suggestion_id, by=actor)
    page.flash(N_("They stay two posts."), undo_url=page.url("undo_duplicates", decision_id=decision.id))
    return _go_on(page, db, actor, form.value or DecisionForm(), runtime.settings.zone)


@router.post("/moderation/duplicates/decisions/{decision_id}/undo")
def undo_duplicates(
    decision_id: RowId, form: BoundDecision, actor: CurrentActor, db: Db, page: CurrentPage, runtime: CurrentRuntime
) -> Response:
    """Take a decision back and look at it again."""
    again = queries.suggestions_of(db, decision_id)
    service.undo(db, decision_id, by=actor)
    page.flash(N_("Taken back: everything is as it was."), level="success")
    told = form.value or DecisionForm()
    return _go_on(page, db, actor, told.model_copy(update={"next": min(again, default=0)}), runtime.settings.zone)


@router.post("/moderation/duplicates/run")
def find_duplicates_now(actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Look through all posts now."""
    run = jobs.start_run(db, by=actor)
    if page.partial:
        return page.render("forum/duplicates/_run.html", run=run)
    page.flash(N_("Looking through all posts. You may go on meanwhile."))
    return page.redirect("show_duplicates")


@router.get("/moderation/duplicates/run")
def show_duplicate_run(db: ReadDb, page: CurrentPage) -> Response:
    """How far the look through all posts has come."""
    if not page.partial:
        return page.redirect("show_duplicates")
    return page.render("forum/duplicates/_run.html", run=jobs.current_run(db))


def _filters(least: str, board: str, origin: str) -> Filters:
    # An address is typed and kept by people: what fits nothing narrows nothing.
    try:
        share = float(least) if least else LEAST
    except ValueError:
        share = LEAST
    share = share if 0 <= share <= 1 else LEAST
    number = int(board) if board.isascii() and board.isdigit() and len(board) < 19 else None
    return Filters(share, number, Origin(origin) if origin in set(Origin) else None)


def _go_on(page: Page, db: Session, actor: Actor, told: DecisionForm, zone: Any) -> Response:
    filters = Filters(told.least, told.board, told.origin)
    query = filters.query(at=told.next, number=told.number if told.number > 1 else "")
    path = page.url("show_duplicates", query)
    if not page.partial:
        return page.redirect_to(path)
    db.flush()
    answer = _queue(page, db, actor, filters, at=told.next, number=told.number, zone=zone)
    answer.headers["HX-Replace-Url"] = path
    return answer


def _queue(
    page: Page, db: Session, actor: Actor, filters: Filters, *, at: int | None, number: int, zone: Any,
    swapped: bool = False,
) -> Response:  # fmt: skip
    ids = queries.open_ids(db, filters)
    place = queries.place_of(ids, at, number)
    pair, place = _first_that_is_there(db, actor, ids, place, swapped=swapped)
    return page.render(
        PAGE,
        block="queue",
        filters=filters,
        place=place,
        pair=pair,
        ahead=_view(db, actor, place.after) if place and place.after else None,
        boards=boards(db),
        bands=queries.bands(db),
        done=queries.decided_today(db, actor, zone),
        last=queries.last_decision(db, actor),
        run=jobs.current_run(db),
        swapped=swapped,
        status_labels=STATUS_LABELS,
        here=page.url("show_duplicates"),
        sure=LEAST,
        unsure=UNSURE,
    )


def _first_that_is_there(
    db: Session, actor: Actor, ids: list[int], place: "queries.Place | None", *, swapped: bool
) -> tuple[PairView | None, "queries.Place | None"]:
    """The pair at this place, or the next one whose posts this reader may still open."""
    while place is not None:
        pair = _view(db, actor, place.id, swapped=swapped, whole=True)
        if pair is not None:
            return pair, place
        place = queries.place_of(ids, place.after) if place.after else None
    return None, None


def _view(db: Session, actor: Actor, row_id: int, *, swapped: bool = False, whole: bool = False) -> PairView | None:
    row = db.get(MergeSuggestion, row_id)
    if row is None:
        return None
    group = queries.group_around(db, row.pair) if whole else {}
    return pair_view(db, row, actor, swapped=swapped, group=group)
