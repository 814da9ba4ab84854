"""What a brand thinks matters, as it stood at any time, and the counting that follows a change of it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import APPEND_ONLY


class ScoreWeights(SQLModel, table=True):
    """One wording of the weights; the newest holds. Only grows, so that every score of the past can be explained."""

    __tablename__ = "score_weights"
    __table_args__ = (APPEND_ONLY,)

    id: int | None = Field(default=None, primary_key=True)
    formula: int
    data: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    """As `priority.weights.Weights` writes itself."""
    cause: str = Field(default="change", max_length=12)
    """change, reset or undo."""
    undoes_id: int | None = Field(default=None, foreign_key="score_weights.id")
    by_id: int | None = Field(default=None, foreign_key="member.id")
    at: datetime = Field(default_factory=clock.now)


class ScoreRecount(SQLModel, table=True):
    """Themes being counted anew by other weights."""

    __tablename__ = "score_recount"

    id: int | None = Field(default=None, primary_key=True)
    weights_id: int = Field(foreign_key="score_weights.id")
    step: str = Field(default="queued", max_length=12)
    """queued, words, themes or done."""
    done: int = 0
    total: int = 0
    begun_at: datetime = Field(default_factory=clock.now)
    finished_at: datetime | None = None
