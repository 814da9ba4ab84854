"""Search as JSON."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from cocreate.core.errors import Invalid
from cocreate.web.access import CurrentActor, CurrentRuntime, ReadDb, allow
from cocreate.web.refusals import refusals
from search import facade
from search.port import Via

router = APIRouter(prefix="/api/v1", tags=["search"])
_HIT: dict[str, Any] = {"id": 12, "kind": "post", "title": "座椅通风噪音太大", "score": 0.98, "via": "literal"}
_ANSWER: dict[str, Any] = {"hits": [_HIT], "engine": "sqlite-fts5", "degraded": False, "took_ms": 2.4}
Limit = Annotated[int, Query(ge=1, le=100, description="At most so many hits.")]


class HitOut(BaseModel):
    """A row that answers."""

    model_config = ConfigDict(json_schema_extra={"example": _HIT})

    id: int = Field(description="Id within its kind.")
    kind: str = Field(description="post, theme, roadmap_item, …")
    title: str = Field(description="Original title without markup.")
    score: float = Field(ge=0, le=1, description="Comparable within one answer.")
    via: Via = Field(description="How the words met.")


class HitsOut(BaseModel):
    """Hits, best first, and what found them."""

    model_config = ConfigDict(json_schema_extra={"example": _ANSWER})

    hits: list[HitOut]
    engine: str
    degraded: bool = Field(description="A stand-in answered for the engine that was meant.")
    took_ms: float


REFUSALS = refusals(Invalid)


@router.get("/search", dependencies=[allow("search.use")], responses=REFUSALS)
def search_v1(
    db: ReadDb,
    runtime: CurrentRuntime,
    actor: CurrentActor,
    q: Annotated[str, Query(max_length=500, description="What to look for; empty: the newest.")] = "",
    kind: Annotated[str, Query(max_length=24, description="Only rows of this kind.")] = "",
    limit: Limit = 20,
) -> HitsOut:
    """Find rows by their words: as typed, then by all words, then alike ones."""
    return _answer(facade.find(db, runtime, actor, q.replace("\x00", ""), kind=kind or None, limit=limit))


@router.get("/similar", dependencies=[allow("search.use")], responses=REFUSALS)
def similar_v1(
    db: ReadDb,
    runtime: CurrentRuntime,
    actor: CurrentActor,
    text: Annotated[str, Query(max_length=4000, description="A title or a whole text.")] = "",
    limit: Limit = 5,
) -> HitsOut:
    """Find posts that say about the same as a text."""
    return _answer(facade.find_similar(db, runtime, actor, text.replace("\x00", ""), limit=limit))


def _answer(found: facade.Found) -> HitsOut:
    page = found.page
    hits = [HitOut(id=hit.id, kind=hit.kind, title=found.title(hit), score=hit.score, via=hit.via) for hit in page.hits]
    return HitsOut(hits=hits, engine=page.engine, degraded=page.degraded, took_ms=page.took_ms)
