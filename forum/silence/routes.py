"""How long owners wait for a first answer: a page for everybody, and the same as JSON."""

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from cocreate.core.errors import TooMany
from cocreate.web.access import CurrentRuntime, ReadDb, allow
from cocreate.web.page import CurrentPage
from cocreate.web.refusals import refusals
from forum.silence.views import KEPT_SECONDS, Silence, kept_silence

router = APIRouter(dependencies=[allow("forum.read")])
HOUR = 3600


class LineOut(BaseModel):
    key: str
    name: str
    promised_hours: float
    waiting: int
    past_due: int


class SilenceOut(BaseModel):
    """How many posts wait for a first human answer, and how fast the latest came. promised_hours are working hours;
    median_first_answer_hours is all the time between a post and its answer, null where nothing was answered."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "waiting": 12, "past_due": 1, "promised_hours": 72, "answered_in_30_days": 84,
                    "in_time_in_30_days": 80, "median_first_answer_hours": 19.5,
                    "lines": [
                        {"key": "cockpit", "name": "智能座舱", "promised_hours": 72, "waiting": 7, "past_due": 1}
                    ],
                }
            ]
        }
    )  # fmt: skip

    waiting: int
    past_due: int
    promised_hours: float
    answered_in_30_days: int
    in_time_in_30_days: int
    median_first_answer_hours: float | None
    lines: list[LineOut]


@router.get("/silence", include_in_schema=False)
def show_silence(db: ReadDb, page: CurrentPage, runtime: CurrentRuntime) -> Response:
    """How many wait, how many too long, how fast the first answer comes."""
    found = kept_silence(runtime, db)
    median = found.figures.median_seconds
    return page.render(
        "forum/silence/show.html", public=True, silence=found, figures=found.figures,
        median_hours=None if median is None else round(median / HOUR, 1 if median < 10 * HOUR else None),
    )  # fmt: skip


@router.get("/api/v1/silence", tags=["posts"], responses=refusals(TooMany))
def api_silence(db: ReadDb, runtime: CurrentRuntime, response: Response) -> SilenceOut:
    """How many posts wait for a first human answer; may be kept for a quarter of a minute."""
    response.headers["cache-control"] = f"public, max-age={KEPT_SECONDS:g}"
    return _out(kept_silence(runtime, db))


def _out(found: Silence) -> SilenceOut:
    median = found.figures.median_seconds
    return SilenceOut(
        waiting=found.figures.waiting,
        past_due=found.figures.past_due,
        promised_hours=found.hours,
        answered_in_30_days=found.figures.answered,
        in_time_in_30_days=found.figures.in_time,
        median_first_answer_hours=None if median is None else round(median / HOUR, 1),
        lines=[
            LineOut(
                key=line.key, name=line.name, promised_hours=line.hours, waiting=line.waiting, past_due=line.past_due
            )
            for line in found.lines
        ],
    )
