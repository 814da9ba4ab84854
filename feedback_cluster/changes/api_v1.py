"""JSON of runs and what they would change, for staff tokens."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from cocreate.core.errors import NotFound
from cocreate.core.tables import MAX_ID
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.refusals import FOR_TOKENS, refusals
from feedback_cluster.changes import queries, service
from feedback_cluster.changes.models import ChangeKind, Choice
from feedback_cluster.runs.models import Run, RunState, Verdict
from feedback_cluster.runs.service import get_run, recent_runs

router = APIRouter(prefix="/api/v1", tags=["themes"])
READ = [allow("theme.read", scope="themes:read")]
WRITE = [allow("theme.triage", scope="themes:write")]

RUN: dict[str, Any] = {
    "id": 31, "state": "done", "verdict": "proposed", "base_id": 30, "posts": 4210, "themes": 38, "rest": 310,
    "moved": 97, "known": 4180, "seconds": 3.9, "created_at": "2026-11-22T18:30:00Z",
    "finished_at": "2026-11-22T18:30:04Z", "can_undo": False,
}  # fmt: skip
CHANGE: dict[str, Any] = {
    "id": 512, "kind": "grew", "theme_id": 12, "theme_ids": [12], "name": "座椅通风噪音", "to": None,
    "choice": "open", "before": 41, "after": 52, "fresh": 9, "joined": 3, "left": 1, "seen": None,
    "flows": [[7, 12, 3], [12, 0, 1]], "posts": [318, 290, 77],
}  # fmt: skip


class RunOut(BaseModel):
    """A run and what became of it. verdict null: under way, or it came to nothing."""

    model_config = ConfigDict(json_schema_extra={"example": RUN})

    id: int
    state: RunState
    verdict: Verdict | None
    base_id: int | None
    posts: int
    themes: int
    rest: int
    moved: int
    known: int
    seconds: float
    created_at: datetime
    finished_at: datetime | None
    can_undo: bool


class RunPage(BaseModel):
    items: list[RunOut]
    next_cursor: str | None


class ChangeOut(BaseModel):
    """One change. flows: [from, to, voices], 0 for no theme; posts: some of the voices that move; to: the new name."""

    model_config = ConfigDict(json_schema_extra={"example": CHANGE})

    id: int
    kind: ChangeKind
    theme_id: int
    theme_ids: list[int]
    name: str
    to: str | None
    choice: Choice
    before: int | None
    after: int | None
    fresh: int | None
    joined: int | None
    left: int | None
    seen: int | None
    flows: list[list[int]]
    posts: list[int]


class ChangesOut(BaseModel):
    """A run with all that it changes."""

    model_config = ConfigDict(json_schema_extra={"example": {"run": RUN, "items": [CHANGE]}})

    run: RunOut
    items: list[ChangeOut]


class ApproveIn(BaseModel):
    """only: the changes that shall take effect; left out: all that nobody rejected and two runs have seen."""

    model_config = ConfigDict(json_schema_extra={"example": {"only": [512, 514]}})

    only: list[Annotated[int, Field(ge=1, le=MAX_ID)]] | None = None


@router.get("/runs", dependencies=READ, responses=FOR_TOKENS)
def list_runs(
    db: ReadDb,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> RunPage:
    """Runs, newest first; the one with the verdict `proposed` waits for approval."""
    runs = recent_runs(db, before_id=cursor, limit=limit + 1)
    undoable = service.undoable(db, runs[:limit])
    items = [_run(run, can_undo=run.id in undoable) for run in runs[:limit]]
    return RunPage(items=items, next_cursor=str(runs[limit - 1].id) if len(runs) > limit else None)


@router.get("/runs/{run_id}/changes", dependencies=READ, responses={**FOR_TOKENS, **refusals(NotFound)})
def read_changes(run_id: RowId, db: ReadDb) -> ChangesOut:
    """What a run changes, or would change."""
    return _answer(db, get_run(db, run_id))


@router.post(
    "/runs/{run_id}/approve",
    dependencies=WRITE,
    status_code=202,
    responses={**FOR_TOKENS, **refusals(NotFound, service.NotWaiting)},
)
def approve_proposal(
    run_id: RowId, actor: CurrentActor, db: Db, told: Annotated[ApproveIn | None, Body()] = None
) -> ChangesOut:
    """Let a proposal take effect within seconds, wholly or in part; the verdict then tells how far it is."""
    only = told.only if told is not None else None
    service.approve(db, get_run(db, run_id), by=actor, only=set(only) if only is not None else None)
    return _answer(db, get_run(db, run_id))


@router.post(
    "/runs/{run_id}/reject", dependencies=WRITE, responses={**FOR_TOKENS, **refusals(NotFound, service.NotWaiting)}
)
def reject_proposal(run_id: RowId, actor: CurrentActor, db: Db) -> ChangesOut:
    """Keep everything as it is."""
    service.reject(db, get_run(db, run_id), by=actor)
    return _answer(db, get_run(db, run_id))


@router.post(
    "/runs/{run_id}/undo",
    dependencies=WRITE,
    status_code=202,
    responses={**FOR_TOKENS, **refusals(NotFound, service.UndoGone)},
)
def undo_proposal(run_id: RowId, actor: CurrentActor, db: Db) -> ChangesOut:
    """Go back to the run before within seconds, or let a rejected proposal wait again."""
    service.undo(db, get_run(db, run_id), by=actor)
    return _answer(db, get_run(db, run_id))


def _run(run: Run, *, can_undo: bool) -> RunOut:
    values = {name: getattr(run, name) for name in RunOut.model_fields if hasattr(run, name)}
    return RunOut(**values, can_undo=can_undo)


def _answer(db: Session, run: Run) -> ChangesOut:
    db.flush()
    items = [
        ChangeOut(
            id=change.id or 0,
            kind=change.kind,
            theme_id=change.theme_id,
            theme_ids=change.theme_ids,
            choice=change.choice,
            posts=change.posts,
            flows=change.figures.get("flows", []),
            **{name: change.figures.get(name) for name in ("to", "before", "after", "fresh", "joined", "left", "seen")},
            name=change.figures.get("name", ""),
        )
        for change in queries.changes_of(db, run)
    ]
    return ChangesOut(run=_run(run, can_undo=service.can_undo(db, run)), items=items)
