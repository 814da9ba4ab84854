"""The thanks for an item that shipped, as it was shared out."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock


class ItemCredit(SQLModel, table=True):
    """One award for one time that an item shipped. `change_id` is the step by which it did: an item that moves back
    and ships again is thanked for anew, and what the first time had brought is taken back."""

    __tablename__ = "item_credit"
    __table_args__ = (sa.UniqueConstraint("item_id", "change_id"),)

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="roadmap_item.id")
    change_id: int = Field(foreign_key="item_change.id")
    amount: int
    shares: list[tuple[int, int]] = Field(sa_type=sa.JSON, default_factory=list)
    """Member and points; together they are the amount."""
    first: int = 0
    others: int = 0
    helpers: int = 0
    """Points of each of the three parts, and of how many people the last two are shared."""
    other_people: int = 0
    helping_people: int = 0
    at: datetime = Field(default_factory=clock.now)
    paid_at: datetime | None = None
    taken_back_at: datetime | None = None

    @property
    def key(self) -> str:
        """Under which the ledger keeps it."""
        return f"item:{self.item_id}:shipped:{self.change_id}"
