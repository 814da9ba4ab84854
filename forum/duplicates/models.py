"""Suggestions that two posts are one wish, who made them, and what staff decided."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import text_enum


class Origin(StrEnum):
    MACHINE = "machine"
    OWNER = "owner"


class State(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    STALE = "stale"
    """No longer asked: a post was edited, or both are one already by another way."""


class DuplicateDecision(SQLModel, table=True):
    """What somebody decided at one stroke, so that it is taken back at one stroke."""

    __tablename__ = "duplicate_decision"

    id: int | None = Field(default=None, primary_key=True)
    by_id: int | None = Field(default=None, foreign_key="member.id", index=True)
    state: State = Field(sa_type=text_enum(State))
    kept_id: int | None = Field(default=None, foreign_key="post.id")
    """The post that stayed, of a merge."""
    merge_ids: list[int] = Field(sa_type=sa.JSON, default_factory=list)
    at: datetime = Field(default_factory=clock.now)
    undone_at: datetime | None = None


class MergeSuggestion(SQLModel, table=True):
    """Two posts that may be one wish; a pair stands here once, whoever found it."""

    __tablename__ = "merge_suggestion"
    __table_args__ = (
        sa.UniqueConstraint("low_id", "high_id"),
        sa.CheckConstraint("low_id < high_id", name="ordered"),
        sa.Index("ix_merge_suggestion_queue", "state", "origin", "score", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    low_id: int = Field(foreign_key="post.id")
    high_id: int = Field(foreign_key="post.id", index=True)
    score: float = 0.0
    """0 to 1, see `forum.duplicates.scoring`; 0 for a pair that owners alone find alike."""
    words: list[str] = Field(sa_type=sa.JSON, default_factory=list)
    """What both say, the most telling first, folded."""
    doubts: list[str] = Field(sa_type=sa.JSON, default_factory=list)
    origin: Origin = Field(default=Origin.MACHINE, sa_type=text_enum(Origin))
    """Owner as soon as one has said so."""
    state: State = Field(default=State.OPEN, sa_type=text_enum(State))
    decided_by_id: int | None = Field(default=None, foreign_key="member.id")
    decided_at: datetime | None = None
    decision_id: int | None = Field(default=None, foreign_key="duplicate_decision.id", index=True)
    created_at: datetime = Field(default_factory=clock.now)
    scored_at: datetime = Field(default_factory=clock.now)

    @property
    def pair(self) -> tuple[int, int]:
        return self.low_id, self.high_id


class MergeReport(SQLModel, table=True):
    """An owner said "this is the same as …"."""

    __tablename__ = "merge_report"

    suggestion_id: int = Field(foreign_key="merge_suggestion.id", primary_key=True)
    member_id: int = Field(foreign_key="member.id", primary_key=True)
    from_id: int = Field(foreign_key="post.id")
    """The page on which it was said: the outcome is told there."""
    at: datetime = Field(default_factory=clock.now)


class DuplicateRun(SQLModel, table=True):
    """One look through all posts. A run that was interrupted goes on behind `last_id`."""

    __tablename__ = "duplicate_run"

    id: int | None = Field(default=None, primary_key=True)
    by_id: int | None = Field(default=None, foreign_key="member.id")
    """None: by the clock."""
    started_at: datetime = Field(default_factory=clock.now)
    finished_at: datetime | None = Field(default=None, index=True)
    posts: int = 0
    done: int = 0
    last_id: int = 0
    found: int = 0
    """Suggestions that were not there before."""
    weights: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    """Posts read, and in how many of them each word occurs: a new post is compared with these."""

    @property
    def percent(self) -> int:
        return min(100, round(100 * self.done / self.posts)) if self.posts else 0
