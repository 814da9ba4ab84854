"""What an owner enters about a car."""

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

    @field_validator("model_year")
    @classmethod
    def _plausible(cls, value: int | None) -> int | None:
        if value is not None and not 1950 <= value <= clock.now().year + 2:
            raise ValueError(N_("Please enter the model year with four digits."))
        return value
