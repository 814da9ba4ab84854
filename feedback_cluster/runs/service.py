"""Starting, watching and stopping runs; there is one at a time."""

import os
import socket
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.db import insert_once
from cocreate.core.errors import Conflict, NotFound
from cocreate.core.text_marks import N_
from feedback_cluster.runs.models import ACTIVE, Cause, Run, RunState

JOB = "feedback_cluster.run"
SILENCE = timedelta(seconds=90)
"""A run that has not been heard of for so long is taken for dead; a living one reports every second."""
INTERRUPTED = N_("It was interrupted: the process that worked on it is gone.")


class RunUnderway(Conflict):
    code = "run_underway"
    message = N_("A run is under way already. One at a time.")


class RunOver(Conflict):
    code = "run_over"
    message = N_("This run is over already.")


def get_run(session: Session, run_id: int) -> Run:
    run = session.get(Run, run_id)
    if run is None:
        raise NotFound(f"run {run_id}")
    return run


def active_run(session: Session) -> Run | None:
    """The run that is queued or running."""
    return session.exec(select(Run).where(Run.slot == ACTIVE)).first()


def last_stages(session: Session) -> Mapping[str, float] | None:
    """Seconds by step of the newest run that came to its end."""
    done = select(Run.stages).where(Run.state == RunState.DONE).order_by(col(Run.id).desc())
    return session.exec(done).first()


def start_run(
    session: Session,
    *,
    by: Actor | None = None,
    cause: Cause = Cause.BUTTON,
    granularity: float = 1.0,
    seed: int = 0,
    cold: bool = False,
    queue: bool = True,
    at_once: bool | None = None,
) -> Run:
    """A new run, handed to the worker unless `queue` is off. RunUnderway while another one lives.

    at_once: what it finds takes effect without asking; by default when a command or the demo started it.
    """
    asks_nobody = cause in (Cause.COMMAND, Cause.SEED) if at_once is None else at_once
    told: dict[str, Any] = {"granularity": granularity, "seed": seed, "cold": cold}
    starter = by.id if by else None
    row = Run(slot=ACTIVE, cause=cause, started_by=starter, parameters=told, at_once=asks_nobody)
    if not insert_once(session, row):
        other = active_run(session)
        if other is not None and not is_dead(other):
            raise RunUnderway(f"run {other.id} is {other.state}")
        if other is not None:
            end(session, other, RunState.FAILED, error=INTERRUPTED)
            session.flush()
        if not insert_once(session, row):
            raise RunUnderway("another run was started at this moment")
    run = active_run(session)
    assert run is not None
    if queue:
        outbox.enqueue(session, JOB, lane=outbox.SLOW, run_id=run.id)
    return run


def cancel_run(session: Session, run: Run) -> None:
    """Stop a run; what it has computed so far is thrown away and the themes stay as they are."""
    if not run.underway:
        raise RunOver(f"run {run.id} is {run.state}")
    if run.state is RunState.QUEUED or is_dead(run):
        end(session, run, RunState.CANCELLED)
    else:
        run.cancel_at = clock.now()
        session.add(run)


def end(session: Session, run: Run, state: RunState, *, error: str = "") -> None:
    """Write down how a run ended and make room for the next."""
    moment = clock.now()
    run.state, run.slot, run.error, run.finished_at = state, None, error[:500], moment
    if run.started_at is not None:
        run.seconds = round((moment - run.started_at).total_seconds(), 2)
    session.add(run)


def begin(session: Session, run_id: int) -> Run | None:
    """Take a run up; None when it is over, or when another living process works on it.

    A run whose process died is begun anew: nothing it computed has taken effect.
    """
    run = session.get(Run, run_id)
    if run is None or not run.underway or (run.state is RunState.RUNNING and not is_dead(run)):
        return None
    moment = clock.now()
    taken: Any = session.connection().execute(
        sa.update(Run)
        .where(
            col(Run.id) == run_id,
            col(Run.state) == run.state,
            col(Run.slot) == ACTIVE,
            col(Run.heartbeat_at).is_(None) if run.heartbeat_at is None else col(Run.heartbeat_at) == run.heartbeat_at,
        )
        .values(
            state=RunState.RUNNING, started_at=moment, heartbeat_at=moment, runner=this_process(),
            cancel_at=None, step="export", done=0, total=0,
        )
    )  # fmt: skip
    if taken.rowcount != 1:
        return None
    session.refresh(run)
    return run


def report(session: Session, run_id: int, step: str, done: int, total: int) -> bool:
    """Write down how far a run is; False when somebody wants it to stop."""
    session.connection().execute(
        sa.update(Run)
        .where(col(Run.id) == run_id)
        .values(step=step[:24], done=done, total=total, heartbeat_at=clock.now())
    )
    row = session.exec(select(Run.cancel_at, Run.slot).where(Run.id == run_id)).one()
    return row[0] is None and row[1] == ACTIVE


def recent_runs(session: Session, *, before_id: int | None = None, limit: int = 20) -> list[Run]:
    """Runs, newest first."""
    statement = select(Run).order_by(col(Run.id).desc()).limit(limit)
    if before_id is not None:
        statement = statement.where(col(Run.id) < before_id)
    return list(session.exec(statement))


def this_process() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def is_dead(run: Run) -> bool:
    """Whether the process that works on this run is gone."""
    if run.state is RunState.QUEUED or run.heartbeat_at is None:
        return False
    host, _, number = run.runner.rpartition(":")
    if host == socket.gethostname() and number.isdigit():
        if int(number) == os.getpid():
            return clock.now() - run.heartbeat_at > SILENCE
        try:
            os.kill(int(number), 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass
    return clock.now() - run.heartbeat_at > SILENCE
