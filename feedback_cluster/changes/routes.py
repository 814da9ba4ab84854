"""The difference page: what a run would change, approved or rejected before anybody else sees it."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Response
from pydantic import Field
from sqlmodel import Session

from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.page import CurrentPage
from feedback_cluster.changes import policy, queries, service, twin
from feedback_cluster.changes.models import CHANGE_LABELS, RUN_ACT_LABELS, Approval, Choice, RunChange
from feedback_cluster.runs.models import VERDICT_LABELS, Run, RunState, Verdict
from feedback_cluster.runs.routes import SCORE_LABELS, STEPS
from feedback_cluster.runs.service import get_run, recent_runs

router = APIRouter(include_in_schema=False)
READ, TRIAGE = [allow("theme.read")], [allow("theme.triage")]
Chosen = Annotated[list[Annotated[int, Field(ge=1, le=MAX_ID)]], Form(alias="change")]

CHOICE_LABELS = {
    Choice.OPEN: N_("Not decided"),
    Choice.APPROVED: N_("Approved"),
    Choice.REJECTED: N_("Rejected"),
    Choice.WAITING: N_("Waits for the next run"),
}
DIFF_KINDS = {
    "born": "born", "split": "split", "merged": "merged", "gone": "gone", "grew": "grew", "shrank": "shrank",
    "shifted": "same", "renamed": "renamed",
}  # fmt: skip

GROUP_LABELS = {
    "data": N_("What came in and out"),
    "scores": N_("Scores"),
    "cost": N_("Time and memory"),
    "parameters": N_("Parameters"),
    "versions": N_("Versions"),
}
ROW_LABELS = {
    "posts": N_("Voices"),
    "themes": N_("Themes"),
    "rest_share": N_("Share without a theme"),
    "fingerprint": N_("Fingerprint of the data"),
    "seconds": N_("Seconds"),
    "peak_mb": N_("Memory"),
}


@router.post("/triage/runs/policy", dependencies=TRIAGE)
def set_run_policy(
    page: CurrentPage,
    actor: CurrentActor,
    db: Db,
    approval: Annotated[Approval, Form()],
    most_moved: Annotated[float, Form(ge=0, le=100)] = 2.0,
    faded_after: Annotated[int, Form(ge=1, le=1000)] = 3,
) -> Response:
    """Say which runs take effect without asking; most_moved in percent."""
    policy.set_policy(db, approval, most_moved / 100, faded_after, by=actor)
    page.flash(N_("Kept. It holds from the next run on."), level="success")
    return page.redirect("show_runs")


@router.get("/triage/runs/compare", dependencies=READ)
def compare_runs(
    page: CurrentPage,
    db: ReadDb,
    a: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    b: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> Response:
    """Two runs side by side; the last two by default."""
    done = [run for run in recent_runs(db, limit=50) if run.state is RunState.DONE]
    second = get_run(db, b) if b else done[0] if done else None
    first = get_run(db, a) if a else next((run for run in done if second and run.id != second.id), None)
    context: dict[str, Any] = {"runs": done, "first": first, "second": second}
    if first is not None and second is not None:
        context |= {"alike": twin.alike(db, first, second), "groups": twin.side_by_side(first, second)}
    labels: dict[str, Any] = {
        "group_labels": GROUP_LABELS,
        "row_labels": ROW_LABELS,
        "stage_labels": STEPS,
        "score_labels": SCORE_LABELS,
    }
    return page.render("feedback_cluster/changes/compare.html", **context, **labels)


@router.get("/triage/runs/{run_id}/changes", dependencies=READ)
def show_changes(run_id: RowId, page: CurrentPage, actor: CurrentActor, db: ReadDb) -> Response:
    run = get_run(db, run_id)
    changes = queries.changes_of(db, run)
    context = _shared(db, run) | {
        "rows": queries.rows_of(db, run, changes, actor),
        "tally": queries.tally(changes),
        "acts": queries.acts_of(db, run),
        "act_labels": RUN_ACT_LABELS,
        "can_undo": service.can_undo(db, run),
        "comparable": queries.comparable(db, run),
        "busy": run.verdict in (Verdict.TAKING, Verdict.UNDOING),
    }
    return page.render("feedback_cluster/changes/page.html", block="state", **context)


@router.post("/triage/runs/{run_id}/changes/{change_id}/{choice}", dependencies=TRIAGE)
def choose_change(
    run_id: RowId,
    change_id: RowId,
    choice: Literal["approved", "rejected", "open"],
    page: CurrentPage,
    actor: CurrentActor,
    db: Db,
) -> Response:
    """Approve or reject one change, or take that back; the row answers."""
    run = get_run(db, run_id)
    change = service.get_change(db, run, change_id)
    service.choose(db, run, change, Choice(choice), by=actor)
    if not page.partial:
        return page.redirect_to(f"{page.url('show_changes', run_id=run_id)}#change-{change_id}")
    return _row(page, db, run, change)


def _row(page: CurrentPage, db: Session, run: Run, change: RunChange) -> Response:
    db.flush()
    row = queries.rows_of(db, run, [change], page.actor)[0]
    context = _shared(db, run) | {"row": row, "comparable": queries.comparable(db, run), "focus": True}
    return page.render("feedback_cluster/changes/_row.html", **context)


@router.post("/triage/runs/{run_id}/approve", dependencies=TRIAGE)
def approve_run(
    run_id: RowId,
    page: CurrentPage,
    actor: CurrentActor,
    db: Db,
    chosen: Chosen = [],  # noqa: B006 (FastAPI copies it)
    whole: Annotated[bool, Form()] = False,
) -> Response:
    """Let the chosen changes take effect; `whole`: all that nobody rejected and that was seen more than once."""
    service.approve(db, get_run(db, run_id), by=actor, only=None if whole else set(chosen))
    page.flash(N_("Approved. It takes effect within seconds and can be taken back."), level="success")
    return page.redirect("show_changes", run_id=run_id)


@router.post("/triage/runs/{run_id}/reject", dependencies=TRIAGE)
def reject_run(run_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    service.reject(db, get_run(db, run_id), by=actor)
    undo = page.url("undo_run", run_id=run_id)
    page.flash(N_("Rejected. The themes stay as they are."), level="success", undo_url=undo)
    return page.redirect("show_changes", run_id=run_id)


@router.post("/triage/runs/{run_id}/undo", dependencies=TRIAGE)
def undo_run(run_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    """Go back to what held before; what people decided since holds."""
    run = get_run(db, run_id)
    waits_again = run.verdict is Verdict.REJECTED
    service.undo(db, run, by=actor)
    if waits_again:
        page.flash(N_("It waits for approval again."))
    else:
        page.flash(N_("It goes back to the run before within seconds. What people decided since holds."))
    return page.redirect("show_changes", run_id=run_id)


@router.get("/triage/runs/{run_id}/moves", dependencies=READ)
def show_moves(
    run_id: RowId,
    page: CurrentPage,
    actor: CurrentActor,
    db: ReadDb,
    theme: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    cursor: str | None = None,
) -> Response:
    """The voices that change their theme, from where to where."""
    run = get_run(db, run_id)
    names = queries.names_of(db, run, {theme}) if theme else {}
    listing = queries.moves(db, run, theme_id=theme, actor=actor, cursor=cursor)
    more = {"cursor": listing.next_cursor, "theme": theme or ""}
    context = _shared(db, run) | {
        "moves": listing.items,
        "next_url": page.url("show_moves", more, run_id=run_id) if listing.next_cursor else None,
        "theme_name": names.get(theme or 0, ""),
        "comparable": queries.comparable(db, run),
    }
    return page.render("feedback_cluster/changes/moves.html", block="rows", **context)


def _shared(db: Session, run: Run) -> dict[str, Any]:
    return {
        "run": run,
        "waits": run.verdict is Verdict.PROPOSED,
        "verdict_labels": VERDICT_LABELS,
        "change_labels": CHANGE_LABELS,
        "choice_labels": CHOICE_LABELS,
        "diff_kinds": DIFF_KINDS,
    }
