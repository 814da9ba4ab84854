"""JSON of what is decided about themes: the acts so far, one more, and one taken back."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from cocreate.core.errors import NotFound
from cocreate.core.tables import MAX_ID
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.refusals import FOR_TOKENS, refusals
from feedback_cluster.themes import decisions
from feedback_cluster.themes.models import DecisionKind, DeclineReason, ThemeDecision
from feedback_cluster.themes.queries import get_theme, resolve
from feedback_cluster.themes.service import AlreadySo
from feedback_cluster.triage import bulk
from feedback_cluster.triage.models import BulkAct

router = APIRouter(prefix="/api/v1", tags=["themes"])
READ = [allow("theme.read", scope="themes:read")]
WRITE = [allow("theme.triage", scope="themes:write")]
Number = Annotated[int | None, Field(ge=1, le=MAX_ID)]

ACT: dict[str, Any] = {
    "id": 731, "theme_id": 12, "kind": "assign", "by_id": 4, "at": "2026-11-18T04:00:00Z", "undoes_id": None,
    "taken_back": False,
}  # fmt: skip


class ActOut(BaseModel):
    """One decision about a theme. undoes_id: the one that it takes back, for the kind undo."""

    model_config = ConfigDict(json_schema_extra={"example": ACT})

    id: int
    theme_id: int
    kind: DecisionKind
    by_id: int | None
    at: datetime
    undoes_id: int | None
    taken_back: bool


class ActPage(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"items": [ACT], "next_cursor": None}})

    items: list[ActOut]
    next_cursor: str | None


class ActIn(BaseModel):
    """What to do. member_id, department_id, area_id: for assign, department and area; null: nobody, none. reason,
    sentence and alternative: for decline, whose sentence owners read."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"act": "assign", "member_id": 4},
                {"act": "decline", "reason": "not_safe", "sentence": "行车中会分心。", "alternative": "停车后可以看。"},
            ]
        }
    )

    act: BulkAct
    member_id: Number = None
    department_id: Number = None
    area_id: Number = None
    reason: DeclineReason | None = None
    sentence: str = ""
    alternative: str = ""


@router.get("/themes/{theme_id}/acts", dependencies=READ, responses={**FOR_TOKENS, **refusals(NotFound)})
def list_acts(
    theme_id: RowId,
    db: ReadDb,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> ActPage:
    """Decisions about a theme and what was merged into it, newest first."""
    root_id = get_theme(db, resolve(db, theme_id)).id or 0
    found = decisions.history(db, root_id, limit=limit + 1, before_id=cursor)
    items = [_out(row, gone) for row, gone in found[:limit]]
    return ActPage(items=items, next_cursor=str(items[-1].id) if len(found) > limit else None)


@router.post(
    "/themes/{theme_id}/acts",
    dependencies=WRITE,
    status_code=201,
    responses={**FOR_TOKENS, **refusals(NotFound, AlreadySo, bulk.NoSuchChoice)},
)
def act_on_theme(theme_id: RowId, actor: CurrentActor, db: Db, told: Annotated[ActIn, Body()]) -> ActOut:
    """Do one thing to a theme: the same acts, with the same rules, as beside the queue."""
    said = {
        "member": told.member_id, "department": told.department_id, "area": told.area_id, "reason": told.reason or "",
        "sentence": told.sentence, "alternative": told.alternative,
    }  # fmt: skip
    return _out(bulk.act_on(db, get_theme(db, theme_id), told.act, said, by=actor), False)


@router.post(
    "/themes/{theme_id}/acts/{act_id}/undo",
    dependencies=WRITE,
    responses={**FOR_TOKENS, **refusals(NotFound, decisions.Overtaken)},
)
def undo_act(theme_id: RowId, act_id: RowId, actor: CurrentActor, runtime: CurrentRuntime, db: Db) -> ActOut:
    """Take one decision back, exactly; refused once somebody has decided anew about the same."""
    _of_theme(db, theme_id, act_id)
    return _out(decisions.undo(db, act_id, by=actor, zone=runtime.settings.zone), False)


def _of_theme(db: Session, theme_id: int, act_id: int) -> None:
    decision = db.get(ThemeDecision, act_id)
    if decision is None or resolve(db, decision.theme_id) != resolve(db, theme_id):
        raise NotFound(f"decision {act_id} of theme {theme_id}")


def _out(row: ThemeDecision, taken_back: bool) -> ActOut:
    facts = {name: getattr(row, name) for name in ActOut.model_fields if hasattr(row, name)}
    return ActOut(**facts, taken_back=taken_back)
