"""Which runs take effect without asking."""

from sqlmodel import Session

from cocreate.core import audit, clock
from cocreate.core.actor import Actor
from cocreate.core.db import insert_once
from cocreate.core.errors import Invalid
from cocreate.core.text_marks import N_
from feedback_cluster.changes.models import Approval, ChangeKind, Choice, RunChange, RunPolicy
from feedback_cluster.runs.models import Run


class BadShare(Invalid):
    code = "bad_share"
    message = N_("The share of moved voices is between 0 and 100 percent.")


def policy(session: Session) -> RunPolicy:
    """The rule that holds; the default one when nobody has set it."""
    return session.get(RunPolicy, 1) or RunPolicy()


def set_policy(session: Session, approval: Approval, most_moved: float, faded_after: int, *, by: Actor) -> None:
    """Change the rule for the runs to come."""
    if not 0 <= most_moved <= 1:
        raise BadShare(fields={"most_moved": BadShare.message})
    insert_once(session, RunPolicy())
    session.flush()
    row = session.get(RunPolicy, 1)
    assert row is not None
    before = {"approval": row.approval.value, "most_moved": row.most_moved, "faded_after": row.faded_after}
    row.approval, row.most_moved, row.faded_after = approval, most_moved, faded_after
    row.changed_by, row.changed_at = by.id, clock.now()
    session.add(row)
    after = {"approval": approval.value, "most_moved": most_moved, "faded_after": faded_after}
    audit.record(session, by, "run.policy", "run_policy", 1, before=before, after=after)


GREAT = (ChangeKind.BORN, ChangeKind.SPLIT, ChangeKind.MERGED, ChangeKind.GONE)


def is_small(run: Run, changes: list[RunChange], most_moved: float) -> bool:
    """Whether the run only brings voices into themes that are there, and moves few of those that had one."""
    return run.moved_share <= most_moved and not any(change.kind in GREAT for change in changes)


def takes_effect(rule: RunPolicy, run: Run, changes: list[RunChange]) -> bool:
    """Whether the run takes effect by itself. Names that it would change wait for a person in a small run."""
    if run.at_once or rule.approval is Approval.ALWAYS or not changes:
        return True
    if rule.approval is Approval.BY_HAND or not is_small(run, changes, rule.most_moved):
        return False
    for change in changes:
        if change.kind is ChangeKind.RENAMED:
            change.choice = Choice.WAITING
    return True
