"""What the brand has promised in public, and everything that ever happened to each promise."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import APPEND_ONLY, text_enum


class PromiseKind(StrEnum):
    """What a promise is about: the date of an item or of a release, a service, or words spoken on air."""

    ITEM = "item"
    RELEASE = "release"
    SERVICE = "service"
    LIVE = "live"


class PromiseState(StrEnum):
    """LATE is written when a promise is kept after its day; one that still stands past its day is late by its date."""

    OPEN = "open"
    KEPT = "kept"
    LATE = "late"
    DROPPED = "dropped"


class Promise(SQLModel, table=True):
    """One public commitment as it stands now. Its history is `PromiseEvent`, which nobody can change."""

    __tablename__ = "promise"
    __table_args__ = (sa.Index("ix_promise_list", "state", "due_on", "id"), sa.Index("ix_promise_about", "about"))

    id: int | None = Field(default=None, primary_key=True)
    kind: PromiseKind = Field(sa_type=text_enum(PromiseKind))
    about: str | None = Field(default=None, max_length=40)
    """item:3, release:2 or topic:7; None for a promise of its own."""
    slot: str | None = Field(default=None, unique=True, max_length=40)
    """`about` while the date of an item or a release stands; unique, so there is one at a time."""
    wording: str = Field(max_length=300)
    """As it was said; it stays when the item is renamed."""
    models: list[str] = Field(sa_type=sa.JSON, default_factory=list)
    """Vehicle models that it is for; empty: all."""
    scope: str = Field(default="", max_length=200)
    """Limits in words, such as "cars ordered from March on"."""
    measure: str = Field(default="", max_length=300)
    """How anybody can tell whether it was kept."""
    starts_on: date | None = None
    """First day of a window, or the day from which a standing service holds."""
    due_on: date | None = None
    """Last day on which it is kept in time; None for a standing service."""
    first_due_on: date | None = None
    """The day that was said first."""
    moves: int = 0
    """How often the day was moved."""
    state: PromiseState = Field(default=PromiseState.OPEN, sa_type=text_enum(PromiseState))
    settled_on: date | None = None
    assignee_id: int | None = Field(default=None, foreign_key="member.id")
    external_id: str | None = Field(default=None, unique=True, max_length=120)
    import_id: int | None = Field(default=None, index=True)
    created_by: int | None = Field(default=None, foreign_key="member.id")
    created_at: datetime = Field(default_factory=clock.now)

    @property
    def standing(self) -> bool:
        return self.state == PromiseState.OPEN

    def overdue(self, today: date) -> bool:
        """Whether it still stands although its day has passed."""
        return self.standing and self.due_on is not None and self.due_on < today

    def shown_state(self, today: date) -> PromiseState:
        """What a page says today; no timer has to run first."""
        return PromiseState.LATE if self.overdue(today) else self.state


class PromiseAct(StrEnum):
    MADE = "made"
    MOVED = "moved"
    REWORDED = "reworded"
    MEASURED = "measured"
    LATE = "late"
    EXPLAINED = "explained"
    KEPT = "kept"
    DROPPED = "dropped"


class PromiseEvent(SQLModel, table=True):
    """One entry of a promise's history. Only grows: UPDATE and DELETE are refused by trigger."""

    __tablename__ = "promise_event"
    __table_args__ = (APPEND_ONLY,)

    id: int | None = Field(default=None, primary_key=True)
    promise_id: int = Field(foreign_key="promise.id", index=True)
    act: PromiseAct = Field(sa_type=text_enum(PromiseAct))
    key: str | None = Field(default=None, unique=True, max_length=80)
    """For acts that happen once, such as the passing of one day."""
    reason: str = Field(default="", max_length=1000)
    """Public, in the words of who acted."""
    before_on: date | None = None
    after_on: date | None = None
    data: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    """Wording before and after, or counts of a measurement."""
    by_id: int | None = Field(default=None, foreign_key="member.id")
    at: datetime = Field(default_factory=clock.now)
