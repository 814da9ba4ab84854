"""Reading boards."""

from dataclasses import dataclass

from sqlmodel import Session, col

from cocreate.core.tables import columns
from forum.boards.models import Board


@dataclass(frozen=True)
class BoardRef:
    """One product line, as lists and selects need it."""

    id: int
    key: str
    name: str
    description: str = ""


def boards(session: Session) -> list[BoardRef]:
    """All boards in their order."""
    statement = columns(Board.id, Board.key, Board.name, Board.description).order_by(col(Board.position), col(Board.id))
    return [BoardRef(*row) for row in session.exec(statement)]
