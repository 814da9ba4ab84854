"""What went to the cars: releases and their notes."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import text_enum


class NoteLabel(StrEnum):
    NEW = "new"
    BETTER = "better"
    FIXED = "fixed"


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
    planned_for: datetime | None = None
    released_at: datetime | None = Field(default=None, index=True)
    public: bool = True
    created_by: int | None = Field(default=None, foreign_key="member.id")
    created_at: datetime = Field(default_factory=clock.now)

    def reaches(self, model: str) -> bool:
        """Whether cars of this model get the release."""
        return not self.models or model in self.models


class ReleaseNote(SQLModel, table=True):
    """One line of a release, perhaps the answer to an item."""

    __tablename__ = "release_note"

    id: int | None = Field(default=None, primary_key=True)
    release_id: int = Field(foreign_key="roadmap_release.id", index=True)
    label: NoteLabel = Field(sa_type=text_enum(NoteLabel))
    text: str
    item_id: int | None = Field(default=None, foreign_key="roadmap_item.id", index=True)
    position: int = 0
