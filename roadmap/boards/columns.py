"""The columns of a board: statuses in the brand's own words, each of a fixed kind. Until somebody names them there are
five, one for each kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlmodel import Session, col, select

from cocreate.core.statements import prepared
from roadmap.boards.models import BoardColumn, Tone
from roadmap.items.models import ItemStatus
from roadmap.items.stages import STATUS_LABELS

TONES: Mapping[ItemStatus, Tone] = MappingProxyType(
    {
        ItemStatus.CONSIDERING: Tone.REVIEWING,
        ItemStatus.PLANNED: Tone.PLANNED,
        ItemStatus.STARTED: Tone.STARTED,
        ItemStatus.SHIPPED: Tone.SHIPPED,
        ItemStatus.DECLINED: Tone.DECLINED,
    }
)


@dataclass(frozen=True)
class Column:
    """One column. label: the brand's words in the reader's language, or a msgid where nothing was named. first: items
    of this kind that name no column stand here."""

    id: int | None
    kind: ItemStatus
    label: str
    tone: Tone
    hidden: bool = False
    first: bool = True

    @property
    def key(self) -> str:
        """The column in addresses: its kind, with its number where a kind has several."""
        return self.kind.value if self.first else f"{self.kind.value}-{self.id}"


def columns_of(session: Session, language: str) -> list[Column]:
    """All columns in their order."""
    return arrange(_columns(session).all(), language)


@prepared
def _columns() -> Any:
    return select(BoardColumn).order_by(col(BoardColumn.position), col(BoardColumn.id))


def arrange(rows: Sequence[BoardColumn], language: str) -> list[Column]:
    """The stored columns as pages draw them; a kind that has none gets its own word, in its usual place."""
    found: list[Column] = []
    known: set[ItemStatus] = set()
    for row in rows:
        label = (row.name_en or row.name) if language == "en" else row.name
        found.append(Column(row.id, row.kind, label, row.tone, row.hidden, row.kind not in known))
        known.add(row.kind)
    found += [Column(None, kind, STATUS_LABELS[kind], TONES[kind]) for kind in ItemStatus if kind not in known]
    return found


def column_of(columns: Sequence[Column], kind: ItemStatus, column_id: int | None) -> Column:
    """Where an item stands: its own column if that still is of its kind, else the first one of the kind."""
    own = [column for column in columns if column.kind == kind]
    return next((column for column in own if column.id == column_id and column_id is not None), own[0])


def status_words(columns: Sequence[Column]) -> dict[ItemStatus, str]:
    """What each kind is called where there is no room for columns."""
    return {kind: column_of(columns, kind, None).label for kind in ItemStatus}
