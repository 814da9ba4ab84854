"""What the triage workspace remembers: saved filters, whether its keys are on, and acts on many themes at once."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import text_enum
from cocreate.core.text_marks import N_


class SavedFilter(SQLModel, table=True):
    """A view of the queue under a name. The address stays the truth: `query` is what stands behind its "?"."""

    __tablename__ = "theme_filter"
    __table_args__ = (sa.UniqueConstraint("member_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="member.id")
    name: str = Field(max_length=40)
    query: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    shared: bool = False
    """Whether everybody of the brand sees it beside the queue."""
    created_at: datetime = Field(default_factory=clock.now)


class KeysOff(SQLModel, table=True):
    """This member wants no single-letter keys (WCAG 2.1.4)."""

    __tablename__ = "theme_keys_off"

    member_id: int = Field(foreign_key="member.id", primary_key=True)


class BulkAct(StrEnum):
    TRIAGE = "triage"
    REOPEN = "reopen"
    HIDE = "hide"
    ASSIGN = "assign"
    DEPARTMENT = "department"
    AREA = "area"
    DECLINE = "decline"


BULK_LABELS = {
    BulkAct.TRIAGE: N_("Triaged"),
    BulkAct.REOPEN: N_("Back to the queue"),
    BulkAct.HIDE: N_("Hidden"),
    BulkAct.ASSIGN: N_("Assigned"),
    BulkAct.DEPARTMENT: N_("Handed over"),
    BulkAct.AREA: N_("Put into an area"),
    BulkAct.DECLINE: N_("Declined"),
}


class BulkState(StrEnum):
    WORKING = "working"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


class Bulk(SQLModel, table=True):
    """One act on many themes, done in steps and taken back as one.

    themes: chosen when it was asked for, so that it is done to no theme that came later. place: how many of them the
    job, there or back, has behind it; changed: those that the act changed; kept: those that somebody decided anew
    about, which taking it back leaves alone.
    """

    __tablename__ = "theme_bulk"

    id: int | None = Field(default=None, primary_key=True)
    act: BulkAct = Field(sa_type=text_enum(BulkAct))
    state: BulkState = Field(default=BulkState.WORKING, sa_type=text_enum(BulkState))
    params: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    themes: list[int] = Field(sa_type=sa.JSON, default_factory=list)
    place: int = 0
    changed: int = 0
    kept: int = 0
    by_id: int = Field(foreign_key="member.id", index=True)
    at: datetime = Field(default_factory=clock.now)
    undone_at: datetime | None = None
