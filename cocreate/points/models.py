"""Points: a ledger that only grows, the balances and lots that follow from it, and what points are spent on."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import APPEND_ONLY, text_enum


class EntryKind(StrEnum):
    EARNED = "earned"
    GRANTED = "granted"
    REVERSED = "reversed"
    EXPIRED = "expired"
    SPENT = "spent"
    RETURNED = "returned"
    LEFT = "left"


class PointEntry(SQLModel, table=True):
    """One change of one member's balance. Holds numbers and names of rules, no personal text: nothing may be changed.

    `key` says what it is for, so that nothing is counted twice; entries of one award to several people share it.
    """

    __tablename__ = "point_entry"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "key"),
        sa.Index("ix_point_entry_cap", "member_id", "rule", "at"),
        sa.Index("ix_point_entry_key", "key"),
        APPEND_ONLY,
    )

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="member.id")
    kind: EntryKind = Field(sa_type=text_enum(EntryKind))
    rule: str = Field(max_length=80)
    amount: int
    wanted: int
    """What it would have been without a cap; more than `amount` where a cap cut it."""
    key: str = Field(max_length=160)
    about: str = Field(default="", max_length=80)
    """What it was for, such as post:12 or item:3."""
    why: str = Field(default="", max_length=120)
    """A msgid: why something was taken back."""
    balance: int
    """The balance afterwards."""
    reverses_id: int | None = Field(default=None, foreign_key="point_entry.id", unique=True)
    at: datetime = Field(default_factory=clock.now)
    expires_at: datetime | None = None


class PointAccount(SQLModel, table=True):
    """A member's balance: always the sum of their entries. Below zero when what was taken back had been spent."""

    __tablename__ = "point_account"

    member_id: int = Field(foreign_key="member.id", primary_key=True)
    balance: int = 0


class PointLot(SQLModel, table=True):
    """What is left of one award. A member's lots sum up to the balance, or to nothing while it is below zero."""

    __tablename__ = "point_lot"
    __table_args__ = (
        sa.Index("ix_point_lot_member_id", "member_id", "expires_at"),
        sa.Index(
            "ix_point_lot_due", "expires_at",
            sqlite_where=sa.text("remaining > 0"), postgresql_where=sa.text("remaining > 0"),
        ),
    )  # fmt: skip

    entry_id: int = Field(foreign_key="point_entry.id", primary_key=True)
    member_id: int = Field(foreign_key="member.id")
    remaining: int
    expired: int = 0
    expires_at: datetime | None = None


class PointUse(SQLModel, table=True):
    """From which lot a payment was taken, so that a cancelled one goes back to where it came from."""

    __tablename__ = "point_use"

    entry_id: int = Field(foreign_key="point_entry.id", primary_key=True)
    lot_id: int = Field(foreign_key="point_lot.entry_id", primary_key=True)
    amount: int


class RuleSetting(SQLModel, table=True):
    """A rule as staff have set it; rules without a row stand as they were declared."""

    __tablename__ = "point_rule"

    name: str = Field(primary_key=True, max_length=80)
    amount: int
    day_cap: int | None = None
    week_cap: int | None = None
    months: int | None = None
    active: bool = True
    edited_by: int | None = Field(default=None, foreign_key="member.id")
    edited_at: datetime = Field(default_factory=clock.now)


class GrantState(StrEnum):
    WAITING = "waiting"
    GIVEN = "given"
    DECLINED = "declined"
    TAKEN_BACK = "taken_back"


class PointGrant(SQLModel, table=True):
    """Points that staff give by hand, with the reason; many at once wait for a second person."""

    __tablename__ = "point_grant"

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    amount: int
    reason: str = Field(max_length=200)
    state: GrantState = Field(sa_type=text_enum(GrantState), index=True)
    by_id: int = Field(foreign_key="member.id")
    at: datetime = Field(default_factory=clock.now)
    decided_by: int | None = Field(default=None, foreign_key="member.id")
    decided_at: datetime | None = None


class Reward(SQLModel, table=True):
    """Something that points can be spent on."""

    __tablename__ = "reward"

    id: int | None = Field(default=None, primary_key=True)
    title: str = Field(max_length=80)
    about: str = Field(default="", max_length=400)
    cost: int
    stock: int | None = None
    """None: as many as are asked for."""
    active: bool = True
    created_at: datetime = Field(default_factory=clock.now)


class RedemptionState(StrEnum):
    OPEN = "open"
    HANDED_OUT = "handed_out"
    CANCELLED = "cancelled"


class Redemption(SQLModel, table=True):
    """One reward that a member has paid for. `title` and `cost` are what they agreed to."""

    __tablename__ = "redemption"

    id: int | None = Field(default=None, primary_key=True)
    reward_id: int = Field(foreign_key="reward.id", index=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    title: str = Field(max_length=80)
    cost: int
    code: str = Field(unique=True, max_length=12)
    """What the owner shows when it is handed over."""
    state: RedemptionState = Field(default=RedemptionState.OPEN, sa_type=text_enum(RedemptionState), index=True)
    at: datetime = Field(default_factory=clock.now)
    handled_by: int | None = Field(default=None, foreign_key="member.id")
    handled_at: datetime | None = None
