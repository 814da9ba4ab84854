"""Search as JSON."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from cocreate.core.errors import Invalid
from cocreate.core.runtime import Runtime
from cocreate.web.access import CurrentActor, CurrentRuntime, ReadDb, allow
from cocreate.web.refusals import refusals
from search import facade
from search.api import scope_of
from search.asked import LONGEST_TEXT, Asked, asked
from search.port import SearchQuery, Via

router = APIRouter(prefix="/api/v1", tags=["search"])
_HIT: dict[str, Any] = {"id": 12, "kind": "post", "title": "座椅通风噪音太大", "score": 0.98, "via": "literal"}
_READ_AS: dict[str, Any] = {"typed": "zuoyi", "words": ["座椅"], "via": "pinyin"}
_ANSWER: dict[str, Any] = {
    "hits": [_HIT], "engine": "sqlite-fts5", "degraded": False, "took_ms": 2.4, "rewritten": [_READ_AS],
}  # fmt: skip
_SUGGESTED: dict[str, Any] = {"suggestions": [{"kind": "post", "id": 12, "text": "座椅通风噪音太大"}]}
Limit = Annotated[int, Query(ge=1, le=100, description="At most so many hits.")]
_WORDS: dict[str, str] = {
    "q": "What to look for; empty: the newest.",
    "kind": "Only rows of this kind: post, theme, roadmap_item, release.",
    "variety": "Only posts of this kind: idea, problem, question, praise.",
    "status": "Only rows of this status.",
    "board": "Only rows of the product line with this id.",
    "model": "Only rows about this model.",
    "since": "Not before this day (2026-06-05), or 7d, 30d, 365d.",
    "until": "Not after this day.",
    "answered": "yes: only what the brand answered; no: only what it did not.",
    "sort": "best, new or votes.",
    "exact": "1: only what was typed; no other spellings, nothing alike.",
}


class HitOut(BaseModel):
    """A row that answers."""

    model_config = ConfigDict(json_schema_extra={"example": _HIT})

    id: int = Field(description="Id within its kind.")
    kind: str = Field(description="post, theme, roadmap_item, …")
    title: str = Field(description="Original title without markup.")
    score: float = Field(ge=0, le=1, description="Comparable within one answer.")
    via: Via = Field(description="How the words met.")


class RewrittenOut(BaseModel):
    """A part of the query that was read as other words."""

    model_config = ConfigDict(json_schema_extra={"example": _READ_AS})

    typed: str
    words: list[str] = Field(description="The likeliest first.")
    via: Via


class HitsOut(BaseModel):
    """Hits, best first, and what found them."""

    model_config = ConfigDict(json_schema_extra={"example": _ANSWER})

    hits: list[HitOut]
    engine: str
    degraded: bool = Field(description="A stand-in answered for the engine that was meant.")
    took_ms: float
    rewritten: list[RewrittenOut] = Field(default=[], description="What was read as other words: zuoyi as 座椅.")


class SuggestionOut(BaseModel):
    """Something to go to while typing."""

    kind: str
    id: int
    text: str


class SuggestionsOut(BaseModel):
    """Titles for a text that may be unfinished, best first."""

    model_config = ConfigDict(json_schema_extra={"example": _SUGGESTED})

    suggestions: list[SuggestionOut]


REFUSALS = refusals(Invalid)


def asked_v1(
    q: Annotated[str, Query(max_length=LONGEST_TEXT, description=_WORDS["q"])] = "",
    kind: Annotated[str, Query(max_length=24, description=_WORDS["kind"])] = "",
    variety: Annotated[str, Query(max_length=24, description=_WORDS["variety"])] = "",
    status: Annotated[str, Query(max_length=24, description=_WORDS["status"])] = "",
    board: Annotated[str, Query(max_length=24, pattern=r"^\d*$", description=_WORDS["board"])] = "",
    model: Annotated[str, Query(max_length=60, description=_WORDS["model"])] = "",
    since: Annotated[str, Query(pattern=r"^(\d{4}-\d\d-\d\d|7d|30d|365d)?$", description=_WORDS["since"])] = "",
    until: Annotated[str, Query(pattern=r"^(\d{4}-\d\d-\d\d)?$", description=_WORDS["until"])] = "",
    answered: Annotated[str, Query(pattern="^(yes|no)?$", description=_WORDS["answered"])] = "",
    sort: Annotated[str, Query(pattern="^(best|new|votes)?$", description=_WORDS["sort"])] = "",
    exact: Annotated[str, Query(pattern="^[01]?$", description=_WORDS["exact"])] = "",
) -> Asked:
    """The search of this address; unlike on the page, a value that nothing can have is refused."""
    return asked(q, kind, variety, status, board, model, since, until, answered, sort, exact)


@router.get("/search", dependencies=[allow("search.use")], responses=REFUSALS)
def search_v1(
    db: ReadDb,
    runtime: CurrentRuntime,
    actor: CurrentActor,
    wish: Annotated[Asked, Depends(asked_v1)],
    limit: Limit = 20,
) -> HitsOut:
    """Find rows by their words: as typed, then by all words, then in other spellings, then alike ones."""
    kinds = list(facade.sources(runtime))
    query = wish.search(scope_of(actor), runtime.settings.zone, kinds=kinds, limit=limit)
    return _answer(facade.find(db, runtime, actor, query))


@router.get("/search/suggest", dependencies=[allow("search.use")], responses=REFUSALS)
def suggest_v1(
    db: ReadDb,
    runtime: CurrentRuntime,
    actor: CurrentActor,
    q: Annotated[str, Query(max_length=LONGEST_TEXT, description="What was typed so far.")] = "",
    limit: Annotated[int, Query(ge=1, le=20, description="At most so many.")] = 8,
) -> SuggestionsOut:
    """Titles for a text that may be unfinished; none for an empty one."""
    text = q.replace("\x00", "").strip()
    if not text:
        return SuggestionsOut(suggestions=[])
    found = facade.find(db, runtime, actor, _typing(runtime, actor, text, limit))
    return SuggestionsOut(
        suggestions=[SuggestionOut(kind=hit.kind, id=hit.id, text=found.title(hit)) for hit in found.page.hits]
    )


def _typing(runtime: Runtime, actor: CurrentActor, text: str, limit: int) -> SearchQuery:
    return SearchQuery(text, scope_of(actor), kinds=list(facade.sources(runtime)), limit=limit, typing=True)


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
    return HitsOut(
        hits=[
            HitOut(id=hit.id, kind=hit.kind, title=found.title(hit), score=hit.score, via=hit.via) for hit in page.hits
        ],
        engine=page.engine,
        degraded=page.degraded,
        took_ms=page.took_ms,
        rewritten=[RewrittenOut(typed=one.typed, words=list(one.words), via=one.via) for one in page.rewritten],
    )
