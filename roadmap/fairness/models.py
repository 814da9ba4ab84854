"""Announcements about price, benefit or configuration: who gains, who does not, who approved it, what was answered."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import APPEND_ONLY, text_enum


class AnnouncementKind(StrEnum):
    PRICE = "price"
    BENEFIT = "benefit"
    CONFIGURATION = "configuration"


class AnnouncementState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Announcement(SQLModel, table=True):
    """One announcement. Once approved its words are sealed by `seal`; an edit opens it again."""

    __tablename__ = "announcement"
    __table_args__ = (sa.Index("ix_announcement_list", "state", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: AnnouncementKind = Field(sa_type=text_enum(AnnouncementKind))
    state: AnnouncementState = Field(default=AnnouncementState.DRAFT, sa_type=text_enum(AnnouncementState))
    title: str = Field(max_length=120)
    text: str = ""
    answer: str = ""
    """Prepared for those who gain nothing: why not, and what there is for them."""
    tell_others: bool = False
    """Whether neighbours who gain less get a message with the answer."""
    edited_by: int | None = Field(default=None, foreign_key="member.id")
    """Whoever wrote last; somebody else must approve."""
    edited_at: datetime = Field(default_factory=clock.now)
    edits: int = 0
    approved_by: int | None = Field(default=None, foreign_key="member.id")
    approved_at: datetime | None = None
    seal: str = Field(default="", max_length=64)
    """SHA-256 of the words and rules that were approved."""
    findings: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    """Who gained and who did not, as counted when it was published."""
    published_at: datetime | None = Field(default=None, index=True)
    withdrawn_at: datetime | None = None
    withdrawn_because: str = Field(default="", max_length=1000)
    created_by: int | None = Field(default=None, foreign_key="member.id")
    created_at: datetime = Field(default_factory=clock.now)


class AnnouncementGroup(SQLModel, table=True):
    """Cars that gain something. rule: see `roadmap.fairness.rules.Rule`."""

    __tablename__ = "announcement_group"

    id: int | None = Field(default=None, primary_key=True)
    announcement_id: int = Field(foreign_key="announcement.id", index=True)
    position: int = 0
    gain: str = Field(max_length=200)
    value: int = 0
    """What the gain is worth, in the site's currency; 0: not said."""
    rule: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)


class AnnouncementAct(StrEnum):
    WRITTEN = "written"
    EDITED = "edited"
    APPROVED = "approved"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class AnnouncementEvent(SQLModel, table=True):
    """Who did what with an announcement, and what the check said then. Only grows."""

    __tablename__ = "announcement_event"
    __table_args__ = (APPEND_ONLY,)

    id: int | None = Field(default=None, primary_key=True)
    announcement_id: int = Field(foreign_key="announcement.id", index=True)
    act: AnnouncementAct = Field(sa_type=text_enum(AnnouncementAct))
    by_id: int | None = Field(default=None, foreign_key="member.id")
    at: datetime = Field(default_factory=clock.now)
    seal: str = Field(default="", max_length=64)
    data: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    """Counts of the check; no words."""
