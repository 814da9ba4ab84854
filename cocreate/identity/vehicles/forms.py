"""What an owner enters about a car."""

from datetime import date, timedelta

from pydantic import BaseModel, Field, field_validator

from cocreate.core import clock
from cocreate.core.text_marks import N_


class CarForm(BaseModel):
    """One car of the garage."""

    model: str = Field(max_length=60)
    model_year: int | None = None
    hardware: str = Field("", max_length=60)
    software: str = Field("", max_length=40)
    region: str = Field("", max_length=40)
    ordered_on: date | None = None

    @field_validator("model_year")
    @classmethod
    def _plausible(cls, value: int | None) -> int | None:
        if value is not None and not 1950 <= value <= clock.now().year + 2:
            raise ValueError(N_("Please enter the model year with four digits."))
        return value

    @field_validator("ordered_on")
    @classmethod
    def _past(cls, value: date | None) -> date | None:
        if value is not None and (value.year < 1950 or value > clock.now().date() + timedelta(days=1)):
            raise ValueError(N_("Please enter the day on which you ordered the car, such as 2026-03-18."))
        return value
