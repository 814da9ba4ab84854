"""Drafts: what a member has typed and not yet published. Nobody else reads, finds or groups them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock


class Draft(SQLModel, table=True):
    """One form as it was left: of a new post, or of an edit when `post_id` is given."""

    __table_args__ = (sa.UniqueConstraint("member_id", "key"), sa.Index("ix_draft_saved_at", "saved_at"))

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="member.id")
    key: str = Field(max_length=80)
    """Chosen by the form that made it: saving again under it changes this draft."""
    post_id: int | None = Field(default=None, foreign_key="post.id")
    fields: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    version: int = 1
    """Counts the savings, so that a second window notices that it is not alone."""
    tab: str = Field(default="", max_length=24)
    """The window that saved last, and its own count: of its savings under way at once the latest stands."""
    seq: int = 0
    saved_at: datetime = Field(default_factory=clock.now)
    discarded_at: datetime | None = None
    """Thrown away, but still to be brought back for an hour."""
