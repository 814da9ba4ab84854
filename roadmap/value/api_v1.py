"""The value report as JSON, for the brand's own dashboards."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from cocreate.core import clock
from cocreate.core.errors import NotFound
from cocreate.web.access import CurrentRuntime, ReadDb, allow
from cocreate.web.refusals import FOR_TOKENS, refusals
from roadmap.value.months import first_day, later, month_of
from roadmap.value.service import report

router = APIRouter(prefix="/api/v1", tags=["value"])
READ = [allow("value.read", scope="value:read")]
EXAMPLE: dict[str, Any] = {
    "month": "2026-10", "counted_at": "2026-11-01T19:00:00Z", "final": True,
    "engineering": {"voices": 214, "median_days": 6.5},
    "answer": {"answered": 120, "in_time": 104, "median_hours": 19.2},
    "votes": {"delivered": 812, "all": 3120},
    "promises": {"kept": 5, "late": 1, "owed": 0, "dropped": 1},
    "repeats": {"themes": 4, "removed": 3, "list": [{"theme": 12, "release": 2, "before": 31, "after": 9}]},
    "told": {"people": 1630, "messages": 2011},
}  # fmt: skip


class MonthOut(BaseModel):
    """The figures of a month; null where there was nothing to count. Definitions stand on the page of the report."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    month: str
    counted_at: datetime
    final: bool
    engineering: dict[str, Any]
    answer: dict[str, Any]
    votes: dict[str, Any]
    promises: dict[str, Any]
    repeats: dict[str, Any]
    told: dict[str, Any]


@router.get("/value", dependencies=READ, responses={**FOR_TOKENS, **refusals(NotFound)})
def read_value(db: ReadDb, runtime: CurrentRuntime, month: str = "") -> MonthOut:
    """The figures of a month such as 2026-10; without one, of the last month that is over."""
    asked = month or later(month_of(clock.now(), runtime.settings.zone), -1)
    first_day(asked)
    row = report(db, asked).row
    if row is None:
        raise NotFound(f"{asked} was not counted")
    return MonthOut(month=row.month, counted_at=row.counted_at, final=row.final, **row.figures)
