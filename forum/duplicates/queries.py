"""Reading suggestions: the queue, one pair side by side, posts that hang together, and how good past ones were."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.actor import Actor
from cocreate.core.tables import columns
from forum.duplicates.comparing import LEAST, UNSURE
from forum.duplicates.models import DuplicateDecision, MergeSuggestion, Origin, State
from forum.posts.models import Post

MOST_LISTED = 5_000
MOST_IN_GROUP = 12
BANDS = (0.95, 0.9, 0.85, 0.8, LEAST, UNSURE)
ENOUGH = 20
"""Decisions from which a share says something."""

_Low, _High = aliased(Post), aliased(Post)


@dataclass(frozen=True)
class Filters:
    """What the queue is narrowed to; all of it lives in the address."""

    least: float = LEAST
    board: int | None = None
    origin: Origin | None = None

    def query(self, **changes: Any) -> dict[str, Any]:
        """Parameters of the address, with changes; what is at its default is left out."""
        values = {**asdict(self), **changes}
        values["least"] = "" if values["least"] == LEAST else f"{values['least']:g}"
        return {key: str(value) for key, value in values.items() if value}


@dataclass(frozen=True)
class Place:
    """Where one stands in the queue. number: 1-based; before, after: neighbours in the queue."""

    id: int
    number: int
    total: int
    before: int | None
    after: int | None


@dataclass(frozen=True)
class Band:
    """Decided suggestions of the machine from `least` up to the next band."""

    least: float
    accepted: int
    decided: int

    @property
    def share(self) -> int | None:
        """Per cent that were accepted; None when too few were decided to say."""
        return round(100 * self.accepted / self.decided) if self.decided >= ENOUGH else None


def open_ids(session: Session, filters: Filters) -> list[int]:
    """The queue: what owners said first, then the most alike; of posts that both can still be merged."""
    statement = (
        columns(MergeSuggestion.id)
        .where(*_asked(filters))
        .order_by(
            sa.case((col(MergeSuggestion.origin) == Origin.OWNER, 0), else_=1),
            col(MergeSuggestion.score).desc(),
            col(MergeSuggestion.id),
        )
        .limit(MOST_LISTED)
    )
    return list(session.exec(_joined(statement)))


def place_of(ids: Sequence[int], at: int | None, number: int = 1) -> Place | None:
    """Where `at` stands in the queue; what stands at that number now when it is gone. None for an empty queue."""
    if not ids:
        return None
    index = ids.index(at) if at in ids else min(max(number, 1), len(ids)) - 1
    before = ids[index - 1] if index else None
    after = ids[index + 1] if index + 1 < len(ids) else None
    return Place(ids[index], index + 1, len(ids), before, after)


def group_around(session: Session, pair: tuple[int, int]) -> dict[int, bool]:
    """Further posts that hang together with this pair by open suggestions, at most MOST_IN_GROUP with the pair; for
    each whether it is suggested for one of the pair itself."""
    found = set(pair)
    direct: set[int] = set()
    pending = set(pair)
    while pending and len(found) < MOST_IN_GROUP:
        side = sa.or_(col(MergeSuggestion.low_id).in_(pending), col(MergeSuggestion.high_id).in_(pending))
        statement = columns(MergeSuggestion.low_id, MergeSuggestion.high_id).where(*_asked(Filters()), side)
        statement = statement.order_by(col(MergeSuggestion.score).desc(), col(MergeSuggestion.id))
        reached: list[int] = [
            post_id for row in session.exec(_joined(statement)) for post_id in row if post_id not in found
        ]
        pending = set(list(dict.fromkeys(reached))[: MOST_IN_GROUP - len(found)])
        direct = direct or set(pending)
        found |= pending
    return {post_id: post_id in direct for post_id in sorted(found.difference(pair))}


def bands(session: Session) -> list[Band]:
    """How many suggestions of the machine were accepted, by score; bands in which nothing was decided are left out."""
    statement = columns(MergeSuggestion.score, MergeSuggestion.state).where(
        col(MergeSuggestion.origin) == Origin.MACHINE,
        col(MergeSuggestion.state).in_([State.ACCEPTED, State.REJECTED]),
    )
    counted = {least: [0, 0] for least in BANDS}
    for score, state in session.exec(statement):
        least = next((least for least in BANDS if score >= least), BANDS[-1])
        counted[least][0] += state == State.ACCEPTED
        counted[least][1] += 1
    return [Band(least, accepted, decided) for least, (accepted, decided) in counted.items() if decided]


def decided_today(session: Session, actor: Actor, zone: Any) -> int:
    """How many decisions this person made since midnight."""
    midnight = clock.now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    statement = columns(sa.func.count()).where(
        DuplicateDecision.by_id == actor.id,
        col(DuplicateDecision.undone_at).is_(None),
        DuplicateDecision.at >= midnight,
    )
    return int(session.exec(statement).one())


def last_decision(session: Session, actor: Actor) -> DuplicateDecision | None:
    """What this person decided last and has not taken back."""
    statement = (
        select(DuplicateDecision)
        .where(DuplicateDecision.by_id == actor.id, col(DuplicateDecision.undone_at).is_(None))
        .order_by(col(DuplicateDecision.id).desc())
        .limit(1)
    )
    return session.exec(statement).first()


def _joined(statement: Any) -> Any:
    return statement.join(_Low, _Low.id == MergeSuggestion.low_id).join(_High, _High.id == MergeSuggestion.high_id)


def _asked(filters: Filters) -> list[Any]:
    # Both posts stand in lists, and the same people may read them: what changed since the last run is left out at once.
    conditions: list[Any] = [col(MergeSuggestion.state) == State.OPEN, _Low.visibility == _High.visibility]
    for post in (_Low, _High):
        conditions += [post.deleted_at.is_(None), post.hidden_at.is_(None), post.merged_into_id.is_(None)]  # type: ignore[union-attr]
    # What an owner said is asked whatever the words are like.
    by_owner = col(MergeSuggestion.origin) == Origin.OWNER
    conditions.append(sa.or_(by_owner, col(MergeSuggestion.score) >= filters.least))
    if filters.board is not None:
        conditions.append(sa.or_(_Low.board_id == filters.board, _High.board_id == filters.board))  # type: ignore[arg-type]
    if filters.origin is not None:
        conditions.append(by_owner if filters.origin == Origin.OWNER else sa.not_(by_owner))
    return conditions


def suggestions_of(session: Session, decision_id: int) -> list[int]:
    """The suggestions that a decision answered."""
    return list(session.exec(columns(MergeSuggestion.id).where(MergeSuggestion.decision_id == decision_id)))
