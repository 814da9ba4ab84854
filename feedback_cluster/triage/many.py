"""Acts on many themes, and what takes acts back: forms beside the queue."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response
from pydantic import Field
from sqlmodel import Session

from cocreate.core.errors import NotFound
from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import NOBODY, people
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.page import CurrentPage
from feedback_cluster.themes import decisions
from feedback_cluster.themes.models import Theme, ThemeDecision
from feedback_cluster.triage import bulk, queries
from feedback_cluster.triage.desk import acted
from feedback_cluster.triage.models import BULK_LABELS, BulkAct, BulkState
from feedback_cluster.triage.place import CurrentWay, Way

router = APIRouter(include_in_schema=False)
TRIAGE, READ = [allow("theme.triage")], [allow("theme.read")]
Ids = Annotated[list[Annotated[int, Field(ge=1, le=MAX_ID)]], Form()]
OptionalNumber = Annotated[int, Form(ge=0, le=MAX_ID)]


class NothingToUndo(NotFound):
    code = "nothing_to_undo"
    message = N_("There is nothing of yours to take back.")


@router.post("/triage/bulk", dependencies=TRIAGE)
def act_on_many(
    page: CurrentPage,
    way: CurrentWay,
    actor: CurrentActor,
    db: Db,
    act: Annotated[BulkAct, Form()],
    theme: Ids = [],  # noqa: B006 (FastAPI copies it)
    excluded: Annotated[list[Annotated[int, Field(ge=1, le=MAX_ID)]], Form(alias="except")] = [],  # noqa: B006
    everything: Annotated[bool, Form(alias="all")] = False,
    member: OptionalNumber = 0,
    department: OptionalNumber = 0,
    area: OptionalNumber = 0,
    reason: Annotated[str, Form()] = "",
    sentence: Annotated[str, Form()] = "",
    alternative: Annotated[str, Form()] = "",
) -> Response:
    """Do one thing to the chosen themes or, with `all`, to everything that the filters of `back` match but `except`."""
    ids = theme
    if everything:
        left_out = set(excluded)
        found = queries.matching(db, way.filters, me=actor.member_id, limit=bulk.MOST)
        ids = [theme_id for theme_id in found if theme_id not in left_out]
    params: dict[str, Any] = {
        "member": member, "department": department, "area": area, "reason": reason, "sentence": sentence,
        "alternative": alternative,
    }  # fmt: skip
    made = bulk.start(db, act, ids, params, by=actor)
    if made.state is BulkState.WORKING:
        return page.redirect("show_bulk", bulk_id=made.id)
    undo = page.url("undo_bulk", {"back": way.back}, bulk_id=made.id)
    page.flash(
        N_("%(count)s themes: %(what)s."),
        level="success",
        undo_url=undo,
        count=made.changed,
        what=page.text(BULK_LABELS[act]),
    )
    return page.redirect_to(_queue_of(page, way))


@router.get("/triage/bulk/{bulk_id}", dependencies=READ)
def show_bulk(bulk_id: RowId, page: CurrentPage, db: ReadDb) -> Response:
    """How far an act on many themes is; asks again by itself until it is over."""
    row = bulk.get_bulk(db, bulk_id)
    by = people(db, [row.by_id]).get(row.by_id, NOBODY)
    busy = row.state in (BulkState.WORKING, BulkState.UNDOING)
    context: dict[str, Any] = {
        "bulk": row,
        "by": by,
        "busy": busy,
        "total": len(row.themes),
        "bulk_labels": BULK_LABELS,
    }
    return page.render("feedback_cluster/triage/bulk.html", block="state", **context)


@router.post("/triage/bulk/{bulk_id}/undo", dependencies=TRIAGE)
def undo_bulk(
    bulk_id: RowId, page: CurrentPage, actor: CurrentActor, runtime: CurrentRuntime, db: Db,
    back: Annotated[str, Query(max_length=2000)] = "",
) -> Response:  # fmt: skip
    """Take an act on many themes back as one."""
    return _take_all_back(page, db, bulk_id, Way(back), actor=actor, runtime=runtime)


@router.post("/themes/decisions/{decision_id}/undo", dependencies=READ)
def undo_decision(
    decision_id: RowId, page: CurrentPage, actor: CurrentActor, runtime: CurrentRuntime, db: Db,
    back: Annotated[str, Query(max_length=2000)] = "",
) -> Response:  # fmt: skip
    """Take one decision back. Who may not decide about themes takes back what they decided themselves."""
    decision = db.get(ThemeDecision, decision_id)
    if decision is None or not (actor.can("theme.triage") or decision.by_id == actor.id):
        raise NotFound(f"decision {decision_id}")
    taken = decisions.undo(db, decision_id, by=actor, zone=runtime.settings.zone)
    return _taken_back(page, db, taken, Way(back))


@router.post("/triage/undo", dependencies=TRIAGE)
def undo_last(
    page: CurrentPage, way: CurrentWay, actor: CurrentActor, runtime: CurrentRuntime, db: Db
) -> Response:  # fmt: skip
    """Take back what one did last, step by step as often as one asks; what cannot go back is passed over and named."""
    found = bulk.last_standing(db, actor.member_id)
    if found.decision is None:
        raise decisions.Overtaken("all of them") if found.passed else NothingToUndo("no decision")
    _name_passed(page, db, found.passed)
    if found.decision.bulk_id is not None:
        return _take_all_back(page, db, found.decision.bulk_id, way, actor=actor, runtime=runtime)
    taken = decisions.undo(db, found.decision.id or 0, by=actor, zone=runtime.settings.zone)
    return _taken_back(page, db, taken, way)


def _name_passed(page: CurrentPage, db: Session, passed: Sequence[ThemeDecision]) -> None:
    if not passed:
        return
    newest = passed[0]
    theme = db.get(Theme, newest.theme_id)
    what, name = page.text(decisions.DECISION_LABELS[newest.kind]), theme.name if theme else ""
    one = N_("“%(what)s” (%(name)s) could not be taken back, because somebody has decided anew since. "
             "What you did before it was.")  # fmt: skip
    many = N_("“%(what)s” (%(name)s) and %(more)s before it could not be taken back, because somebody has decided anew "
              "since. What you did before them was.")  # fmt: skip
    page.flash(one if len(passed) == 1 else many, what=what, name=name, more=len(passed) - 1)


def _taken_back(page: CurrentPage, db: Session, taken: ThemeDecision, way: Way) -> Response:
    page.flash(N_("Taken back: everything is as it was."), level="success")
    if page.partial and way.from_queue(page.url("show_themes")):
        return acted(page, db, way, taken, show=taken.theme_id, whole=True)
    return page.redirect_to(way.back or page.url("show_theme", theme_id=taken.theme_id))


def _take_all_back(page: CurrentPage, db: Session, bulk_id: int, way: Way, *, actor: Any, runtime: Any) -> Response:
    row = bulk.get_bulk(db, bulk_id)
    bulk.undo(db, row, by=actor, zone=runtime.settings.zone)
    if row.state is BulkState.UNDOING:
        return page.redirect("show_bulk", bulk_id=bulk_id)
    if row.kept:
        page.flash(N_("Taken back, but for %(count)s about which somebody has decided anew."), count=row.kept)
    else:
        page.flash(N_("Taken back: everything is as it was."), level="success")
    return page.redirect_to(_queue_of(page, way))


def _queue_of(page: CurrentPage, way: Way) -> str:
    return (
        page.url("show_themes", way.filters.as_query())
        if way.from_queue(page.url("show_themes"))
        else page.url("show_themes")
    )
