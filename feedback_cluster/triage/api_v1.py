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
from feedback_cluster.themes.answers import standing_answers
from feedback_cluster.themes.cards import quotes_of, twelve_weeks
from feedback_cluster.themes.models import Theme, TriageStatus
from feedback_cluster.themes.queries import get_theme, post_ids_of, resolve
from feedback_cluster.triage.queries import find_themes, ordered_parts

router = APIRouter(prefix="/api/v1", tags=["themes"])
READ = [allow("theme.read", scope="themes:read")]
LISTED_POSTS = 200

EXAMPLE: dict[str, Any] = {
    "id": 12,
    "name": "座椅通风噪音",
    "label": "通风 噪音",
    "keywords": ["通风", "座椅", "噪音"],
    "status": "triaged",
    "size": 41,
    "people": 63,
    "votes": 120,
    "weekly": [0, 1, 2, 2, 3, 5, 4, 6, 5, 4, 5, 4],
    "models": {"云麓": 30, "晴川": 11},
    "kinds": {"problem": 33, "idea": 8},
    "trend": 0.12,
    "score": 58.4,
    "score_parts": {"people": 23.5, "voices": 9.0, "trend": 2.4, "votes": 10.4, "problems": 8.0, "waiting": 5.1},
    "quote": {"post_id": 318, "text": "座椅通风开三档像吹风机"},
    "answer": None,
    "last_at": "2026-11-20T08:12:00Z",
}


class QuoteOut(BaseModel):
    post_id: int
    text: str


class ThemeOut(BaseModel):
    """A theme with its figures. weekly: voices in the last twelve weeks, oldest first; score: the sum of its parts."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    id: int
    name: str
    label: str
    keywords: list[str]
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
    quote: QuoteOut | None
    answer: str | None
    last_at: datetime | None


class ThemePage(BaseModel):
    items: list[ThemeOut]
    next_cursor: str | None


class ThemeDetail(ThemeOut):
    """A theme with the posts behind it, surest first, at most two hundred."""

    model_config = ConfigDict(json_schema_extra={"example": {**EXAMPLE, "post_ids": [318, 290, 77]}})

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
    return ThemeDetail(**_values(db, [theme])[0], post_ids=posts[:LISTED_POSTS])


def _values(db: Session, themes: list[Theme]) -> list[dict[str, Any]]:
    quotes = quotes_of(db, themes)
    answers = standing_answers(db, [theme.id or 0 for theme in themes])
    return [
        {
            **{name: getattr(theme, name) for name in ThemeOut.model_fields if hasattr(theme, name)},
            "weekly": twelve_weeks(theme.weekly),
            "score_parts": ordered_parts(theme.parts),
            "quote": next(
                ({"post_id": quote.post_id, "text": quote.text} for quote in quotes.get(theme.id or 0, [])), None
            ),
            "answer": answers.get(theme.id or 0),
        }
        for theme in themes
    ]
