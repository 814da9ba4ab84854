"""Reading boards."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col

from cocreate.core.statements import prepared
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
    return [BoardRef(*row) for row in _boards(session)]


@prepared
def _boards() -> Any:
    return columns(Board.id, Board.key, Board.name, Board.description).order_by(col(Board.position), col(Board.id))
