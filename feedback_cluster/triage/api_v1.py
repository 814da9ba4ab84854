"""JSON of themes, for staff tokens."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict
from sqlmodel import Session

from cocreate.core.errors import NotFound
from cocreate.web.access import ReadDb, RowId, allow
from cocreate.web.paging import BadCursor
from cocreate.web.refusals import FOR_TOKENS, refusals
from feedback_cluster.fleet.index import Verdict
from feedback_cluster.fleet.queries import as_json, representation
from feedback_cluster.priority.understanding import evidence_json
from feedback_cluster.themes.answers import standing_answers
from feedback_cluster.themes.cards import Quote, dissent_of, quotes_of, twelve_weeks
from feedback_cluster.themes.models import Theme, TriageStatus
from feedback_cluster.themes.queries import get_theme, post_ids_of, resolve
from feedback_cluster.themes.score import FORMULA
from feedback_cluster.triage.queries import areas_by_id, find_themes, ordered_parts

router = APIRouter(prefix="/api/v1", tags=["themes"])
READ = [allow("theme.read", scope="themes:read")]
LISTED_POSTS, QUOTES = 200, 3

EXAMPLE: dict[str, Any] = {
    "id": 12,
    "name": "座椅通风噪音",
    "label": "通风 噪音",
    "keywords": ["通风", "座椅", "噪音"],
    "area": {"id": 3, "name": "座椅与空调"},
    "status": "triaged",
    "size": 41,
    "people": 63,
    "votes": 120,
    "weekly": [0, 1, 2, 2, 3, 5, 4, 6, 5, 4, 5, 4],
    "models": {"云麓": 30, "晴川": 11},
    "kinds": {"problem": 33, "idea": 8},
    "trend": 0.12,
    "score": 58.4,
    "score_parts": {
        "cars": 9.1,
        "people": 15.7,
        "voices": 3.0,
        "need": 6.2,
        "segments": 3.1,
        "trend": 1.2,
        "safety": 0.0,
        "waiting": 2.5,
        "effort": 2.5,
    },
    "score_formula": 2,
    "sentiment": {"negative": 21, "neutral": 17, "positive": 3},
    "evidence": {
        "verified_cars": 16,
        "speakers": 39,
        "came_back": 2,
        "urgent": 5,
        "dangers": {"失速": 1},
        "effort": "M",
    },
    "quote": {"post_id": 318, "text": "座椅通风开三档像吹风机"},
    "answer": None,
    "last_at": "2026-11-20T08:12:00Z",
}


VOICES: dict[str, Any] = {
    "quotes": [{"post_id": 318, "text": "座椅通风开三档像吹风机"}, {"post_id": 290, "text": "二档以上嗡嗡嗡"}],
    "dissent": {"post_id": 77, "text": "更新以后通风安静多了"},
}
REPRESENTATION: dict[str, Any] = {
    "fleet": "upload",
    "cars": 48_200,
    "traits": {
        "model": [
            {
                "group": "云麓", "speakers": 28, "share": 0.7368, "fleet_share": 0.41, "index": 1.8, "low": 1.41,
                "high": 2.07, "verdict": "loud",
            }
        ]
    },
}  # fmt: skip


class QuoteOut(BaseModel):
    post_id: int
    text: str


class SentimentOut(BaseModel):
    """Voices that complain, do neither, and praise."""

    negative: int
    neutral: int
    positive: int


class EvidenceOut(BaseModel):
    """What the score was computed from. speakers: authors, a nameless voice for itself; dangers: speakers by word."""

    verified_cars: int
    speakers: int
    came_back: int
    urgent: int
    dangers: dict[str, int]
    effort: str | None


class GroupOut(BaseModel):
    """Owners of one group. index: their share of the speakers by their share of the fleet, with its 95 % interval; null
    where too few speak to tell, or, as high, where there is no bound."""

    group: str
    speakers: int
    share: float
    fleet_share: float
    index: float | None
    low: float | None
    high: float | None
    verdict: Verdict


class RepresentationOut(BaseModel):
    """Who speaks beside the fleet, by model, model_year and region where both are known."""

    fleet: str
    cars: int
    traits: dict[str, list[GroupOut]]


class AreaOut(BaseModel):
    """The level above themes."""

    id: int
    name: str


class ThemeOut(BaseModel):
    """A theme with its figures. weekly: voices in the last twelve weeks, oldest first; score: the sum of its parts."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    id: int
    name: str
    label: str
    keywords: list[str]
    area: AreaOut | None
    status: TriageStatus
    size: int
    people: int
    votes: int
    weekly: list[int]
    models: dict[str, int]
    kinds: dict[str, int]
    trend: float
    score: float
    score_parts: dict[str, float]
    score_formula: int
    sentiment: SentimentOut
    evidence: EvidenceOut
    quote: QuoteOut | None
    answer: str | None
    last_at: datetime | None


