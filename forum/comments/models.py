"""Comments on posts, with one level of replies."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock


class Comment(SQLModel, table=True):
    """What somebody answered. Never deleted: the text is blanked, so replies keep their place."""

    __table_args__ = (sa.Index("ix_comment_thread", "post_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id")
    parent_id: int | None = Field(default=None, foreign_key="comment.id", index=True)
    """The comment it replies to; that one has no parent itself."""
    author_id: int = Field(foreign_key="member.id", index=True)
    body: str
    created_at: datetime = Field(default_factory=clock.now)
    edited_at: datetime | None = None
    hidden_at: datetime | None = None
    deleted_at: datetime | None = None
    useful_at: datetime | None = None
    """When staff said that it helped: whoever wrote it shares in what becomes of the post."""
    useful_by: int | None = Field(default=None, foreign_key="member.id")
