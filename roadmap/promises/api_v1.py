"""The ledger as JSON: read by everybody, written with a token of a product manager."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, status
from pydantic import BaseModel, ConfigDict, Field

from cocreate.core.errors import Invalid, NotFound
from cocreate.core.text_marks import N_
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.paging import BadCursor
from cocreate.web.refusals import FOR_TOKENS, refusals
from roadmap.promises import queries, service
from roadmap.promises.acts import KeptByItself, act_on
from roadmap.promises.follow import today
from roadmap.promises.forms import ActForm
from roadmap.promises.history import PromiseSettled, ReasonMissing
from roadmap.promises.models import PromiseAct, PromiseKind, PromiseState
from roadmap.promises.queries import Entry
from roadmap.promises.service import Words

router = APIRouter(prefix="/api/v1", tags=["promises"])
READ = [allow("roadmap.read")]
WRITE = [allow("roadmap.edit", scope="roadmap:write")]
Model = Annotated[str, Field(min_length=1, max_length=60)]
LINE: dict[str, Any] = {
    "act": "moved", "at": "2026-08-30T02:00:00Z", "reason": "芯片晚到两个月。", "before_on": "2026-09-30",
    "after_on": "2026-12-31", "data": {},
}  # fmt: skip
LISTED: dict[str, Any] = {
    "id": 4, "kind": "item", "about": "item:3", "wording": "低功耗哨兵", "models": [], "scope": "", "measure": "",
    "starts_on": "2026-10-01", "due_on": "2026-12-31", "first_due_on": "2026-09-30", "moves": 1, "state": "open",
    "overdue": False, "settled_on": None, "reason": "芯片晚到两个月。", "url": "/promises/4",
}  # fmt: skip
RATE: dict[str, Any] = {
    "kept": 11, "late": 1, "owed": 1, "dropped": 1, "standing": 6, "first_day": 8, "due": 14, "share": 0.786,
}  # fmt: skip
MADE: dict[str, Any] = {
    "wording": "保养超过 45 分钟免工时费",
    "models": ["云麓"],
    "measure": "工单上的进出站时间",
    "starts_on": "2026-10-01",
}


class LineOut(BaseModel):
    """One entry of a history."""

    model_config = ConfigDict(json_schema_extra={"example": LINE})

    act: PromiseAct
    at: datetime
    reason: str
    before_on: date | None
    after_on: date | None
    data: dict[str, Any]


class ListedOut(BaseModel):
    """A promise as it stands. state late: kept after its day, or (overdue) still owed. reason: the newest one given."""

    model_config = ConfigDict(json_schema_extra={"example": LISTED})

    id: int
    kind: PromiseKind
    about: str | None
    wording: str
    models: list[str]
    scope: str
    measure: str
    starts_on: date | None
    due_on: date | None
    first_due_on: date | None
    moves: int
    state: PromiseState
    overdue: bool
    settled_on: date | None
    reason: str
    url: str


class PromiseOut(ListedOut):
    """A promise with everything that happened to it."""

    model_config = ConfigDict(json_schema_extra={"example": {**LISTED, "history": [LINE]}})

    history: list[LineOut]


class RateOut(BaseModel):
    """Of the promises whose day has come (due): kept in time, late, owed (late and not there yet), dropped. share is
    kept of due. first_day: of kept, those on the day that was said first. standing: their day is yet to come."""

    model_config = ConfigDict(json_schema_extra={"example": RATE})

    kept: int
    late: int
    owed: int
    dropped: int
    standing: int
    first_day: int
    due: int
    share: float | None


class PromisesOut(BaseModel):
    items: list[ListedOut]
    next_cursor: str | None
    rate: RateOut


class PromiseIn(BaseModel):
    """A promise of its own; without due_on it stands until further notice."""

    model_config = ConfigDict(json_schema_extra={"example": MADE}, extra="forbid")

    wording: str = Field(min_length=1, max_length=300)
    models: list[Model] = Field(default_factory=list, max_length=40)
    scope: str = Field("", max_length=200)
    measure: str = Field("", max_length=300)
    starts_on: date | None = None
    due_on: date | None = None


class PromiseChange(BaseModel):
    """What changes, and why. Only fields that are sent are changed."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"due_on": "2027-01-31", "reason": "冬季标定还要一个月。"}}, extra="forbid"
    )

    wording: str | None = Field(None, min_length=1, max_length=300)
    models: list[Model] | None = Field(None, max_length=40)
    scope: str | None = Field(None, max_length=200)
    measure: str | None = Field(None, max_length=300)
    starts_on: date | None = None
    due_on: date | None = None
    reason: str = Field("", max_length=1000)


