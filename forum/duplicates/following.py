"""What merges done or taken back elsewhere mean for suggestions. All listeners are safe to run twice."""

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.db import insert_once
from forum.duplicates import outcome, store
from forum.duplicates.models import MergeSuggestion, State
from forum.events import PostsMerged, PostUnmerged
from forum.merging.models import Merge
from forum.merging.queries import heads_of


def follow_merge(session: Session, event: PostsMerged) -> None:
    """Suggestions for a post that was merged are now about the head of its group."""
    rows = store.touching(session, [event.source_id], State.OPEN)
    heads = heads_of(session, {post_id for row in rows for post_id in row.pair})
    if heads.get(event.source_id, event.source_id) == event.source_id:
        return  # taken back meanwhile
    answered: list[int] = []
    for row in rows:
        low, high = sorted((heads[row.low_id], heads[row.high_id]))
        if low == high:
            answered.append(row.id or 0)
        else:
            _move(session, row, low, high)
    _accept(session, answered, event.merge_id)


def _move(session: Session, row: MergeSuggestion, low: int, high: int) -> None:
    """The same question about another pair; whoever reported it is told the outcome of that one."""
    store.set_stale(session, [row.id or 0])
    values = row.model_dump(exclude={"id", "low_id", "high_id", "decided_by_id", "decided_at", "decision_id"})
    moved = MergeSuggestion(**{**values, "state": State.OPEN, "scored_at": clock.now()}, low_id=low, high_id=high)
    insert_once(session, moved)
    known = session.exec(
        select(MergeSuggestion).where(MergeSuggestion.low_id == low, MergeSuggestion.high_id == high)
    ).one()
    if known.state == State.STALE:
        session.connection().execute(
            sa.update(MergeSuggestion).where(col(MergeSuggestion.id) == known.id).values(state=State.OPEN)
        )
    outcome.move_reports(session, row.id or 0, known.id or 0)
    if known.state in (State.ACCEPTED, State.REJECTED):
        outcome.tell_later(session, [known.id or 0])


def _accept(session: Session, ids: list[int], merge_id: int) -> None:
    """Somebody merged the two on their pages: that answers the suggestion as well."""
    if not ids:
        return
    merge = session.get(Merge, merge_id)
    session.connection().execute(
        sa.update(MergeSuggestion)
        .where(col(MergeSuggestion.id).in_(ids), col(MergeSuggestion.state) == State.OPEN)
        .values(state=State.ACCEPTED, decided_at=clock.now(), decided_by_id=merge.by_id if merge else None)
    )
    outcome.tell_later(session, ids)


def follow_undo(session: Session, event: PostUnmerged) -> None:
    """A merge that was taken back outside of the queue: the two are not the same, and are not suggested again."""
    rows = store.touching(session, [event.source_id], State.ACCEPTED)
    heads = heads_of(session, {post_id for row in rows for post_id in row.pair})
    apart = [row.id or 0 for row in rows if heads[row.low_id] != heads[row.high_id]]
    if not apart:
        return
    merge = session.get(Merge, event.merge_id)
    session.connection().execute(
        sa.update(MergeSuggestion)
        .where(col(MergeSuggestion.id).in_(apart), col(MergeSuggestion.state) == State.ACCEPTED)
        .values(
            state=State.REJECTED,
            decided_at=clock.now(),
            decided_by_id=merge.undone_by_id if merge else None,
            decision_id=None,
        )
    )
