"""Releases as JSON."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from cocreate.web.access import ReadDb, allow
from cocreate.web.paging import BadCursor
from cocreate.web.refusals import refusals
from roadmap.releases.models import NoteLabel
from roadmap.releases.queries import Letter, released_letters

router = APIRouter(prefix="/api/v1", tags=["releases"])


class NoteOut(BaseModel):
    label: NoteLabel
    text: str
    item_id: int | None


class ReleaseOut(BaseModel):
    """One release that went to the cars."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 2, "version": "2.1", "title": "夜里也看得清", "intro": "……",
                    "released_at": "2026-10-23T04:00:00Z", "models": ["云麓"], "rollout_percent": 100,
                    "notes": [{"label": "better", "text": "360 影像夜间降噪", "item_id": 14}], "url": "/releases/2",
                }
            ]
        }
    )  # fmt: skip

    id: int
    version: str
    title: str
    intro: str
    released_at: datetime
    models: list[str]
    rollout_percent: int
    notes: list[NoteOut]
    url: str


class ReleasesOut(BaseModel):
    items: list[ReleaseOut]
    next_cursor: str | None


@router.get("/releases", dependencies=[allow("roadmap.read")], responses=refusals(BadCursor))
def api_releases(db: ReadDb, limit: Annotated[int, Query(ge=1, le=50)] = 20, cursor: str | None = None) -> ReleasesOut:
    """What went to the cars, newest first."""
    listing = released_letters(db, cursor=cursor, limit=limit)
    return ReleasesOut(items=[_out(letter) for letter in listing.items], next_cursor=listing.next_cursor)


def _out(letter: Letter) -> ReleaseOut:
    row = letter.release
    notes = [
        NoteOut(label=label, text=note.text, item_id=note.item_id)
        for label, found in letter.notes.items()
        for note in found
    ]
    return ReleaseOut(
        id=letter.id, version=row.version, title=row.title, intro=row.intro, released_at=row.released_at,
        models=row.models, rollout_percent=row.rollout_percent, notes=notes, url=f"/releases/{letter.id}",
    )  # fmt: skip
