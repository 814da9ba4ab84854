"""What runs mean for the score: one that began before the words of danger changed has heard the old ones."""

from sqlmodel import Session

from feedback_cluster.events import RunFinished
from feedback_cluster.priority.queries import newest
from feedback_cluster.priority.service import begin_recount
from feedback_cluster.runs.models import Run


def follow_run(session: Session, event: RunFinished) -> None:
    """Look through all voices again when the weights changed while the run was under way."""
    run, weights = session.get(Run, event.run_id), newest(session)
    if run is not None and run.started_at is not None and weights is not None and weights.at >= run.started_at:
        begin_recount(session, weights, again=True)