@router.get("/promises", dependencies=READ, responses=refusals(BadCursor))
def list_promises(
    db: ReadDb, runtime: CurrentRuntime, state: PromiseState | None = None, kind: PromiseKind | None = None,
    model: Annotated[str | None, Query(max_length=60)] = None, limit: Annotated[int, Query(ge=1, le=100)] = 30,
    cursor: str | None = None
) -> PromisesOut:  # fmt: skip
    """Promises, what is due next first, and of all of them how many were kept."""
    now = today(runtime.settings.zone)
    found = queries.listing(
        db, now, state=state, kind=kind, models=[model] if model else None, cursor=cursor, limit=limit
    )
    rate = queries.rate(db, now)
    return PromisesOut(
        items=[ListedOut(**_listed(entry)) for entry in found.items], next_cursor=found.next_cursor,
        rate=RateOut(**vars(rate), due=rate.due, share=rate.share),
    )  # fmt: skip


@router.get("/promises/{promise_id}", dependencies=READ, responses=refusals(NotFound))
def read_promise(promise_id: RowId, db: ReadDb, runtime: CurrentRuntime) -> PromiseOut:
    """One promise with its history."""
    return _whole(db, promise_id, today(runtime.settings.zone))


@router.post(
    "/promises", dependencies=WRITE, status_code=status.HTTP_201_CREATED,
    responses={**FOR_TOKENS, **refusals(Invalid)},
)  # fmt: skip
def create_promise(
    said: Annotated[PromiseIn, Body()], actor: CurrentActor, db: Db, runtime: CurrentRuntime
) -> PromiseOut:
    """Promise something in public."""
    values = said.model_dump() | {"models": tuple(said.models)}
    if said.starts_on and said.due_on and said.starts_on > said.due_on:
        raise Invalid("a window that ends before it begins", fields={"due_on": N_("This does not fit.")})
    promise = service.make(db, Words(**values), kind=PromiseKind.SERVICE, by=actor)
    return _whole(db, promise.id or 0, today(runtime.settings.zone))


@router.patch(
    "/promises/{promise_id}", dependencies=WRITE,
    responses={**FOR_TOKENS, **refusals(NotFound, PromiseSettled, ReasonMissing)},
)  # fmt: skip
def change_promise(
    promise_id: RowId, said: Annotated[PromiseChange, Body()], actor: CurrentActor, db: Db, runtime: CurrentRuntime
) -> PromiseOut:
    """Word it anew or move its day; refused without a reason. The date of an item or a release moves there."""
    promise = service.get_promise(db, promise_id)
    before = vars(service.words_of(promise))
    sent = {name: getattr(said, name) for name in said.model_fields_set - {"reason"}}
    # A null empties a day; a text cannot be nothing.
    kept = {name: before[name] if value is None and not name.endswith("_on") else value for name, value in sent.items()}
    words = Words(**{**before, **kept, "models": tuple(kept.get("models", before["models"]))})
    service.reword(db, promise, words, reason=said.reason, by=actor)
    return _whole(db, promise_id, today(runtime.settings.zone))


@router.post(
    "/promises/{promise_id}/act", dependencies=WRITE,
    responses={**FOR_TOKENS, **refusals(NotFound, KeptByItself, ReasonMissing)},
)  # fmt: skip
def act_on_promise_v1(
    promise_id: RowId, said: Annotated[ActForm, Body()], actor: CurrentActor, db: Db, runtime: CurrentRuntime
) -> PromiseOut:
    """keep, drop (with a reason), explain (why it is late), or measure (cases and missed of a standing service)."""
    now = today(runtime.settings.zone)
    act_on(db, service.get_promise(db, promise_id), said, by=actor, today=now)
    return _whole(db, promise_id, now)


def _whole(db: ReadDb, promise_id: int, now: date) -> PromiseOut:
    (entry,) = queries.entries(db, [service.get_promise(db, promise_id)], now)
    history = [LineOut(**{name: getattr(line, name) for name in LineOut.model_fields}) for line in entry.history]
    return PromiseOut(**_listed(entry), history=history)


def _listed(entry: Entry) -> dict[str, Any]:
    row = entry.promise
    names = ("kind", "about", "wording", "models", "scope", "measure", "starts_on", "due_on", "first_due_on", "moves")
    return {
        "id": row.id,
        **{name: getattr(row, name) for name in names},
        "state": entry.state,
        "overdue": entry.overdue,
        "settled_on": row.settled_on,
        "reason": entry.reason,
        "url": f"/promises/{row.id}",
    }
