"""Rules that say which cars get an item or a release, and the cars that have one."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import text_enum
from roadmap.applicability.rules import Rule, RuleKind


class ApplicabilityRule(SQLModel, table=True):
    """One line of an item's or a release's rules; lines are read by position, the first that fits a car decides."""

    __tablename__ = "applicability_rule"
    __table_args__ = (sa.CheckConstraint("(item_id IS NULL) <> (release_id IS NULL)", name="one_subject"),)

    id: int | None = Field(default=None, primary_key=True)
    item_id: int | None = Field(default=None, foreign_key="roadmap_item.id", index=True)
    release_id: int | None = Field(default=None, foreign_key="roadmap_release.id", index=True)
    position: int = 0
    kind: RuleKind = Field(sa_type=text_enum(RuleKind))
    models: list[str] = Field(sa_type=sa.JSON, default_factory=list)
    year_from: int | None = None
    year_to: int | None = None
    hardware: list[str] = Field(sa_type=sa.JSON, default_factory=list)
    software_from: str = Field(default="", max_length=40)
    software_below: str = Field(default="", max_length=40)
    regions: list[str] = Field(sa_type=sa.JSON, default_factory=list)
    version: str = Field(default="", max_length=40)
    text: str = Field(default="", max_length=200)
    created_at: datetime = Field(default_factory=clock.now)
    created_by: int | None = Field(default=None, foreign_key="member.id")

    @property
    def rule(self) -> Rule:
        """The line as the evaluator reads it."""
        return Rule(
            kind=RuleKind(self.kind), models=tuple(self.models), year_from=self.year_from, year_to=self.year_to,
            hardware=tuple(self.hardware), software_from=self.software_from, software_below=self.software_below,
            regions=tuple(self.regions), version=self.version, text=self.text,
        )  # fmt: skip


class CarRelease(SQLModel, table=True):
    """A car is known to have a release: written once, when its software was first seen at or above the version."""

    __tablename__ = "car_release"

    vehicle_id: int = Field(foreign_key="vehicle.id", primary_key=True)
    release_id: int = Field(foreign_key="roadmap_release.id", primary_key=True, index=True)
    at: datetime = Field(default_factory=clock.now)
