"""Announcements as JSON: published ones for everybody, the check and its steps for tokens of product managers."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, status
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlmodel import Session

from cocreate.core.actor import GUEST
from cocreate.core.errors import Invalid, NotFound
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.paging import BadCursor
from cocreate.web.refusals import FOR_TOKENS, refusals
from roadmap.fairness import queries, service
from roadmap.fairness.counting import checked, groups_of
from roadmap.fairness.models import Announcement, AnnouncementKind, AnnouncementState
from roadmap.fairness.rules import Group, Rule
from roadmap.publishing.approval import SamePerson

router = APIRouter(prefix="/api/v1", tags=["announcements"])
READ = [allow("roadmap.read")]
WRITE = [allow("roadmap.edit", scope="roadmap:write")]
Name = Annotated[str, Field(min_length=1, max_length=60)]
Year = Annotated[int | None, Field(ge=1950, le=2200)]
RULE: dict[str, Any] = {"models": ["极境"], "ordered_from": "2022-01-01", "ordered_to": "2022-12-31"}
WRITTEN: dict[str, Any] = {
    "kind": "benefit", "title": "2022 购车礼遇", "text": "2022 年下定的车主可获 6000 元选装金。",
    "groups": [{"gain": "6000 元选装金", "value": 6000, "rule": RULE}], "answer": "", "tell_others": True,
}  # fmt: skip
NEIGHBOUR: dict[str, Any] = {
    "group": 0, "side": "ordered_before", "owners": 1204, "cars": 1210, "first": "2021-01-03", "last": "2021-12-30",
    "part": 0, "missing": 6000,
}  # fmt: skip
FINDINGS: dict[str, Any] = {
    "gaining": [2310], "gaining_owners": 2310, "losing_owners": 1204, "also": 6, "further": 85, "unknown": 12,
    "neighbours": [NEIGHBOUR],
}  # fmt: skip
SHOWN: dict[str, Any] = {
    **WRITTEN, "id": 3, "state": "published", "published_at": "2026-11-20T02:00:00Z", "withdrawn_because": "",
    "url": "/announcements/3",
}  # fmt: skip


class RuleModel(BaseModel):
    """Conditions on a car, all of which must hold. Years and days are included."""

    model_config = ConfigDict(json_schema_extra={"example": RULE}, extra="forbid")

    models: list[Name] = Field(default_factory=list, max_length=40)
    year_from: Year = None
    year_to: Year = None
    ordered_from: date | None = None
    ordered_to: date | None = None
    hardware: list[Name] = Field(default_factory=list, max_length=40)
    regions: list[Name] = Field(default_factory=list, max_length=40)
    verified: bool = False

    @model_validator(mode="after")
    def _upright(self) -> "RuleModel":
        spans = ((self.year_from, self.year_to), (self.ordered_from, self.ordered_to))
        if any(first and last and first > last for first, last in spans):  # type: ignore[operator]
            raise ValueError("ends before it begins")
        return self

    @property
    def rule(self) -> Rule:
        values: dict[str, Any] = self.model_dump()
        return Rule(**{**values, **{name: tuple(values[name]) for name in ("models", "hardware", "regions")}})


class GroupModel(BaseModel):
    """Cars that gain something; value 0: not said what it is worth."""

    gain: str = Field(min_length=1, max_length=200)
    value: int = Field(0, ge=0, le=100_000_000)
    rule: RuleModel


class AnnouncementIn(BaseModel):
    """answer: prepared for those who gain less. tell_others: they get it in a message as well."""

    model_config = ConfigDict(json_schema_extra={"example": WRITTEN}, extra="forbid")

    kind: AnnouncementKind
    title: str = Field(min_length=1, max_length=120)
    text: str = Field(min_length=1, max_length=8000)
    groups: list[GroupModel] = Field(min_length=1, max_length=20)
    answer: str = Field("", max_length=4000)
    tell_others: bool = False

    @property
    def draft(self) -> service.Draft:
        groups = tuple(Group(one.rule.rule, one.gain, one.value) for one in self.groups)
        return service.Draft(self.kind, self.title, self.text, groups, self.answer.strip(), self.tell_others)


class AnnouncementOut(AnnouncementIn):
    model_config = ConfigDict(json_schema_extra={"example": SHOWN})

    id: int
    state: AnnouncementState
    published_at: datetime | None
    withdrawn_because: str
    url: str


class NeighbourOut(BaseModel):
    """Owners beside a group who gain less. side: by which condition they miss it. part: how many gain something, but
    less. missing: what the group gains more, at least."""

    model_config = ConfigDict(json_schema_extra={"example": NEIGHBOUR})

    group: int
    side: str
    owners: int
    cars: int
    first: str
    last: str
    part: int
    missing: int


class FindingsOut(BaseModel):
    """gaining: owners by group. losing_owners: distinct owners of neighbouring cars; also: of them, those who gain with
    another car; further: owners of the models named, no neighbours, without a gain; unknown: without an order date."""

    model_config = ConfigDict(json_schema_extra={"example": FINDINGS})

    gaining: list[int]
    gaining_owners: int
    losing_owners: int
    also: int
    further: int
    unknown: int
    neighbours: list[NeighbourOut]


class CheckedOut(AnnouncementOut):
    """An announcement with its check: as of now, or as counted when it was published. Where the cars are many it is of
    the last hour, and null until they were counted."""

    model_config = ConfigDict(json_schema_extra={"example": {**SHOWN, "findings": FINDINGS}})

    findings: FindingsOut | None


class AnnouncementsOut(BaseModel):
    items: list[AnnouncementOut]
    next_cursor: str | None


@router.get("/announcements", dependencies=READ, responses=refusals(BadCursor))
def list_announcements(
    db: ReadDb, limit: Annotated[int, Query(ge=1, le=100)] = 20, cursor: str | None = None
) -> AnnouncementsOut:
    """What was announced, newest first."""
    found = queries.published(db, cursor=cursor, limit=limit)
    return AnnouncementsOut(items=[_shown(db, row) for row in found.items], next_cursor=found.next_cursor)


@router.get("/announcements/{announcement_id}", dependencies=READ, responses=refusals(NotFound))
def read_announcement(announcement_id: RowId, db: ReadDb) -> AnnouncementOut:
    """One announcement that was published."""
    return _shown(db, service.get_announcement(db, announcement_id, GUEST))


@router.post("/announcements", dependencies=WRITE, status_code=status.HTTP_201_CREATED, responses=FOR_TOKENS)
def create_announcement(said: Annotated[AnnouncementIn, Body()], actor: CurrentActor, db: Db) -> CheckedOut:
    """Write an announcement; the answer says who would gain less. Nobody outside sees it yet."""
    return _checked(db, service.write(db, said.draft, by=actor))


@router.put(
    "/announcements/{announcement_id}", dependencies=WRITE,
    responses={**FOR_TOKENS, **refusals(NotFound, service.NotNow)},
)  # fmt: skip
def change_announcement(
    announcement_id: RowId, said: Annotated[AnnouncementIn, Body()], actor: CurrentActor, db: Db
) -> CheckedOut:
    """Other words or groups; an approval is void then."""
    row = service.get_announcement(db, announcement_id, actor)
    service.edit(db, row, said.draft, by=actor)
    return _checked(db, row)


@router.get(
    "/announcements/{announcement_id}/check", dependencies=WRITE, responses={**FOR_TOKENS, **refusals(NotFound)}
)
def check_announcement(announcement_id: RowId, actor: CurrentActor, db: ReadDb) -> CheckedOut:
    """Who gains and who gains less."""
    return _checked(db, service.get_announcement(db, announcement_id, actor))


@router.post(
    "/announcements/{announcement_id}/approve", dependencies=WRITE,
    responses={**FOR_TOKENS, **refusals(NotFound, SamePerson, service.AnswerMissing, service.NotCounted)},
)  # fmt: skip
def approve_announcement_v1(announcement_id: RowId, actor: CurrentActor, db: Db) -> CheckedOut:
    """Agree to exactly these words, as somebody else than their writer."""
    row = service.get_announcement(db, announcement_id, actor)
    service.approve(db, row, by=actor)
    return _checked(db, row)


@router.post(
    "/announcements/{announcement_id}/publish", dependencies=WRITE,
    responses={
        **FOR_TOKENS,
        **refusals(NotFound, service.SecondPersonMissing, service.AnswerMissing, service.NotCounted),
    },
)  # fmt: skip
def publish_announcement_v1(announcement_id: RowId, actor: CurrentActor, db: Db) -> CheckedOut:
    """Publish what was approved, and tell those whom it concerns."""
    row = service.get_announcement(db, announcement_id, actor)
    service.publish(db, row, by=actor)
    return _checked(db, row)


@router.post(
    "/announcements/{announcement_id}/withdraw", dependencies=WRITE,
    responses={**FOR_TOKENS, **refusals(NotFound, service.NotNow, Invalid)},
)  # fmt: skip
def withdraw_announcement_v1(
    announcement_id: RowId, actor: CurrentActor, db: Db,
    reason: Annotated[str, Body(embed=True, max_length=1000, examples=["供应商调整了价格。"])] = ""
) -> AnnouncementOut:  # fmt: skip
    """Say that it no longer holds, and why."""
    row = service.get_announcement(db, announcement_id, actor)
    service.withdraw(db, row, reason=reason, by=actor)
    return _shown(db, row)


def _values(db: Session, row: Announcement) -> dict[str, Any]:
    groups = [{"gain": group.gain, "value": group.value, "rule": group.rule.as_json()} for group in groups_of(db, row)]
    names = ("id", "kind", "state", "title", "text", "answer", "tell_others", "published_at", "withdrawn_because")
    return {name: getattr(row, name) for name in names} | {"groups": groups, "url": f"/announcements/{row.id}"}


def _shown(db: Session, row: Announcement) -> AnnouncementOut:
    return AnnouncementOut(**_values(db, row))


def _checked(db: Session, row: Announcement) -> CheckedOut:
    found = row.findings if row.published_at else checked(db, row, groups_of(db, row))
    return CheckedOut(**_values(db, row), findings=FindingsOut(**found) if found else None)
