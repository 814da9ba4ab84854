"""Did it fix it? Rounds of one question to the owners of cars that have something now."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import text_enum


class Reply(StrEnum):
    YES = "yes"
    PARTLY = "partly"
    NO = "no"


class Outcome(StrEnum):
    SOLVED = "solved"
    REOPENED = "reopened"


class FollowUp(SQLModel, table=True):
    """One round: an item in one release, or in one arrival where no release brought it. It reopens the item at most
    once; numbers are those that held when it began."""

    __tablename__ = "follow_up"
    __table_args__ = (sa.UniqueConstraint("item_id", "occasion"),)

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="roadmap_item.id")
    occasion: str = Field(max_length=40)
    """release:5, or change:77 for the step by which it arrived."""
    release_id: int | None = Field(default=None, foreign_key="roadmap_release.id", index=True)
    days: int
    threshold: int
    least: int
    sample: int
    silent: int = 0
    """How many owners are asked who had said nothing; at most `sample`."""
    opened_at: datetime = Field(default_factory=clock.now)
    outcome: Outcome | None = Field(default=None, sa_type=text_enum(Outcome))
    outcome_at: datetime | None = None
    theme_id: int | None = Field(default=None, foreign_key="theme.id")
    """Made of the reasons why it did not."""


class FollowUpSetting(SQLModel, table=True):
    """What product managers set for one item; without a row the defaults of `rules` hold."""

    __tablename__ = "follow_up_setting"

    item_id: int = Field(foreign_key="roadmap_item.id", primary_key=True)
    days: int
    threshold: int
    least: int
    sample: int
    asks: bool = True


class FollowUpAsk(SQLModel, table=True):
    """One person who is asked, once, and what they answered. `why` is theirs: blanked when they leave."""

    __tablename__ = "follow_up_ask"
    __table_args__ = (
        sa.UniqueConstraint("round_id", "member_id"),
        sa.Index(
            "ix_follow_up_ask_due", "due_at",
            sqlite_where=sa.text("asked_at IS NULL"), postgresql_where=sa.text("asked_at IS NULL"),
        ),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    round_id: int = Field(foreign_key="follow_up.id")
    member_id: int = Field(foreign_key="member.id", index=True)
    vehicle_id: int | None = Field(default=None, foreign_key="vehicle.id")
    silent: bool = False
    """Has the car, and had not asked for it."""
    due_at: datetime
    asked_at: datetime | None = None
    reply: Reply | None = Field(default=None, sa_type=text_enum(Reply))
    why: str = Field(default="", max_length=500)
    replied_at: datetime | None = None
    post_id: int | None = Field(default=None, foreign_key="post.id")
    """The reason as a voice of its own, for colleagues alone, once the item was reopened."""
