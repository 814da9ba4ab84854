"""What a member keeps of searching: the last words looked for, searches under a name, whether to remember at all."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock


class RecentSearch(SQLModel, table=True):
    """Words a member looked for; at most the last twenty are kept, and none for guests."""

    __tablename__ = "search_recent"
    __table_args__ = (sa.UniqueConstraint("member_id", "folded"), sa.Index("ix_search_recent_at", "at"))

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="member.id")
    folded: str = Field(max_length=120)
    """The words in one spelling, so that 座椅通風 and 座椅通风 are one line."""
    text: str = Field(max_length=120)
    found: int = 0
    """How many public rows answered; none for staff, whose searches also see what others must not guess."""
    at: datetime = Field(default_factory=clock.now)


class SavedSearch(SQLModel, table=True):
    """A search with its filters, under a name of its member's."""

    __tablename__ = "search_saved"
    __table_args__ = (sa.UniqueConstraint("member_id", "query"),)

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="member.id")
    name: str = Field(max_length=60)
    query: str = Field(max_length=1000)
    """The address behind `/search?`, in one order of its parts."""
    created_at: datetime = Field(default_factory=clock.now)
    removed_at: datetime | None = None
    """Kept for a day after it was removed, so that this can be taken back."""


class SearchHabit(SQLModel, table=True):
    """A member who does not want searches to be remembered."""

    __tablename__ = "search_habit"

    member_id: int = Field(foreign_key="member.id", primary_key=True)
    remember: bool = True
