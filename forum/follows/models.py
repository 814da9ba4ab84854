"""Following: who is told about a post."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, Index, SQLModel

from cocreate.core import clock


class Subscription(SQLModel, table=True):
    """A member follows a post. After a merge they follow the post that it leads to, as with votes."""

    __table_args__ = (Index("ix_subscription_root_id", "root_id", "member_id"),)

    member_id: int = Field(foreign_key="member.id", primary_key=True)
    post_id: int = Field(foreign_key="post.id", primary_key=True, index=True)
    created_at: datetime = Field(default_factory=clock.now)
    root_id: int | None = Field(default=None, foreign_key="post.id")
    """The post whose news they hear; None while they have stopped following a merged group."""
    withheld_by: int | None = Field(default=None, foreign_key="post.id")
    """Where they stopped following a merged group."""

    def __init__(self, **values: Any) -> None:
        values.setdefault("root_id", values.get("post_id"))
        super().__init__(**values)
