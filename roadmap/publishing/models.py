"""Steps that wait to be told, and the batches in which they are published together."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import text_enum
from roadmap.items.models import ItemStage


class PreparedState(StrEnum):
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"
    PUBLISHED = "published"


class Publication(SQLModel, table=True):
    """Prepared steps that leave together, in one transaction."""

    id: int | None = Field(default=None, primary_key=True)
    created_by: int | None = Field(default=None, foreign_key="member.id")
    created_at: datetime = Field(default_factory=clock.now)
    approved_by: int | None = Field(default=None, foreign_key="member.id")
    approved_at: datetime | None = None
    approved_print: str = Field(default="", max_length=64)
    """Fingerprint of what the approver had before their eyes: whatever is changed later asks for a new approval."""
    published_by: int | None = Field(default=None, foreign_key="member.id")
    published_at: datetime | None = Field(default=None, index=True)
    dissolved_at: datetime | None = None
    people: int = 0
    """Members who were addressed."""


class PreparedChange(SQLModel, table=True):
    """One step of an item, written but not yet told. `slot` is 1 while it waits, so that one waits per item."""

    __tablename__ = "prepared_change"
    __table_args__ = (sa.UniqueConstraint("item_id", "slot"),)

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="roadmap_item.id", index=True)
    slot: int | None = 1
    state: PreparedState = Field(default=PreparedState.WAITING, sa_type=text_enum(PreparedState), index=True)
    stage: ItemStage = Field(sa_type=text_enum(ItemStage))
    sentence: str
    note: str = ""
    release_id: int | None = Field(default=None, foreign_key="roadmap_release.id")
    planned_from: date | None = None
    planned_to: date | None = None
    reason: str = ""
    """Why the window is another one than was said; asked for when it moves."""
    seen: int = 0
    """The item's newest change when this was written; a newer one makes it stale."""
    publication_id: int | None = Field(default=None, foreign_key="publication.id", index=True)
    change_id: int | None = Field(default=None, foreign_key="item_change.id")
    prepared_by: int | None = Field(default=None, foreign_key="member.id")
    prepared_at: datetime = Field(default_factory=clock.now)
    closed_at: datetime | None = None
