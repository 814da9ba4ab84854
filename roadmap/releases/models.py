"""What went to the cars: releases and their notes."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import APPEND_ONLY, text_enum
from cocreate.text.names import name_key


class NoteLabel(StrEnum):
    NEW = "new"
    BETTER = "better"
    FIXED = "fixed"


class ReleaseState(StrEnum):
    """Where a release stands; follows from its facts, see `state_of`."""

    DRAFT = "draft"
    PLANNED = "planned"
    ROLLING = "rolling"
    PAUSED = "paused"
    DONE = "done"
    ROLLED_BACK = "rolled_back"


class RolloutKind(StrEnum):
    """What one line of a roll-out's history says."""

    STEP = "step"
    PAUSED = "paused"
    RESUMED = "resumed"
    ROLLED_BACK = "rolled_back"
    WITHDRAWN = "withdrawn"
    """No longer shown as released: it was made private again, or given a day to come."""


class Release(SQLModel, table=True):
    """One version that goes to cars over the air, planned or released."""

    __tablename__ = "roadmap_release"

    id: int | None = Field(default=None, primary_key=True)
    version: str = Field(unique=True, max_length=40)
    title: str = Field(max_length=120)
    intro: str = ""
    models: list[str] = Field(sa_type=sa.JSON, default_factory=list)
    """Vehicle models that get it; empty: all."""
    rollout_percent: int = 0
    """Share of the cars that have it or may load it, over all models."""
    rollout: dict[str, int] = Field(sa_type=sa.JSON, default_factory=dict)
    """The same by model, where it goes to one model after the other; empty: to all alike."""
    planned_for: datetime | None = None
    released_at: datetime | None = Field(default=None, index=True)
    paused_at: datetime | None = None
    rolled_back_at: datetime | None = None
    public: bool = True
    created_by: int | None = Field(default=None, foreign_key="member.id")
    created_at: datetime = Field(default_factory=clock.now)
    edited_at: datetime | None = None

    @property
    def state(self) -> ReleaseState:
        return state_of(self.public, self.released_at, self.rollout_percent, self.paused_at, self.rolled_back_at)

    def reaches(self, model: str) -> bool:
        """Whether cars of this model get the release."""
        return serves(self.models, model)


def serves(models: Sequence[str], model: str) -> bool:
    """Whether something for these models, or for all where none is named, is for this one, however it is spelled."""
    return not models or name_key(model) in map(name_key, models)


def state_of(
    public: bool,
    released_at: datetime | None,
    percent: int,
    paused_at: datetime | None,
    rolled_back_at: datetime | None,
) -> ReleaseState:
    """Draft, planned, rolling or done, unless somebody stopped it."""
    if not public:
        return ReleaseState.DRAFT
    if rolled_back_at is not None:
        return ReleaseState.ROLLED_BACK
    if released_at is None or released_at > clock.now():
        return ReleaseState.PLANNED
    if paused_at is not None:
        return ReleaseState.PAUSED
    return ReleaseState.DONE if percent >= 100 else ReleaseState.ROLLING


class ReleaseRollout(SQLModel, table=True):
    """One line of a roll-out's history: so many percent of a model's cars have it, or it was stopped, and why."""

    __tablename__ = "release_rollout"
    __table_args__ = (APPEND_ONLY,)

    id: int | None = Field(default=None, primary_key=True)
    release_id: int = Field(foreign_key="roadmap_release.id", index=True)
    kind: RolloutKind = Field(default=RolloutKind.STEP, sa_type=text_enum(RolloutKind))
    model: str = Field(default="", max_length=60)
    """Empty: all models that get the release."""
    percent: int = 0
    sentence: str = Field(default="", max_length=400)
    """Said to owners."""
    at: datetime = Field(default_factory=clock.now)
    by_id: int | None = Field(default=None, foreign_key="member.id")


class ReleaseNote(SQLModel, table=True):
    """One line of a release, perhaps the answer to an item."""

    __tablename__ = "release_note"

    id: int | None = Field(default=None, primary_key=True)
    release_id: int = Field(foreign_key="roadmap_release.id", index=True)
    label: NoteLabel = Field(sa_type=text_enum(NoteLabel))
    text: str
    item_id: int | None = Field(default=None, foreign_key="roadmap_item.id", index=True)
    position: int = 0
