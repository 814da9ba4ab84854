"""What the brand answers: roadmap items, the stages they went through, and the posts that stand behind them."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import APPEND_ONLY, text_enum


class ItemStatus(StrEnum):
    """The column of the public board; always follows from the stage."""

    CONSIDERING = "considering"
    PLANNED = "planned"
    STARTED = "started"
    SHIPPED = "shipped"
    DECLINED = "declined"


class ItemStage(StrEnum):
    """How far an item has come; the first eight are the owners' track."""

    RECEIVED = "received"
    STUDIED = "studied"
    DECIDED = "decided"
    BUILT = "built"
    PILOT = "pilot"
    ROLLING_OUT = "rolling_out"
    ARRIVED = "arrived"
    VERIFIED = "verified"
    DECLINED = "declined"


class RoadmapItem(SQLModel, table=True):
    """One thing that the brand may do for its owners."""

    __tablename__ = "roadmap_item"
    __table_args__ = (sa.Index("ix_roadmap_item_board", "status", "position", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    title: str = Field(max_length=120)
    what: str = ""
    why: str = ""
    stage: ItemStage = Field(default=ItemStage.RECEIVED, sa_type=text_enum(ItemStage))
    status: ItemStatus = Field(default=ItemStatus.CONSIDERING, sa_type=text_enum(ItemStatus))
    stage_at: datetime = Field(default_factory=clock.now)
    board_id: int | None = Field(default=None, foreign_key="board.id", index=True)
    release_id: int | None = Field(default=None, foreign_key="roadmap_release.id", index=True)
    column_id: int | None = Field(default=None, foreign_key="roadmap_column.id")
    """The brand's own column of this status; without one the first of its kind."""
    position: int = 0
    planned_from: date | None = None
    planned_to: date | None = None
    """The window in which it is meant to reach the cars; changed through the promise ledger alone."""
    shown: bool = True
    """Whether owners may see it at all; on boards for some of them, only these do."""
    public: bool = True
    """Whether everybody may see it: shown, and not on boards for some readers alone. Follows from `shown` and the
    boards, see `roadmap.boards.audience`; whoever asks only for this can never say too much."""
    people: int = 0
    """Distinct owners over all posts behind the item and their votes; kept by `links.service.sync_item`."""
    voices: int = 0
    labels: int = 0
    """Of `people`, those known only by a name in an imported source."""
    imported_votes: int = 0
    """Votes that came with imports, shown apart: nobody knows whose they are."""
    stale: bool = False
    """Somebody spoke or voted since `people` was counted; a job that clears it is on its way."""
    created_by: int | None = Field(default=None, foreign_key="member.id")
    created_at: datetime = Field(default_factory=clock.now)
    edited_at: datetime | None = None


class ItemChange(SQLModel, table=True):
    """One step of an item, as it was told to owners. `occurrence` counts how often the item reached this stage."""

    __tablename__ = "item_change"
    __table_args__ = (sa.UniqueConstraint("item_id", "stage", "occurrence"), APPEND_ONLY)

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="roadmap_item.id", index=True)
    stage: ItemStage = Field(sa_type=text_enum(ItemStage))
    occurrence: int = 1
    sentence: str
    note: str = ""
    """For colleagues only."""
    release_id: int | None = Field(default=None, foreign_key="roadmap_release.id")
    planned_from: date | None = None
    planned_to: date | None = None
    """The window as it was said with this step."""
    by_id: int | None = Field(default=None, foreign_key="member.id")
    at: datetime = Field(default_factory=clock.now)
