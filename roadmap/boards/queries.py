"""Reading boards: those that a reader may open, and the board page's columns with their cards."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.actor import Actor, Rights
from cocreate.core.errors import NotFound
from cocreate.core.statements import prepared
from cocreate.core.tables import columns
from roadmap.boards.audience import may_open
from roadmap.boards.columns import Column, column_of
from roadmap.boards.models import BoardColumn, ItemBoard, RoadmapBoard
from roadmap.items.models import RoadmapItem
from roadmap.items.queries import ItemCard


@dataclass(frozen=True)
class Lane:
    """A column with the cards that stand in it, in their order."""

    column: Column
    cards: list[ItemCard] = field(default_factory=list)


def open_boards(session: Session, actor: Actor) -> list[RoadmapBoard]:
    """Boards that this reader may open, in their order; closed ones are nobody's."""
    return list(_open_boards(session, actor.rights, reader=actor.id))


@prepared
def _open_boards(rights: Rights, /, *, reader: int | None) -> Any:
    return (
        select(RoadmapBoard)
        .where(may_open(rights.held_by(reader)), col(RoadmapBoard.closed_at).is_(None))
        .order_by(col(RoadmapBoard.position), col(RoadmapBoard.id))
    )


def get_board(session: Session, board_id: int, actor: Actor, *, closed: bool = False) -> RoadmapBoard:
    """The board; NotFound when there is none, or none for this reader. closed: one that was closed will do."""
    statement = select(RoadmapBoard).where(RoadmapBoard.id == board_id, may_open(actor))
    board = session.exec(statement).one_or_none()
    if board is None or (board.closed_at is not None and not closed):
        raise NotFound(f"board {board_id}")
    return board


def all_boards(session: Session) -> list[RoadmapBoard]:
    """Every board, open ones first; for who arranges them."""
    order = (col(RoadmapBoard.closed_at).is_not(None), col(RoadmapBoard.position), col(RoadmapBoard.id))
    return list(session.exec(select(RoadmapBoard).order_by(*order)))


def items_on(session: Session) -> dict[int, int]:
    """How many items were put on each board."""
    statement = columns(ItemBoard.board_id, sa.func.count()).group_by(col(ItemBoard.board_id))
    return dict(session.exec(statement).all())


def boards_of_item(session: Session, item_id: int, actor: Actor) -> list[RoadmapBoard]:
    """The boards that an item was put on, as far as this reader may open them."""
    return list(_boards_of(session, actor.rights, item_id=item_id, reader=actor.id))


@prepared
def _boards_of(rights: Rights, /, *, item_id: int, reader: int | None) -> Any:
    return (
        select(RoadmapBoard)
        .join(ItemBoard, col(ItemBoard.board_id) == RoadmapBoard.id)
        .where(ItemBoard.item_id == item_id, may_open(rights.held_by(reader)), col(RoadmapBoard.closed_at).is_(None))
        .order_by(col(RoadmapBoard.position), col(RoadmapBoard.id))
    )


def lanes(cards: Sequence[ItemCard], found: Sequence[Column], *, hidden: bool) -> list[Lane]:
    """The cards by column. hidden: columns that owners do not see are drawn too."""
    drawn = {id(column): Lane(column) for column in found}
    for card in cards:
        drawn[id(column_of(found, card.status, card.column_id))].cards.append(card)
    return [lane for lane in drawn.values() if hidden or not lane.column.hidden]


def column_rows(session: Session) -> list[BoardColumn]:
    """The stored columns in their order; none until somebody named one."""
    return list(session.exec(select(BoardColumn).order_by(col(BoardColumn.position), col(BoardColumn.id))))


def items_in_columns(session: Session) -> dict[int, int]:
    """How many items stand in each stored column by name."""
    statement = columns(RoadmapItem.column_id, sa.func.count()).where(col(RoadmapItem.column_id).is_not(None))
    return dict(session.exec(statement.group_by(col(RoadmapItem.column_id))).all())
