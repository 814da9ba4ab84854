"""The delivery log: every message that was meant for somebody, by channel, with what became of it and why."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import APPEND_ONLY, text_enum


class Channel(StrEnum):
    """The way that a message takes."""

    INBOX = "inbox"
    MAIL = "mail"
    ROBOT = "robot"


class State(StrEnum):
    """Where a delivery stands. PLANNED waits until `due_at`, SENDING is in somebody's hands until `due_at`, FAILED is
    tried again then; SENT, SKIPPED and PARKED are final."""

    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    SKIPPED = "skipped"
    FAILED = "failed"
    PARKED = "parked"


OPEN = (State.PLANNED, State.SENDING, State.FAILED)
"""Something is still owed."""


class Reason(StrEnum):
    """Why a delivery was skipped, or why it waits."""

    NONE = ""
    LEFT = "left"
    SUSPENDED = "suspended"
    MUTED = "muted"
    OFF = "off"
    INBOX_ONLY = "inbox_only"
    UNSUBSCRIBED = "unsubscribed"
    NO_ADDRESS = "no_address"
    NOT_SET_UP = "not_set_up"
    PAUSED = "paused"
    GONE = "gone"
    QUIET = "quiet"
    DIGEST = "digest"
    CAP = "cap"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    AGAIN = "again"
    READ = "read"


_UNFINISHED = sa.text("ended_at IS NULL")
_OF_ROBOTS = sa.text("robot_id IS NOT NULL")


class Delivery(SQLModel, table=True):
    """One message to one receiver by one channel. Holds ids and facts: no address, and no words but a robot's."""

    __table_args__ = (
        sa.UniqueConstraint("member_id", "key", "channel"),
        sa.UniqueConstraint("robot_id", "key"),
        sa.Index("ix_delivery_due", "channel", "due_at", sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED),
        sa.Index("ix_delivery_topic_id", "topic", "id"),
        sa.Index("ix_delivery_state_id", "state", "id"),
        sa.Index("ix_delivery_robot", "id", sqlite_where=_OF_ROBOTS, postgresql_where=_OF_ROBOTS),
    )

    id: int | None = Field(default=None, primary_key=True)
    member_id: int | None = Field(default=None, foreign_key="member.id")
    robot_id: int | None = Field(default=None, foreign_key="robot.id")
    channel: Channel = Field(sa_type=text_enum(Channel))
    key: str = Field(max_length=200)
    notice: str = Field(max_length=80)
    topic: str = Field(default="", max_length=60)
    own: bool = False
    """About the receiver's own words: never held back for a digest or by the cap."""
    state: State = Field(sa_type=text_enum(State))
    reason: Reason = Field(default=Reason.NONE, sa_type=text_enum(Reason))
    bundle: str = Field(default="", max_length=8)
    """"daily" or "weekly": one mail takes all that is due of it; empty: a mail of its own."""
    due_at: datetime | None = None
    attempts: int = 0
    params: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    """A robot's words; a member's stand in the inbox."""
    url: str = Field(default="", max_length=400)
    created_at: datetime = Field(default_factory=clock.now, index=True)
    ended_at: datetime | None = None


class DeliveryStep(SQLModel, table=True):
    """What happened to a delivery after it was planned; these rows only grow."""

    __tablename__ = "delivery_step"
    __table_args__ = (APPEND_ONLY,)

    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int = Field(foreign_key="delivery.id", index=True)
    at: datetime = Field(default_factory=clock.now)
    state: State = Field(sa_type=text_enum(State))
    reason: Reason = Field(default=Reason.NONE, sa_type=text_enum(Reason))
    detail: str = Field(default="", max_length=200)
    """What the other side answered, without addresses."""
