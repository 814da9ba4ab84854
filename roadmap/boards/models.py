"""Boards of the roadmap and their columns: which items stand where, under which words, and who may see them."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import text_enum
from roadmap.items.models import ItemStatus


class Audience(StrEnum):
    """Who may see a board, and what stands on such boards alone."""

    PUBLIC = "public"
    VERIFIED = "verified"
    COHORT = "cohort"
    STAFF = "staff"


class Tone(StrEnum):
    """The colour and shape of a column's pill: one of the five hues that stand for status alone, or none."""

    REVIEWING = "reviewing"
    PLANNED = "planned"
    STARTED = "started"
    SHIPPED = "shipped"
    DECLINED = "declined"
    PLAIN = "open"


class RoadmapBoard(SQLModel, table=True):
    """A view of the roadmap for one audience."""

    __tablename__ = "roadmap_board"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=60)
    audience: Audience = Field(default=Audience.PUBLIC, sa_type=text_enum(Audience))
    lines: list[int] = Field(sa_type=sa.JSON, default_factory=list)
    """Product lines whose items for everybody it shows besides those that were put on it."""
    position: int = 0
    closed_at: datetime | None = None
    """A closed board is shown to nobody; what stands on it alone keeps its audience."""
    created_at: datetime = Field(default_factory=clock.now)


class BoardReader(SQLModel, table=True):
    """A member of a board's cohort."""

    __tablename__ = "roadmap_board_reader"

    board_id: int = Field(foreign_key="roadmap_board.id", primary_key=True)
    member_id: int = Field(foreign_key="member.id", primary_key=True, index=True)


class ItemBoard(SQLModel, table=True):
    """An item that was put on a board."""

    __tablename__ = "roadmap_item_board"

    item_id: int = Field(foreign_key="roadmap_item.id", primary_key=True)
    board_id: int = Field(foreign_key="roadmap_board.id", primary_key=True, index=True)


class BoardColumn(SQLModel, table=True):
    """A status in the brand's own words. Its kind is fixed: what follows from a stage never depends on a name."""

    __tablename__ = "roadmap_column"

    id: int | None = Field(default=None, primary_key=True)
    kind: ItemStatus = Field(sa_type=text_enum(ItemStatus))
    name: str = Field(max_length=40)
    name_en: str = Field(default="", max_length=40)
    tone: Tone = Field(default=Tone.PLAIN, sa_type=text_enum(Tone))
    position: int = 0
    hidden: bool = False
    """Not drawn for owners; its items stay reachable."""
