"""Keeping suggestions: new pairs are added, known ones rescored, decided ones left alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.db import insert_many_once
from cocreate.core.tables import columns
from forum.duplicates.matching import Pair
from forum.duplicates.models import MergeSuggestion, Origin, State
from forum.merging.queries import heads_of

WORDS_KEPT = 12
CHUNK = 400


@dataclass(frozen=True)
class Found:
    """A pair of heads with what their most alike voices say."""

    low: int
    high: int
    score: float
    words: tuple[str, ...]
    doubts: tuple[str, ...]


def keep(session: Session, pairs: Sequence[Pair]) -> int:
    """Make these pairs suggestions of the groups that the posts belong to; how many were not known.

    A pair that was rejected stays rejected, also when it comes through a post that has been merged since.
    """
    found = _of_heads(session, pairs)
    if not found:
        return 0
    moment = clock.now()
    known = _known(session, found)
    fresh: list[MergeSuggestion] = []
    for pair, one in sorted(found.items()):  # in one order, so that two jobs do not wait for each other in a circle
        row = known.get(pair)
        if row is None:
            fresh.append(
                MergeSuggestion(
                    low_id=one.low, high_id=one.high, score=one.score, words=list(one.words), doubts=list(one.doubts),
                    created_at=moment, scored_at=moment,
                )
            )  # fmt: skip
        elif row.state in (State.OPEN, State.STALE):
            _rescore(session, row, one, moment)
    return insert_many_once(session, fresh)


def _of_heads(session: Session, pairs: Sequence[Pair]) -> dict[tuple[int, int], Found]:
    heads = heads_of(session, {post_id for pair in pairs for post_id in (pair.low, pair.high)})
    rejected = _rejected(session, {(pair.low, pair.high) for pair in pairs})
    found: dict[tuple[int, int], Found] = {}
    for pair in pairs:
        low, high = sorted((heads.get(pair.low, pair.low), heads.get(pair.high, pair.high)))
        if low == high or (pair.low, pair.high) in rejected:
            continue
        known, likeness = found.get((low, high)), pair.likeness
        if known is None or known.score < likeness.value:
            found[low, high] = Found(low, high, likeness.value, likeness.shared[:WORDS_KEPT], likeness.doubts)
    return found


def _rescore(session: Session, row: MergeSuggestion, one: Found, moment: datetime) -> None:
    changed = {
        "score": one.score, "words": list(one.words), "doubts": list(one.doubts), "scored_at": moment,
        "state": State.OPEN,
    }  # fmt: skip
    # A condition, since somebody may be deciding at this moment.
    session.connection().execute(
        sa.update(MergeSuggestion)
        .where(col(MergeSuggestion.id) == row.id, col(MergeSuggestion.state).in_([State.OPEN, State.STALE]))
        .values(**changed)
    )


def _known(session: Session, pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], MergeSuggestion]:
    wanted = sorted(set(pairs))
    found: dict[tuple[int, int], MergeSuggestion] = {}
    both: Any = sa.tuple_(col(MergeSuggestion.low_id), col(MergeSuggestion.high_id))
    for start in range(0, len(wanted), CHUNK):
        rows = session.exec(select(MergeSuggestion).where(both.in_(wanted[start : start + CHUNK])))
        found |= {row.pair: row for row in rows}
    return found


def _rejected(session: Session, pairs: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    wanted = sorted(set(pairs))
    found: set[tuple[int, int]] = set()
    both: Any = sa.tuple_(col(MergeSuggestion.low_id), col(MergeSuggestion.high_id))
    for start in range(0, len(wanted), CHUNK):
        statement = columns(MergeSuggestion.low_id, MergeSuggestion.high_id).where(
            both.in_(wanted[start : start + CHUNK]), col(MergeSuggestion.state) == State.REJECTED
        )
        found.update((low, high) for low, high in session.exec(statement))
    return found


def touching(session: Session, post_ids: Iterable[int], state: State) -> list[MergeSuggestion]:
    """Suggestions in this state of which one side is among the posts, by id."""
    wanted = sorted(set(post_ids))
    found: dict[int, MergeSuggestion] = {}
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        side = sa.or_(col(MergeSuggestion.low_id).in_(chunk), col(MergeSuggestion.high_id).in_(chunk))
        rows = session.exec(select(MergeSuggestion).where(side, MergeSuggestion.state == state))
        found |= {row.id or 0: row for row in rows}
    return [found[key] for key in sorted(found)]


def set_stale(session: Session, ids: Iterable[int]) -> None:
    """These are no longer asked, unless somebody has decided them meanwhile."""
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), CHUNK):
        session.connection().execute(
            sa.update(MergeSuggestion)
            .where(
                col(MergeSuggestion.id).in_(wanted[start : start + CHUNK]),
                col(MergeSuggestion.state) == State.OPEN,
            )
            .values(state=State.STALE)
        )


def set_unseen_stale(session: Session, since: datetime) -> None:
    """Suggestions of the machine that a whole run has not found again are no longer asked."""
    session.connection().execute(
        sa.update(MergeSuggestion)
        .where(
            col(MergeSuggestion.state) == State.OPEN,
            col(MergeSuggestion.origin) == Origin.MACHINE,
            col(MergeSuggestion.scored_at) < since,
        )
        .values(state=State.STALE)
    )
