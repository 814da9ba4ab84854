"""The roadmap as JSON, for the brand's own pages and apps."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from cocreate.core.actor import GUEST
from cocreate.core.tables import MAX_ID
from cocreate.web.access import ReadDb, allow
from cocreate.web.paging import BadCursor, decode_cursor, encode_cursor
from cocreate.web.refusals import refusals
from roadmap.items.models import ItemStage, ItemStatus
from roadmap.items.queries import ItemCard, item_cards

router = APIRouter(prefix="/api/v1", tags=["roadmap"])


class ItemOut(BaseModel):
    """One public roadmap item."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 3, "title": "低功耗哨兵", "status": "started", "stage": "built",
                    "stage_at": "2026-11-14T02:00:00Z", "people": 128, "voices": 74, "board_id": 1, "release": "2.4",
                    "url": "/roadmap/3",
                }
            ]
        }
    )  # fmt: skip

    id: int
    title: str
    status: ItemStatus
    stage: ItemStage
    stage_at: datetime
    people: int
    voices: int
    board_id: int | None
    release: str | None
    url: str


class ItemsOut(BaseModel):
    items: list[ItemOut]
    next_cursor: str | None


@router.get("/roadmap", dependencies=[allow("roadmap.read")], responses=refusals(BadCursor))
def api_roadmap(
    db: ReadDb,
    status: ItemStatus | None = None,
    board: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: str | None = None,
) -> ItemsOut:
    """Public items, column by column, in the order of the board."""
    cards = [card for card in item_cards(db, GUEST, board_id=board) if status in (None, card.status)]
    start = 0
    if cursor:
        (last,) = decode_cursor(cursor, 1)
        # The board is a hand-made order of at most some hundred rows: the cursor names the last one that was read.
        start = next((place + 1 for place, card in enumerate(cards) if card.id == last), len(cards))
    shown = cards[start : start + limit]
    more = start + limit < len(cards)
    return ItemsOut(items=[_out(card) for card in shown], next_cursor=encode_cursor([shown[-1].id]) if more else None)


def _out(card: ItemCard) -> ItemOut:
    return ItemOut(
        id=card.id, title=card.title, status=card.status, stage=card.stage, stage_at=card.stage_at,
        people=card.people, voices=card.voices, board_id=card.board_id,
        release=card.release.version if card.release else None, url=f"/roadmap/{card.id}",
    )  # fmt: skip
