"""What was looked for and not found: the list from which a lexicon learns. Names nobody."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock


class SearchMiss(SQLModel, table=True):
    """A text that found nothing, in one spelling, with how often and when last; forgotten after ninety days."""

    __tablename__ = "search_miss"
    __table_args__ = (sa.Index("ix_search_miss_count", "count", "id"), sa.Index("ix_search_miss_last_at", "last_at"))

    id: int | None = Field(default=None, primary_key=True)
    text: str = Field(unique=True, max_length=80)
    count: int = 1
    alike: bool = False
    """Whether the last answer held at least rows that say about the same."""
    first_at: datetime = Field(default_factory=clock.now)
    last_at: datetime = Field(default_factory=clock.now)
    handled_at: datetime | None = None
    """When somebody of the staff dealt with it; a later miss of the same text opens it again."""
