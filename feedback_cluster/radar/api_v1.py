"""JSON of the radar, for staff tokens."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel, ConfigDict, Field

from cocreate.core.errors import NotFound
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.paging import BadCursor
from cocreate.web.refusals import FOR_TOKENS, refusals
from feedback_cluster.radar import alerts, queries
from feedback_cluster.radar.models import AlertState

router = APIRouter(prefix="/api/v1", tags=["radar"])
READ = [allow("theme.read", scope="themes:read")]
WRITE = [allow("theme.triage", scope="themes:write")]
EXAMPLE: dict[str, Any] = {
    "id": 4, "theme_id": 12, "theme": "座椅通风噪音", "state": "open", "opened_at": "2026-11-22T08:00:00Z",
    "first_day": "2026-11-20", "last_day": "2026-11-22", "seen": 24, "expected": 6.2, "spread": 2.7, "days": 3,
    "evidence": 4.9, "people": 22, "negative": 0.71, "newcomers": 0.35,
    "groups": [{"kind": "model_year", "value": "云麓 2024", "seen": 15, "share": 0.625, "usual": 0.31}],
    "curve": [2, 1, 3, 2, 9, 13], "curve_until": "2026-11-22", "reason": "", "incident_id": None,
}  # fmt: skip


class GroupOut(BaseModel):
    """Owners whom the rise is mostly about. share: of the rise; usual: their share in the weeks before."""

    kind: str
    value: str
    seen: int
    share: float
    usual: float


class AlertOut(BaseModel):
    """A rise: `seen` voices in the last `days` days up to last_day, where expected ± spread were usual.

    theme_id null: everything rises at once. negative: share of complaints; newcomers: share of people who speak for the
    first time; curve: voices a day, the last one of curve_until.
    """

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    id: int
    theme_id: int | None
    theme: str
    state: AlertState
    opened_at: datetime
    first_day: str
    last_day: str
    seen: int
    expected: float
    spread: float
    days: int
    evidence: float
    people: int
    negative: float | None
    newcomers: float | None
    groups: list[GroupOut]
    curve: list[int]
    curve_until: str
    reason: str
    incident_id: int | None


class AlertPage(BaseModel):
    items: list[AlertOut]
    next_cursor: str | None


class Verdict(StrEnum):
    WATCH = "watch"
    FALSE_ALARM = "false_alarm"
    INCIDENT = "incident"
    REOPEN = "reopen"


class VerdictIn(BaseModel):
    """What a person makes of an alert; a false alarm needs a reason."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"verdict": "false_alarm", "reason": "车展当天，大家都在问"}}
    )

    verdict: Verdict
    reason: str = Field(default="", max_length=alerts.LONGEST_REASON)


@router.get("/radar/alerts", dependencies=READ, responses={**FOR_TOKENS, **refusals(BadCursor)})
def list_alerts(
    db: ReadDb,
    standing: bool = True,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: str | None = None,
) -> AlertPage:
    """Alerts that stand, newest first; with standing=false those that do not any more."""
    listing = queries.alerts(db, standing=standing, cursor=cursor, limit=limit)
    return AlertPage(items=[_out(row) for row in listing.items], next_cursor=listing.next_cursor)


@router.get("/radar/alerts/{alert_id}", dependencies=READ, responses={**FOR_TOKENS, **refusals(NotFound)})
def read_alert(alert_id: RowId, db: ReadDb) -> AlertOut:
    """One alert, as it explains itself."""
    return _out(queries.row_of(db, alerts.get_alert(db, alert_id)))


@router.post(
    "/radar/alerts/{alert_id}/verdict",
    dependencies=WRITE,
    responses={**FOR_TOKENS, **refusals(NotFound, alerts.AlertMoved, alerts.ReasonMissing)},
)
def decide_alert(alert_id: RowId, actor: CurrentActor, db: Db, said: Annotated[VerdictIn, Body()]) -> AlertOut:
    """Watch it, call it a false alarm, make it an incident, or open it again."""
    alert = alerts.get_alert(db, alert_id)
    if said.verdict is Verdict.WATCH:
        alerts.watch(db, alert, by=actor)
    elif said.verdict is Verdict.FALSE_ALARM:
        alerts.call_false(db, alert, said.reason, by=actor)
    elif said.verdict is Verdict.INCIDENT:
        alerts.open_incident(db, alert, by=actor)
    else:
        alerts.reopen(db, alert, by=actor)
    db.flush()
    return _out(queries.row_of(db, alert))


def _out(row: queries.AlertRow) -> AlertOut:
    facts = {name: getattr(row.alert, name) for name in AlertOut.model_fields if hasattr(row.alert, name)}
    return AlertOut(**facts, theme=row.theme, incident_id=row.incident_id)
