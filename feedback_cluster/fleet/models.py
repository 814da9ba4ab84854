"""The cars that are out there, as a brand's own table says."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from cocreate.core import clock


class FleetUpload(SQLModel, table=True):
    """One file of a fleet. The newest that was put to use and not taken back is the fleet; without any, it is the cars
    in owners' garages."""

    __tablename__ = "fleet_upload"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=200)
    parts: int = 0
    cars: int = 0
    by_id: int | None = Field(default=None, foreign_key="member.id")
    at: datetime = Field(default_factory=clock.now)
    used_at: datetime | None = None
    """None: only looked at."""
    used_by_id: int | None = Field(default=None, foreign_key="member.id")
    undone_at: datetime | None = None


class FleetRow(SQLModel, table=True):
    """So many cars of one model, year and region."""

    __tablename__ = "fleet_row"

    id: int | None = Field(default=None, primary_key=True)
    upload_id: int = Field(foreign_key="fleet_upload.id", index=True)
    model: str = Field(max_length=60)
    model_year: int | None = None
    region: str = Field(default="", max_length=40)
    cars: int
