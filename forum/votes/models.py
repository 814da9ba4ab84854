"""Votes: one per person and post."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from cocreate.core import clock


class Vote(SQLModel, table=True):
    """A member wants what a post asks for."""

    member_id: int = Field(foreign_key="member.id", primary_key=True)
    post_id: int = Field(foreign_key="post.id", primary_key=True, index=True)
    created_at: datetime = Field(default_factory=clock.now)
