"""What a manager says about a run, and what follows at once."""

from cocreate.core.actor import Actor
from cocreate.core.runtime import Runtime
from feedback_cluster.changes import service, take
from feedback_cluster.runs.models import Run
from feedback_cluster.runs.service import get_run


def approve(runtime: Runtime, run: Run, by: Actor) -> None:
    with runtime.database.write() as session:
        service.approve(session, get_run(session, run.id or 0), by=by)
    take.take_effect(runtime, run_id=run.id or 0)


def undo(runtime: Runtime, run: Run, by: Actor) -> None:
    with runtime.database.write() as session:
        service.undo(session, get_run(session, run.id or 0), by=by)
    take.take_effect(runtime, run_id=run.id or 0)
