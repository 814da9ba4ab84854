"""Deciding suggestions, taking a decision back, and owners who say that two posts are the same."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock
from cocreate.core.actor import Actor
from cocreate.core.db import insert_once
from cocreate.core.errors import Conflict, Invalid, NotFound
from cocreate.core.text_marks import N_
from forum.duplicates import outcome
from forum.duplicates.comparing import compare_groups
from forum.duplicates.models import DuplicateDecision, MergeReport, MergeSuggestion, Origin, State
from forum.duplicates.store import WORDS_KEPT
from forum.merging.models import Merge
from forum.merging.queries import heads_of
from forum.merging.service import merge_posts, undo_merge
from forum.posts.models import Post
from forum.posts.queries import get_post

MOST_AT_ONCE = 20


class DecidedAlready(Conflict):
    code = "suggestion_decided"
    message = N_("Somebody has decided this one already.")


class NotOfThePair(Invalid):
    code = "not_of_the_pair"
    message = N_("Choose one of the posts shown.")


class UndoneAlready(Conflict):
    code = "decision_undone"
    message = N_("This was taken back already.")


class SamePost(Invalid):
    code = "same_post"
    message = N_("This is the post itself. Choose another one.")


class OneAlready(Conflict):
    code = "one_already"
    message = N_("These two are one post already.")


class ReadersDiffer(Conflict):
    code = "readers_differ"
    message = N_("One of them is for staff alone, so they cannot become one.")


def get_suggestion(session: Session, suggestion_id: int) -> MergeSuggestion:
    row = session.get(MergeSuggestion, suggestion_id)
    if row is None:
        raise NotFound(f"suggestion {suggestion_id}")
    return row


def accept(session: Session, suggestion_id: int, *, keep_id: int, by: Actor) -> DuplicateDecision:
    """Merge the two posts; `keep_id` is the one that stays."""
    row = get_suggestion(session, suggestion_id)
    if keep_id not in row.pair:
        raise NotOfThePair(f"{keep_id} of {row.pair}")
    return _merge(session, row.pair, keep_id, [row], by=by)


def accept_group(session: Session, post_ids: Iterable[int], *, keep_id: int, by: Actor) -> DuplicateDecision:
    """Merge several posts into one of them at one stroke; suggestions between them are answered by it."""
    ids = sorted({*post_ids, keep_id})
    if len(ids) < 2 or len(ids) > MOST_AT_ONCE:
        raise NotOfThePair(f"{len(ids)} posts")
    side = (col(MergeSuggestion.low_id).in_(ids), col(MergeSuggestion.high_id).in_(ids))
    rows = list(session.exec(select(MergeSuggestion).where(*side, MergeSuggestion.state == State.OPEN)))
    if _apart(ids, rows):
        raise NotOfThePair(f"{ids} are not joined by open suggestions")
    return _merge(session, ids, keep_id, rows, by=by)


def reject(session: Session, suggestion_id: int, *, by: Actor) -> DuplicateDecision:
    """The two are not the same; this pair is not suggested again."""
    row = get_suggestion(session, suggestion_id)
    decision = _decide(session, [row], State.REJECTED, None, by=by)
    audit.record(session, by, "duplicates.reject", "post", row.low_id, other=row.high_id, score=row.score)
    return decision


def undo(session: Session, decision_id: int, *, by: Actor) -> DuplicateDecision:
    """Take a decision back: merges of it are undone and its suggestions are open again."""
    decision = session.get(DuplicateDecision, decision_id)
    if decision is None:
        raise NotFound(f"decision {decision_id}")
    taken: Any = session.connection().execute(
        sa.update(DuplicateDecision)
        .where(col(DuplicateDecision.id) == decision_id, col(DuplicateDecision.undone_at).is_(None))
        .values(undone_at=clock.now())
    )
    if taken.rowcount == 0:
        raise UndoneAlready(f"decision {decision_id}")
    session.connection().execute(
        sa.update(MergeSuggestion)
        .where(col(MergeSuggestion.decision_id) == decision_id)
        .values(state=State.OPEN, decided_at=None, decided_by_id=None, decision_id=None)
    )
    for merge_id in reversed(decision.merge_ids):
        # One of several may have been taken back on its own page.
        if session.exec(select(Merge.undone_at).where(Merge.id == merge_id)).one() is None:
            undo_merge(session, merge_id, by=by)
    audit.record(session, by, "duplicates.undo", "duplicate_decision", decision_id)
    session.refresh(decision)
    return decision


def report_same(session: Session, post: Post, other_id: int, *, by: Actor) -> MergeSuggestion:
    """An owner finds that two posts are the same: staff are asked. Saying it twice changes nothing.

    What staff have kept apart stays apart; the answer's state says so.
    """
    post_id = post.id or 0
    other = get_post(session, other_id, by)
    if other_id == post_id:
        raise SamePost(str(post_id))
    if post.visibility != other.visibility:
        raise ReadersDiffer(f"{post_id} and {other_id}")
    heads = heads_of(session, [post_id, other_id])
    low, high = sorted(heads.values())
    if low == high:
        raise OneAlready(f"{post_id} and {other_id}")
    found = compare_groups(session, low, high).likeness
    insert_once(
        session,
        MergeSuggestion(
            low_id=low, high_id=high, score=found.value, words=list(found.shared[:WORDS_KEPT]),
            doubts=list(found.doubts), origin=Origin.OWNER,
        ),
    )  # fmt: skip
    pair = (col(MergeSuggestion.low_id) == low, col(MergeSuggestion.high_id) == high)
    session.connection().execute(
        sa.update(MergeSuggestion)
        .where(*pair, col(MergeSuggestion.state).in_([State.OPEN, State.STALE]))
        .values(origin=Origin.OWNER, state=State.OPEN)
    )
    row = session.exec(select(MergeSuggestion).where(*pair).execution_options(populate_existing=True)).one()
    if insert_once(session, MergeReport(suggestion_id=row.id or 0, member_id=by.member_id, from_id=post_id)):
        audit.record(session, by, "duplicates.report", "post", post_id, other=other_id)
    return row


def _merge(
    session: Session, ids: Sequence[int], keep_id: int, rows: Sequence[MergeSuggestion], *, by: Actor
) -> DuplicateDecision:
    decision = _decide(session, rows, State.ACCEPTED, keep_id, by=by)
    merges = [merge_posts(session, post_id, keep_id, by=by) for post_id in ids if post_id != keep_id]
    decision.merge_ids = [merge.id or 0 for merge in merges]
    session.add(decision)
    session.flush()
    return decision


def _decide(
    session: Session, rows: Sequence[MergeSuggestion], state: State, kept_id: int | None, *, by: Actor
) -> DuplicateDecision:
    if not rows or any(row.state != State.OPEN for row in rows):
        raise DecidedAlready(", ".join(str(row.id) for row in rows))
    decision = DuplicateDecision(by_id=by.id, state=state, kept_id=kept_id)
    session.add(decision)
    session.flush()
    ids = [row.id or 0 for row in rows]
    claimed: Any = session.connection().execute(
        sa.update(MergeSuggestion)
        .where(col(MergeSuggestion.id).in_(ids), col(MergeSuggestion.state) == State.OPEN)
        .values(state=state, decided_at=decision.at, decided_by_id=by.id, decision_id=decision.id)
    )
    if claimed.rowcount != len(ids):
        raise DecidedAlready(f"{claimed.rowcount} of {ids}")
    outcome.tell_later(session, ids)
    for row in rows:
        session.expire(row)
    return decision


def _apart(ids: Sequence[int], rows: Sequence[MergeSuggestion]) -> bool:
    """Whether some of the posts are not joined to the others."""
    reached = {ids[0]}
    while grown := {post_id for row in rows if reached.intersection(row.pair) for post_id in row.pair} - reached:
        reached |= grown
    return bool(set(ids) - reached)
