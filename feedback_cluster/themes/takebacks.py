"""What taking a decision back restores beyond the fields of its theme: notes, receipts, what owners were told."""

import sqlalchemy as sa
from sqlmodel import Session, col

from cocreate.core import clock, outbox
from cocreate.core.actor import Actor
from feedback_cluster.themes.models import DecisionKind, Decline, Handover, Theme, ThemeDecision, ThemeNote
from feedback_cluster.themes.receipts import settle_receipt
from forum import api as forum

CAUSE = "theme"
"""Kind of cause of the statuses that a declined theme gives its posts."""
TELL_TAKEN_BACK = "feedback_cluster.tell_taken_back"


def take_back(session: Session, decision: ThemeDecision, theme: Theme, *, by: Actor) -> None:
    """Undo what the decision did beside the theme's row; its fields are back already."""
    if decision.kind is DecisionKind.NOTE:
        _remove_note(session, decision.data["note"])
    elif decision.kind is DecisionKind.RECEIVE:
        _lose_receipt(session, decision.data["handover"])
        settle_receipt(session, theme)
    elif decision.kind in (DecisionKind.DEPARTMENT, DecisionKind.ASSIGN):
        settle_receipt(session, theme)
    elif decision.kind is DecisionKind.DECLINE:
        _lift(session, decision, by=by)


def _remove_note(session: Session, note_id: int) -> None:
    note = session.get_one(ThemeNote, note_id)
    note.removed_at = clock.now()
    session.add(note)
    session.flush()


def _lose_receipt(session: Session, handover_id: int) -> None:
    handover = session.get_one(Handover, handover_id)
    handover.received_at = handover.received_by_id = None
    session.add(handover)
    session.flush()


def _lift(session: Session, decision: ThemeDecision, *, by: Actor) -> None:
    """The posts return to where they stood, unless somebody has said otherwise about one since."""
    decline_id, before = decision.data["after"]["decline_id"], decision.data["statuses"]
    statement = (
        sa.update(Decline).where(col(Decline.id) == decline_id).values(taken_back_at=clock.now()).returning(
            col(Decline.told_at)
        )
    )  # fmt: skip
    told_at = session.connection().execute(statement).scalar_one()
    ids = [int(post_id) for post_id in before]
    ours = forum.status_before(session, ids, CAUSE)
    back: dict[str, list[int]] = {}
    for post_id in sorted(ours):
        back.setdefault(before[str(post_id)], []).append(post_id)
    for status, post_ids in sorted(back.items()):
        forum.set_status(session, post_ids, forum.PostStatus(status), cause=(CAUSE, decision.theme_id), by=by)
    forum.take_answer_back(session, ids, (CAUSE, decision.theme_id))
    if told_at is not None:
        outbox.enqueue(
            session, TELL_TAKEN_BACK, lane=outbox.MESSAGES, key=f"theme.taken_back:{decline_id}", decline_id=decline_id
        )
