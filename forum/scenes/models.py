"""Scenes: the same wish in another owner's words, kept as evidence under the post that said it first."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock


class Scene(SQLModel, table=True):
    """Where and when somebody meets what a post describes. Never deleted: the text is blanked."""

    __table_args__ = (sa.Index("ix_scene_post", "post_id", "id"), sa.Index("ix_scene_member", "member_id", "id"))

    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id")
    member_id: int = Field(foreign_key="member.id")
    body: str
    vehicle_id: int | None = Field(default=None, foreign_key="vehicle.id")
    model: str = Field(default="", max_length=60)
    model_year: int | None = None
    voted: bool = False
    """Whether adding it gave the member's vote, so that taking it back at once takes that back as well."""
    followed: bool = False
    """The same for following the post."""
    created_at: datetime = Field(default_factory=clock.now)
    edited_at: datetime | None = None
    hidden_at: datetime | None = None
    deleted_at: datetime | None = None