class ThemePage(BaseModel):
    items: list[ThemeOut]
    next_cursor: str | None


class ThemeDetail(ThemeOut):
    """A theme with the posts behind it, surest first, at most two hundred.

    quotes: posts that speak for it; dissent: one whose author sees it differently.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {**EXAMPLE, "representation": REPRESENTATION, "post_ids": [318, 290, 77], **VOICES}
        }
    )

    quotes: list[QuoteOut]
    dissent: QuoteOut | None
    representation: RepresentationOut
    post_ids: list[int]


@router.get("/themes", dependencies=READ, responses={**FOR_TOKENS, **refusals(BadCursor)})
def list_themes(
    db: ReadDb,
    status: TriageStatus | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: str | None = None,
) -> ThemePage:
    """Themes by falling score; hidden ones only when asked for by status."""
    listing = find_themes(db, status=status, cursor=cursor, limit=limit)
    return ThemePage(
        items=[ThemeOut(**values) for values in _values(db, listing.items)], next_cursor=listing.next_cursor
    )


@router.get("/themes/{theme_id}", dependencies=READ, responses={**FOR_TOKENS, **refusals(NotFound)})
def read_theme(theme_id: RowId, db: ReadDb) -> ThemeDetail:
    """One theme; a merged one answers with the theme it is shown under."""
    theme = get_theme(db, resolve(db, theme_id))
    posts = post_ids_of(db, [theme.id or 0])[theme.id or 0]
    who = as_json(*representation(db, theme.id or 0))
    return ThemeDetail(
        **_values(db, [theme])[0],
        quotes=[_quote(quote) for quote in quotes_of(db, [theme], most=QUOTES).get(theme.id or 0, [])],
        dissent=_quote(dissent) if (dissent := dissent_of(db, theme)) else None,
        representation=RepresentationOut(**who),
        post_ids=posts[:LISTED_POSTS],
    )


def _quote(quote: Quote) -> QuoteOut:
    return QuoteOut(post_id=quote.post_id, text=quote.text)


def _values(db: Session, themes: list[Theme]) -> list[dict[str, Any]]:
    quotes = quotes_of(db, themes)
    areas = areas_by_id(db, {theme.area_id for theme in themes if theme.area_id})
    answers = standing_answers(db, [theme.id or 0 for theme in themes])
    return [
        {
            **{name: getattr(theme, name) for name in ThemeOut.model_fields if hasattr(theme, name)},
            "area": areas.get(theme.area_id or 0),
            "weekly": twelve_weeks(theme.weekly),
            "score_parts": ordered_parts(theme.parts),
            "score_formula": FORMULA,
            **evidence_json(theme),
            "quote": next(
                ({"post_id": quote.post_id, "text": quote.text} for quote in quotes.get(theme.id or 0, [])), None
            ),
            "answer": answers.get(theme.id or 0),
        }
        for theme in themes
    ]
