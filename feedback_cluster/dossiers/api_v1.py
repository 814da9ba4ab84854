"""JSON of dossiers, for staff tokens: the frozen record, its words, who took note."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, status
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from cocreate.core.actor import Actor
from cocreate.core.errors import NotFound
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.paging import BadCursor
from cocreate.web.refusals import FOR_TOKENS, refusals
from feedback_cluster.dossiers import reading, service
from feedback_cluster.dossiers.models import Dossier

router = APIRouter(prefix="/api/v1", tags=["dossiers"])
READ = [allow("theme.read", scope="themes:read")]
WRITE = [allow("theme.triage", scope="themes:write")]
NOTE = [allow("dossier.note", scope="themes:write")]
LISTED: dict[str, Any] = {
    "id": 9, "number": "D-2026-0017", "issue": 2, "theme_id": 12, "theme": "座椅通风噪音", "at": "2026-11-22T08:00:00Z",
    "voices": 41, "new": 8,
}  # fmt: skip
VOICE: dict[str, Any] = {
    "id": 318, "on": "2026-11-20", "kind": "problem", "model": "云麓", "model_year": 2024, "software": "2.3.1",
    "region": "广东", "order_month": "", "car": 3, "verified": True, "votes": 12, "staff_only": False, "named": True,
    "stance": "negative", "polarity": -0.62, "confidence": 0.71, "words": "9f2c…",
    "title": "座椅通风开三档像吹风机", "body": "", "gone": "", "new": True,
}  # fmt: skip
RECEIPT: dict[str, Any] = {"member_id": 7, "department": "座椅工程", "remark": "已复现", "at": "2026-11-22T09:30:00Z"}
WHOLE: dict[str, Any] = {
    **LISTED, "digest": "5c1f…", "unharmed": True, "keywords": ["通风", "座椅"],
    "figures": {"voices": 41, "people": 38, "cars": 22, "verified_cars": 17, "votes": 120, "model": {"云麓": 30}},
    "weekly": [["2026-11-09", 5], ["2026-11-16", 8]], "typical": [318], "dissent": [290], "photos": [],
    "since": {"at": "2026-11-01T08:00:00Z", "new": [318], "gone": [], "figures": {"voices": [33, 41]}},
    "voices_list": [VOICE], "receipts": [RECEIPT],
}  # fmt: skip


class ListedOut(BaseModel):
    """One issue. new: voices that the issue before did not have."""

    model_config = ConfigDict(json_schema_extra={"example": LISTED})

    id: int
    number: str
    issue: int
    theme_id: int
    theme: str
    at: datetime
    voices: int
    new: int


class DossierPage(BaseModel):
    items: list[ListedOut]
    next_cursor: str | None


class ReceiptOut(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": RECEIPT})

    member_id: int
    department: str
    remark: str
    at: datetime


class DossierOut(ListedOut):
    """A whole issue. figures are counted from voices_list; digest is the SHA-256 of the frozen record, unharmed
    whether it still fits. words: fingerprint of what a voice said; gone: blanked or hidden, then without words."""

    model_config = ConfigDict(json_schema_extra={"example": WHOLE})

    digest: str
    unharmed: bool
    keywords: list[str]
    figures: dict[str, Any]
    weekly: list[list[Any]]
    typical: list[int]
    dissent: list[int]
    photos: list[str]
    since: dict[str, Any] | None
    voices_list: list[dict[str, Any]]
    receipts: list[ReceiptOut]


class ReceiptIn(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"department": "座椅工程", "remark": "已复现"}})

    department: str = Field(default="", max_length=60)
    remark: str = Field(default="", max_length=500)


@router.get("/dossiers", dependencies=READ, responses={**FOR_TOKENS, **refusals(BadCursor)})
def list_dossiers(
    db: ReadDb, limit: Annotated[int, Query(ge=1, le=100)] = 20, cursor: str | None = None
) -> DossierPage:
    """All issues, newest first."""
    listing = reading.listing(db, cursor=cursor, limit=limit)
    names = ListedOut.model_fields
    items = [ListedOut(**{name: getattr(row, name) for name in names}) for row in listing.items]
    return DossierPage(items=items, next_cursor=listing.next_cursor)


@router.get("/dossiers/{dossier_id}", dependencies=READ, responses={**FOR_TOKENS, **refusals(NotFound)})
def read_dossier(dossier_id: RowId, actor: CurrentActor, db: ReadDb, new: bool = False) -> DossierOut:
    """One issue with its voices; with new=true only those that the issue before did not have."""
    return whole(db, service.get_dossier(db, dossier_id), actor, reading.Filters(new=new))


@router.post(
    "/themes/{theme_id}/dossiers",
    dependencies=WRITE,
    status_code=status.HTTP_201_CREATED,
    responses={**FOR_TOKENS, **refusals(NotFound, service.NothingNew)},
)
def create_dossier(theme_id: RowId, actor: CurrentActor, runtime: CurrentRuntime, db: Db) -> DossierOut:
    """Freeze what is known of the theme now, as its next issue."""
    made = service.issue(db, theme_id, by=actor, zone=runtime.settings.zone)
    return whole(db, made, actor, reading.Filters())


@router.post(
    "/dossiers/{dossier_id}/receipt",
    dependencies=NOTE,
    responses={**FOR_TOKENS, **refusals(NotFound, service.AlreadyNoted)},
)
def acknowledge_dossier(
    dossier_id: RowId, actor: CurrentActor, db: Db, said: Annotated[ReceiptIn, Body()]
) -> ReceiptOut:
    """Take note of an issue, in the token's member's name."""
    dossier = service.get_dossier(db, dossier_id)
    service.take_note(db, dossier, by=actor, department=said.department, remark=said.remark)
    last = service.receipts(db, [dossier_id])[dossier_id][-1]
    return ReceiptOut(**vars(last))


def whole(db: Session, dossier: Dossier, actor: Actor, filters: reading.Filters) -> DossierOut:
    """An issue as JSON tells it, with the voices that are asked for."""
    told = dossier.content
    listed = reading.rows(db, dossier, reading.voices(dossier, filters), actor)
    return DossierOut(
        id=dossier.id or 0, number=dossier.number, issue=dossier.issue, theme_id=dossier.theme_id, theme=dossier.name,
        at=dossier.at, voices=dossier.voices, new=dossier.fresh, digest=dossier.digest,
        unharmed=service.unharmed(dossier), keywords=told["theme"]["keywords"], figures=told["figures"],
        weekly=told["weekly"], typical=told["typical"], dissent=told["dissent"], photos=told["photos"],
        since=told["since"],
        voices_list=[
            {**row.facts, "title": row.title, "body": row.body, "gone": row.gone, "new": row.new} for row in listed
        ],
        receipts=[ReceiptOut(**vars(one)) for one in service.receipts(db, [dossier.id or 0]).get(dossier.id or 0, [])],
    )  # fmt: skip
