"""Cars in members' garages."""

import hashlib
from datetime import date, datetime

from sqlmodel import Field, SQLModel

from cocreate.core import clock


class Vehicle(SQLModel, table=True):
    """One car of one member. `verified_at` is set once the brand has seen that it is theirs."""

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    model: str = Field(max_length=60)
    model_year: int | None = None
    hardware: str = Field(default="", max_length=60)
    software: str = Field(default="", max_length=40)
    region: str = Field(default="", max_length=40)
    """The province or city where it is driven, as its owner or the brand says."""
    ordered_on: date | None = None
    """The day of the order, which price and benefit depend on."""
    external_id: str | None = Field(default=None, unique=True, max_length=80)
    """The brand's own name for the car in its fleet list; never the VIN."""
    import_id: int | None = Field(default=None, index=True)
    """The import that put the car here, so that it can be taken back."""
    created_at: datetime = Field(default_factory=clock.now)
    verified_at: datetime | None = None
    removed_at: datetime | None = None

    @property
    def sign(self) -> str:
        """Short for the car that this entry is about; another model, year or hardware has another one."""
        return hashlib.sha256(repr((self.model, self.model_year, self.hardware)).encode()).hexdigest()[:16]

    @property
    def verified(self) -> bool:
        return self.verified_at is not None
