"""What people decide about a run: change by change, as a whole, and back again."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict, NotFound
from cocreate.core.text_marks import N_
from feedback_cluster.changes.candidates import ENOUGH
from feedback_cluster.changes.models import Choice, RunAct, RunChange, RunDecision, ThemeCandidate
from feedback_cluster.changes.propose import TAKE
from feedback_cluster.runs.models import Run, RunModel, Verdict
from feedback_cluster.themes import pins
from feedback_cluster.themes.queries import current_run_id


class NotWaiting(Conflict):
    code = "not_waiting"
    message = N_("This run does not wait for approval any more.")


class UndoGone(Conflict):
    code = "undo_gone"
    message = N_("This run can no longer be taken back: another one has taken effect since.")


def get_change(session: Session, run: Run, change_id: int) -> RunChange:
    change = session.get(RunChange, change_id)
    if change is None or change.run_id != run.id:
        raise NotFound(f"change {change_id} of run {run.id}")
    return change


def choose(session: Session, run: Run, change: RunChange, choice: Choice, *, by: Actor) -> None:
    """Approve or reject one change; OPEN takes either back. Nothing takes effect yet."""
    _waits(session, run)
    _set(session, change, unmarked(change) if choice in (Choice.OPEN, Choice.WAITING) else choice, by=by)


def unmarked(change: RunChange) -> Choice:
    """What holds for a change when nobody says otherwise."""
    return Choice.WAITING if change.figures.get("seen", ENOUGH) < ENOUGH else Choice.OPEN


def approve(session: Session, run: Run, *, by: Actor, only: Collection[int] | None = None) -> None:
    """Let the run take effect, but for what was rejected and for what was seen only once.

    only: the changes that do take effect; all others are rejected, or go on waiting when they were seen only once.
    """
    _waits(session, run)
    changes = list(session.exec(select(RunChange).where(RunChange.run_id == run.id).with_for_update()))
    for change in changes:
        if only is None:
            choice = Choice.APPROVED if change.choice is Choice.OPEN else change.choice
        elif change.id in only:
            choice = Choice.APPROVED
        else:
            choice = Choice.WAITING if change.choice is Choice.WAITING else Choice.REJECTED
        _set(session, change, choice, by=by)
        if choice is Choice.REJECTED and change.candidate_id:
            _forget_candidate(session, change.candidate_id)
    run.verdict = Verdict.TAKING
    session.add(run)
    counts = {choice.value: sum(change.choice is choice for change in changes) for choice in Choice}
    _record(session, run, RunAct.TAKE, by, **counts)
    outbox.enqueue(session, TAKE, run_id=run.id)


def reject(session: Session, run: Run, *, by: Actor) -> None:
    """Keep everything as it is."""
    _waits(session, run)
    run.verdict = Verdict.REJECTED
    session.add(run)
    _record(session, run, RunAct.REJECT, by)


def can_undo(session: Session, run: Run) -> bool:
    """Whether the state before the decision about this run is still there to go back to."""
    return run.id in undoable(session, [run])


def undoable(session: Session, runs: Sequence[Run]) -> set[int]:
    """Those of the runs whose decision can be undone; three statements, however many there are."""
    current = current_run_id(session)
    needed: dict[int, int | None] = {}  # what has to be stored still, to go back to
    for run in runs:
        if run.verdict is Verdict.REJECTED and run.base_id == current:
            needed[run.id or 0] = run.id
        elif run.verdict in (Verdict.TAKEN, Verdict.PARTLY) and run.id == current:
            needed[run.id or 0] = run.base_id
    if not needed:
        return set()
    wanted = sorted({run_id for run_id in needed.values() if run_id is not None})
    stored = set(session.exec(select(RunModel.run_id).where(col(RunModel.run_id).in_(wanted))))
    waiting = set(session.exec(select(Run.id).where(Run.verdict == Verdict.PROPOSED)))
    rejected = {run.id for run in runs if run.verdict is Verdict.REJECTED}
    return {
        run_id for run_id, base_id in needed.items() if base_id in stored and (run_id not in rejected or not waiting)
    }


def undo(session: Session, run: Run, *, by: Actor) -> None:
    """Go back to what held before the run took effect, or let a rejected one wait again.

    What people decided since holds; voices that came since are placed by the model of the run before.
    """
    pins.hold_current(session)
    if not can_undo(session, run):
        raise UndoGone(f"run {run.id} is {run.verdict}")
    _record(session, run, RunAct.UNDO, by)
    if run.verdict is Verdict.REJECTED:
        run.verdict = Verdict.PROPOSED
    else:
        run.verdict = Verdict.UNDOING
        outbox.enqueue(session, TAKE, run_id=run.id)
    session.add(run)


def _waits(session: Session, run: Run) -> None:
    pins.hold_current(session)  # before looking: somebody else may decide about it, or a newer run replace it
    if run.verdict is not Verdict.PROPOSED:
        raise NotWaiting(f"run {run.id} is {run.verdict}")


def _set(session: Session, change: RunChange, choice: Choice, *, by: Actor) -> None:
    if change.choice is not choice:
        change.choice, change.chosen_by = choice, by.id
        session.add(change)


def _forget_candidate(session: Session, candidate_id: int) -> None:
    candidate = session.get(ThemeCandidate, candidate_id)
    if candidate is not None:
        candidate.rejected_at = clock.now()
        session.add(candidate)


def _record(session: Session, run: Run, act: RunAct, by: Actor, **data: Any) -> None:
    decision = RunDecision(run_id=run.id or 0, act=act, by_id=by.id, data=data)
    session.add(decision)
    session.flush()
    audit.record(session, by, f"run.{act}", "run", run.id, decision=decision.id)
