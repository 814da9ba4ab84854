"""The viewers' snapshot as JSON: bytes from memory, an ETag, a second in every cache on the way."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Path, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict

from cocreate.core.errors import NotFound
from cocreate.web.access import CurrentRuntime, allow
from cocreate.web.refusals import refusals
from roadmap.items.models import ItemStage, ItemStatus
from roadmap.live.models import SessionState, TopicState
from roadmap.live.snapshot import Snapshot, shelf

router = APIRouter(prefix="/api/v1", tags=["live"])

CACHE = "public, max-age=1, stale-while-revalidate=5"


class TopicOut(BaseModel):
    """One topic of the stream. `answer` is there once it was given on stage."""

    id: int
    rank: int
    state: TopicState
    name: str
    size: int
    people: int
    trend: float
    quote: str
    status: ItemStatus | None
    stage: ItemStage | None
    item_id: int | None
    release: str | None
    answer: str
    now_since: datetime | None
    answered_at: datetime | None


class TopicsOut(BaseModel):
    """The board of one stream: the topic on stage first, then those that wait, then those that were answered."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "HX7K2M", "title": "槐序夜话", "state": "open",
                    "topics": [
                        {
                            "id": 1, "rank": 1, "state": "now", "name": "车机蓝牙断连", "size": 40, "people": 31,
                            "trend": 0.62, "quote": "挂了电话蓝牙就掉。", "status": "started", "stage": "pilot",
                            "item_id": 1, "release": "2.2.1", "answer": "", "now_since": "2026-11-22T12:00:00Z",
                            "answered_at": None,
                        }
                    ],
                }
            ]
        }
    )  # fmt: skip

    code: str
    title: str
    state: SessionState
    topics: list[TopicOut]


Code = Annotated[str, Path(min_length=6, max_length=6, description="The six signs of the stream.")]


@router.get(
    "/live/{code}/topics",
    dependencies=[allow("live.watch")],
    response_model=TopicsOut,
    responses={
        200: {"headers": {"ETag": {"schema": {"type": "string"}}, "Cache-Control": {"schema": {"type": "string"}}}},
        304: {"description": "Nothing has changed since the tag that was sent."},
        **refusals(NotFound),
    },
)
async def live_topics(
    code: Code, runtime: CurrentRuntime, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """The topics of a stream, at most two seconds old. Poll with `If-None-Match`; a 304 has no body."""
    # Memory needs no thread; only the one request that rebuilds touches the database, and it does so in one.
    wanted = code.upper()
    kept = shelf(runtime)
    snapshot = kept.fresh(wanted)
    if snapshot is None:
        snapshot = await run_in_threadpool(kept.get, runtime, wanted)
    return _answer(snapshot, if_none_match)


def _answer(snapshot: Snapshot, if_none_match: str | None) -> Response:
    headers = {"etag": snapshot.etag, "cache-control": CACHE}
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    if snapshot.etag in tags or "*" in tags:
        return Response(status_code=304, headers=headers)
    return Response(snapshot.body, media_type="application/json", headers=headers)
