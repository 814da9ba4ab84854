"""The memory of new subjects: one that two runs in a row see, on different voices, has shown that it is there."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from feedback_cluster.changes.compare import likeness, sample
from feedback_cluster.changes.models import Choice, ThemeCandidate
from feedback_cluster.runs.models import Run

ALIKE = 0.5
"""Jaccard index from which two sets of posts are the same subject."""
ENOUGH = 2
"""Runs in a row that must see a subject before it becomes a theme by itself."""
REMEMBERED = 200


def note(
    session: Session, run: Run, label: str, post_ids: Sequence[int], parent_id: int | None
) -> tuple[ThemeCandidate, Choice]:
    """Remember that this run saw the subject; what to do with it when nobody says otherwise.

    The same posts grouped once more are no new evidence, and what a person rejected stays rejected.
    """
    members = sample(post_ids)
    known = _find(session, run, members)
    if known is None:
        known = ThemeCandidate(label=label, first_run_id=run.id or 0, last_run_id=run.id or 0)
    elif _fresh_evidence(session, run, known):
        known.seen += 1
    known.label, known.members, known.size = label, members, len(post_ids)
    known.parent_id, known.last_run_id = parent_id, run.id or 0
    session.add(known)
    session.flush()
    if known.rejected_at is not None:
        return known, Choice.REJECTED
    return known, Choice.OPEN if known.seen >= ENOUGH else Choice.WAITING


def _find(session: Session, run: Run, members: Sequence[int]) -> ThemeCandidate | None:
    """The most alike of those that the run before saw or that a person once rejected."""
    before = previous_run(session, run)
    rows = session.exec(
        select(ThemeCandidate)
        .where(
            col(ThemeCandidate.theme_id).is_(None),
            (col(ThemeCandidate.last_run_id) == (before.id if before else 0))
            | col(ThemeCandidate.rejected_at).is_not(None),
        )
        .order_by(col(ThemeCandidate.last_run_id).desc(), col(ThemeCandidate.id))
        .limit(REMEMBERED)
    ).all()
    alike = [(likeness(row.members, members), -(row.id or 0), row) for row in rows if row.last_run_id != run.id]
    best = max(alike, default=None, key=lambda one: one[:2])
    return best[2] if best is not None and best[0] >= ALIKE else None


def previous_run(session: Session, run: Run) -> Run | None:
    """The run before this one that came to something."""
    statement = (
        select(Run).where(col(Run.id) < run.id, col(Run.verdict).is_not(None)).order_by(col(Run.id).desc()).limit(1)
    )
    return session.exec(statement).first()


def _fresh_evidence(session: Session, run: Run, known: ThemeCandidate) -> bool:
    seen_in = session.get(Run, known.last_run_id)
    return seen_in is None or seen_in.fingerprint != run.fingerprint
