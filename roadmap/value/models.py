"""What listening to owners was worth in one month, as it was counted."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock


class ValueMonth(SQLModel, table=True):
    """The figures of one month. A month that is over is counted a last time and then stays."""

    __tablename__ = "value_month"

    month: str = Field(primary_key=True, max_length=7)
    """2026-10, in the site's time zone."""
    figures: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    counted_at: datetime = Field(default_factory=clock.now)
    final: bool = False
