"""What staff enter about times and the calendar."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from cocreate.clocks.calendar import spans_of
from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_


def _spans(value: str) -> str:
    try:
        spans_of(value)
    except ValueError as error:
        raise ValueError(N_("Please enter times such as 09:00-12:00,13:30-18:00, the earlier ones first.")) from error
    return value


MOST_HOURS = 2000


class TimesForm(BaseModel):
    """Working hours. Without them the part goes back to the times of the whole queue, the queue to those declared."""

    queue: str = Field(max_length=60)
    scope: int = Field(0, ge=0)
    hours: float = Field(gt=0, le=MOST_HOURS)
    warn_hours: float = Field(0, ge=0, le=MOST_HOURS)
    period_hours: float = Field(gt=0, le=MOST_HOURS)
    department: int | None = Field(None, ge=1, le=MAX_ID)


class PartForm(BaseModel):
    queue: str = Field(max_length=60)
    scope: int = Field(0, ge=0)


class HoursForm(BaseModel):
    spans: Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_spans)]


class DayForm(BaseModel):
    """From `first` to `last`, or one day alone."""

    first: date
    last: date | None = None
    works: bool = False
    name: str = Field("", max_length=60)
