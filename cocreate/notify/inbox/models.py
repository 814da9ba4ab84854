"""What the site has to say to its members, each with the reason why they get it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock, tables  # noqa: F401 (the naming convention comes before the first table)


class InboxMessage(SQLModel, table=True):
    """One message to one member. `key` says what it is about, so that nobody is told the same thing twice."""

    __tablename__ = "inbox_message"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "key"),
        sa.Index(
            "ix_inbox_message_unread", "member_id",
            sqlite_where=sa.text("read_at IS NULL"), postgresql_where=sa.text("read_at IS NULL"),
        ),
        sa.Index("ix_inbox_message_member_id_id", "member_id", "id"),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="member.id")
    key: str = Field(max_length=200)
    notice: str = Field(max_length=80)
    """Name of the wording, declared in some module's `notices`."""
    params: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    url: str = Field(max_length=400)
    topic: str = Field(default="", max_length=60)
    """What it is about, for muting: "post:12", "item:3"."""
    own: bool = False
    """About the reader's own words."""
    created_at: datetime = Field(default_factory=clock.now)
    read_at: datetime | None = None
