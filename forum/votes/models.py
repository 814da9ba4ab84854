"""Votes: one per person and post."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, Index, SQLModel

from cocreate.core import clock


class Vote(SQLModel, table=True):
    """A member wants what a post asks for. Where it counts follows from merges, see `forum.merging.laws`."""

    __table_args__ = (Index("ix_vote_root_id", "root_id", "member_id"),)

    member_id: int = Field(foreign_key="member.id", primary_key=True)
    post_id: int = Field(foreign_key="post.id", primary_key=True, index=True)
    created_at: datetime = Field(default_factory=clock.now)
    root_id: int | None = Field(default=None, foreign_key="post.id")
    """The post at which it counts now: its own, or the one that was merged into; None while it is withheld."""
    withheld_by: int | None = Field(default=None, foreign_key="post.id")
    """Where its member took the vote of a merged group back; forgotten when they vote there again."""

    def __init__(self, **values: Any) -> None:
        values.setdefault("root_id", values.get("post_id"))
        super().__init__(**values)
