"""Livestream boards: a session with its scope, and the run-down of themes that the host works through."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import text_enum


class SessionState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class TopicState(StrEnum):
    QUEUED = "queued"
    NOW = "now"
    ANSWERED = "answered"


class LiveSession(SQLModel, table=True):
    """One livestream. The scope says whose voices fill the board."""

    __tablename__ = "live_session"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=6)
    title: str = Field(max_length=80)
    host_id: int | None = Field(default=None, foreign_key="member.id")
    state: SessionState = Field(default=SessionState.OPEN, sa_type=text_enum(SessionState))
    scope_board_id: int | None = Field(default=None, foreign_key="board.id")
    scope_model: str = Field(default="", max_length=60)
    scope_kind: str = Field(default="", max_length=24)
    scope_days: int | None = None
    starts_at: datetime = Field(default_factory=clock.now)
    created_at: datetime = Field(default_factory=clock.now)
    closed_at: datetime | None = None


class LiveTopic(SQLModel, table=True):
    """One theme in the run-down of a session."""

    __tablename__ = "live_topic"
    __table_args__ = (sa.UniqueConstraint("session_id", "theme_id"),)

    id: int | None = Field(default=None, primary_key=True)
    session_id: int = Field(foreign_key="live_session.id", index=True)
    theme_id: int = Field(foreign_key="theme.id", index=True)
    position: int = 0
    state: TopicState = Field(default=TopicState.QUEUED, sa_type=text_enum(TopicState))
    count: int = 0
    """Voices inside the session's scope when the topic was ranked."""
    now_since: datetime | None = None
    answered_at: datetime | None = None
    answer: str = ""
    answer_id: int | None = None
    """The draft answer that was written on the theme."""
