"""Triage meetings: an agenda of themes walked one by one, and what was decided about each."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import text_enum
from cocreate.core.text_marks import N_


class Outcome(StrEnum):
    PURSUE = "pursue"
    CLARIFY = "clarify"
    LATER = "later"
    DECLINE = "decline"


OUTCOME_LABELS = {
    Outcome.PURSUE: N_("We pursue it"),
    Outcome.CLARIFY: N_("To be clarified"),
    Outcome.LATER: N_("Next time again"),
    Outcome.DECLINE: N_("We decline it"),
}


class Meeting(SQLModel, table=True):
    """A meeting over the themes that a view of the queue held when it began. It can be left until it ends."""

    __tablename__ = "triage_meeting"

    id: int | None = Field(default=None, primary_key=True)
    title: str = Field(max_length=80)
    attendees: list[str] = Field(sa_type=sa.JSON, default_factory=list)
    themes: list[int] = Field(sa_type=sa.JSON, default_factory=list)
    """The agenda, in the order of the queue."""
    by_id: int = Field(foreign_key="member.id")
    at: datetime = Field(default_factory=clock.now)
    ended_at: datetime | None = None


class Minute(SQLModel, table=True):
    """What the meeting decided about one theme. name: what the theme was called then."""

    __tablename__ = "triage_minute"

    meeting_id: int = Field(foreign_key="triage_meeting.id", primary_key=True)
    theme_id: int = Field(foreign_key="theme.id", primary_key=True, index=True)
    name: str = Field(max_length=80)
    outcome: Outcome = Field(sa_type=text_enum(Outcome))
    sentence: str = Field(max_length=500)
    member_id: int | None = Field(default=None, foreign_key="member.id")
    due_on: date | None = None
    decisions: list[int] = Field(sa_type=sa.JSON, default_factory=list)
    """The decisions on the theme that it brought about, for taking them back when it is decided otherwise."""
    by_id: int = Field(foreign_key="member.id")
    at: datetime = Field(default_factory=clock.now)
