"""The leadership's queue: five themes a week, frozen when it begins, and the answers that leaders gave."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock


class LeadershipWeek(SQLModel, table=True):
    """A week whose themes were chosen; the row lets one of several workers choose them."""

    __tablename__ = "leadership_week"

    monday: date = Field(primary_key=True)
    frozen_at: datetime = Field(default_factory=clock.now)


class WeekTheme(SQLModel, table=True):
    """One of a week's five, with its figures as they were when the week began."""

    __tablename__ = "leadership_theme"
    __table_args__ = (sa.UniqueConstraint("monday", "place"),)

    monday: date = Field(primary_key=True)
    theme_id: int = Field(foreign_key="theme.id", primary_key=True)
    place: int
    score: float
    people: int
    voices: int


class LeaderAnswer(SQLModel, table=True):
    """A leader answered one of a week's themes; one answer each, whoever presses at once."""

    __tablename__ = "leader_answer"

    monday: date = Field(primary_key=True)
    theme_id: int = Field(foreign_key="theme.id", primary_key=True)
    answer_id: int | None = Field(default=None, foreign_key="theme_answer.id", unique=True)
    """None until the words are written, in the same transaction."""
    by_id: int = Field(foreign_key="member.id")
    at: datetime = Field(default_factory=clock.now)
    told_at: datetime | None = None
    """When everybody behind the theme had been told."""
    told: int = 0
