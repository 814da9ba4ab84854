"""The page of runs: start one, watch it, see what came out."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response
from sqlmodel import Session

from cocreate.core import clock
from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import people
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.page import CurrentPage
from feedback_cluster.changes.models import APPROVAL_LABELS
from feedback_cluster.changes.policy import policy
from feedback_cluster.changes.queries import waiting_run
from feedback_cluster.runs import service
from feedback_cluster.runs.models import CAUSE_LABELS, STATE_LABELS, VERDICT_LABELS, Run, RunState
from feedback_cluster.runs.timing import seconds_left
from feedback_cluster.themes.queries import current_run_id

router = APIRouter(include_in_schema=False)
PAGE = 20

STEPS = {
    "export": N_("Gather the voices"),
    "start": N_("Start the run"),
    "read": N_("Read the voices"),
    "segment": N_("Cut into words"),
    "embed": N_("Ask the sentence encoder"),
    "features": N_("Weigh the words"),
    "cluster": N_("Find themes"),
    "label": N_("Name themes"),
    "write": N_("Write down"),
    "store": N_("Keep what was found"),
}
SCORE_LABELS = {
    "clusters": N_("Themes found"),
    "cohesion": N_("How close voices are to their theme"),
    "rest_share": N_("Share without a theme"),
    "kept_theme": N_("Voices that kept their theme"),
}


@router.get("/themes/runs", dependencies=[allow("theme.read")])
def show_runs(page: CurrentPage, db: ReadDb, before: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None) -> Response:
    runs = service.recent_runs(db, before_id=before, limit=PAGE + 1)
    current = current_run_id(db)
    context = _context(page, db, runs[:PAGE]) | {
        "names": {person_id: person.name for person_id, person in people(db, [r.started_by for r in runs]).items()},
        "current": current,
        "stale": current is not None and service.get_run(db, current).lexicon_changed_at,
        "active": service.active_run(db),
        "waiting": waiting_run(db),
        "policy": policy(db),
        "approval_labels": APPROVAL_LABELS,
        "next_url": page.url("show_runs", {"before": runs[PAGE - 1].id}) if len(runs) > PAGE else None,
    }
    return page.render("feedback_cluster/runs/list.html", block="progress", **context)


@router.post("/themes/runs", dependencies=[allow("theme.triage")])
def start_cluster_run(
    page: CurrentPage,
    actor: CurrentActor,
    db: Db,
    way: Annotated[str, Form(pattern="^(warm|cold)$")] = "warm",
    granularity: Annotated[float, Form(ge=0.1, le=5)] = 1.0,
) -> Response:
    """Begin a run; "cold" finds themes afresh and matches them with the known ones."""
    run = service.start_run(db, by=actor, granularity=granularity, cold=way == "cold")
    page.flash(N_("Begun. You can leave this page; what holds now stays until the run is done."))
    return page.redirect("show_run", run_id=run.id)


@router.get("/themes/runs/{run_id}", dependencies=[allow("theme.read")])
def show_run(run_id: RowId, page: CurrentPage, db: ReadDb) -> Response:
    run = service.get_run(db, run_id)
    context = _context(page, db, [run]) | {
        "run": run,
        "by": people(db, [run.started_by]).get(run.started_by or 0),
        "current": current_run_id(db),
        "score_labels": SCORE_LABELS,
        "stage_labels": STEPS,
    }
    return page.render("feedback_cluster/runs/run.html", block="progress", **context)


@router.post("/themes/runs/{run_id}/cancel", dependencies=[allow("theme.triage")])
def cancel_cluster_run(run_id: RowId, page: CurrentPage, db: Db) -> Response:
    service.cancel_run(db, service.get_run(db, run_id))
    page.flash(N_("It stops within a second. The themes stay as they are."))
    return page.redirect("show_run", run_id=run_id)


def _context(page: CurrentPage, db: Session, runs: list[Run]) -> dict[str, Any]:
    last = service.last_stages(db) if any(run.underway for run in runs) else None
    return {
        "runs": runs,
        "state_labels": STATE_LABELS,
        "cause_labels": CAUSE_LABELS,
        "verdict_labels": VERDICT_LABELS,
        "steps_of": lambda run: steps_of(page, run),
        "percent_of": percent_of,
        "left_of": lambda run: left_of(run, last),
        "pill_of": PILLS,
    }


PILLS = {
    RunState.QUEUED: "open",
    RunState.RUNNING: "started",
    RunState.DONE: "shipped",
    RunState.FAILED: "declined",
    RunState.CANCELLED: "merged",
}
"""The shape and colour in which a state is drawn."""


def percent_of(run: Run) -> int | None:
    """Of the step at work; None while nothing can be counted."""
    return min(100, round(100 * run.done / run.total)) if run.total > 1 else None


def left_of(run: Run, last: Mapping[str, float] | None) -> int | None:
    """Whole seconds the run may still take; None while nobody can tell."""
    if run.started_at is None:
        return None
    passed = (clock.now() - run.started_at).total_seconds()
    left = seconds_left(run.step, run.done, run.total, passed, last)
    return None if left is None else round(left)


def steps_of(page: CurrentPage, run: Run) -> list[dict[str, Any]]:
    """The steps of a run as the progress list draws them."""
    names = list(STEPS)
    at = names.index(run.step) if run.step in names else (len(names) if run.state is RunState.DONE else 0)
    failed = run.state in (RunState.FAILED, RunState.CANCELLED)
    return [
        {
            "label": page.text(STEPS[name]),
            "state": "done" if place < at else ("failed" if failed else "now") if place == at else "ahead",
        }
        for place, name in enumerate(names)
        if name not in {"start", "embed"} or (name == "embed" and run.step == name)
    ]
