"""Who may see a board and what stands on it: the one rule that pages, slots, JSON and messages ask.

`RoadmapItem.public` is the answer for everybody and follows from here; search, statuses of posts and the guests' pages
ask for nothing else, so a board for some readers cannot leak through them.
"""

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.actor import GUEST, STAFF, Actor, Role
from cocreate.identity.members.models import MemberRole
from cocreate.identity.vehicles.models import Vehicle
from roadmap.boards.models import Audience, BoardReader, ItemBoard, RoadmapBoard
from roadmap.items.models import RoadmapItem

CHUNK = 5000
EDITORS = frozenset({Role.PM, Role.ADMIN})
"""Who writes the roadmap and reads all of it."""


def may_read(actor: Actor) -> Any:
    """SQL condition on RoadmapItem: the items that this reader may see."""
    if actor.can("roadmap.edit"):
        return sa.true()
    if not actor.signed_in:
        return col(RoadmapItem.public)
    on_mine = (
        sa.select(col(ItemBoard.item_id))
        .join(RoadmapBoard, col(RoadmapBoard.id) == ItemBoard.board_id)
        .where(col(ItemBoard.item_id) == RoadmapItem.id, may_open(actor))
    )
    return col(RoadmapItem.public) | (col(RoadmapItem.shown) & on_mine.exists())


def reader_of(actor: Actor) -> Actor:
    """Who reads the roadmap as JSON: a token that was not made for it reads what everybody may."""
    return actor if actor.signed_in and "roadmap:read" in (actor.scopes or ()) else GUEST


def may_follow(actor: Actor) -> Any:
    """SQL condition on RoadmapItem: what this reader is shown beside posts; drafts stay on the roadmap itself."""
    return col(RoadmapItem.shown) & may_read(actor)


def may_open(actor: Actor) -> Any:
    """SQL condition on RoadmapBoard: the boards that this reader belongs to."""
    if actor.can("roadmap.edit"):
        return sa.true()
    audience = col(RoadmapBoard.audience)
    if not actor.signed_in:
        return audience == Audience.PUBLIC
    verified = sa.select(col(Vehicle.id)).where(
        col(Vehicle.member_id) == actor.member_id,
        col(Vehicle.verified_at).is_not(None),
        col(Vehicle.removed_at).is_(None),
    )
    cohort = sa.select(col(BoardReader.board_id)).where(
        col(BoardReader.board_id) == RoadmapBoard.id, col(BoardReader.member_id) == actor.member_id
    )
    open_to = [
        audience == Audience.PUBLIC,
        (audience == Audience.VERIFIED) & verified.exists(),
        (audience == Audience.COHORT) & cohort.exists(),
    ]
    return sa.or_(*open_to, *([audience == Audience.STAFF] if actor.staff else []))


def stands_on(board: RoadmapBoard) -> Any:
    """SQL condition on RoadmapItem: what was put on the board, and what everybody may see of its product lines."""
    placed = sa.select(col(ItemBoard.item_id)).where(
        col(ItemBoard.item_id) == RoadmapItem.id, col(ItemBoard.board_id) == board.id
    )
    of_lines = col(RoadmapItem.public) & col(RoadmapItem.board_id).in_(board.lines)
    return placed.exists() | of_lines if board.lines else placed.exists()


def readers_among(session: Session, item: RoadmapItem, members: Collection[int]) -> set[int]:
    """Those of these members who may see the item, whoever they are: the rule for messages."""
    if item.public:
        return set(members)
    if not item.shown:
        return set()
    rows = session.exec(
        select(RoadmapBoard)
        .join(ItemBoard, col(ItemBoard.board_id) == RoadmapBoard.id)
        .where(col(ItemBoard.item_id) == item.id)
    ).all()
    kinds = {row.audience for row in rows}
    cohorts = [row.id or 0 for row in rows if row.audience == Audience.COHORT]
    roles = EDITORS | (STAFF if Audience.STAFF in kinds else frozenset())
    found: set[int] = set()
    for chunk in _chunks(sorted(members)):
        if Audience.VERIFIED in kinds:
            found |= set(
                session.exec(
                    select(Vehicle.member_id).where(
                        col(Vehicle.member_id).in_(chunk),
                        col(Vehicle.verified_at).is_not(None),
                        col(Vehicle.removed_at).is_(None),
                    )
                )
            )
        if cohorts:
            cohort = select(BoardReader.member_id).where(
                col(BoardReader.member_id).in_(chunk), col(BoardReader.board_id).in_(cohorts)
            )
            found |= set(session.exec(cohort))
        staff = select(MemberRole.member_id).where(
            col(MemberRole.member_id).in_(chunk), col(MemberRole.role).in_(roles)
        )
        found |= set(session.exec(staff))
    return found


def is_public(session: Session, item: RoadmapItem) -> bool:
    """Whether everybody may see the item: it is shown, and stands on no board or on one for everybody."""
    if not item.shown:
        return False
    boards = (
        select(RoadmapBoard.audience)
        .join(ItemBoard, col(ItemBoard.board_id) == RoadmapBoard.id)
        .where(col(ItemBoard.item_id) == item.id)
    )
    audiences = set(session.exec(boards))
    return not audiences or Audience.PUBLIC in audiences


def _chunks(ids: list[int]) -> Iterable[list[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
