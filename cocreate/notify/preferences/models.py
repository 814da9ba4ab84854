"""How a member wants to be told: per kind of message, at which hours, how often at most, and about what not at all."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import text_enum
from cocreate.notify.groups import Mode


class MessageChoice(SQLModel, table=True):
    """A member's wish for one group of messages; without a row the group's own default holds."""

    __tablename__ = "message_choice"

    member_id: int = Field(foreign_key="member.id", primary_key=True)
    group: str = Field(primary_key=True, max_length=24)
    mode: Mode = Field(sa_type=text_enum(Mode))
    unsubscribed: bool = False
    """Chosen by the link in a mail."""
    at: datetime = Field(default_factory=clock.now)


class MessageHours(SQLModel, table=True):
    """A member's quiet hours, by their own clock, and the most mails that a day may bring."""

    __tablename__ = "message_hours"

    member_id: int = Field(foreign_key="member.id", primary_key=True)
    quiet_from: int = 22
    quiet_to: int = 8
    """Equal to `quiet_from`: no quiet hours."""
    cap: int = 6


class MutedTopic(SQLModel, table=True):
    """A member does not want to hear of one thing any more, such as "post:12"."""

    __tablename__ = "muted_topic"
    __table_args__ = (sa.UniqueConstraint("member_id", "topic"),)

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="member.id")
    topic: str = Field(max_length=60)
    at: datetime = Field(default_factory=clock.now)
