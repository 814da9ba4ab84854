"""Releases as JSON: read by anyone, written and rolled out by a product manager's token."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from cocreate.core.errors import NotFound
from cocreate.core.runtime import Runtime
from cocreate.core.tables import MAX_ID
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.paging import BadCursor
from cocreate.web.refusals import FOR_TOKENS, refusals
from roadmap.boards.audience import reader_of
from roadmap.promises.service import ReasonMissing
from roadmap.releases import rollout, service
from roadmap.releases.forms import Day
from roadmap.releases.models import NoteLabel, ReleaseState
from roadmap.releases.queries import Letter, get_release, letter, released_letters
from roadmap.releases.rollout import Stopped
from roadmap.releases.service import Draft, VersionTaken

router = APIRouter(prefix="/api/v1", tags=["releases"])


LETTER: dict[str, Any] = {
    "id": 2, "version": "2.1", "title": "夜里也看得清", "intro": "……", "state": "done", "public": True,
    "planned_for": "2026-10-20", "released_at": "2026-10-23T04:00:00Z", "models": ["云麓"], "rollout_percent": 100,
    "rollout": {}, "halted": "", "notes": [{"label": "better", "text": "360 影像夜间降噪", "item_id": 14}],
    "url": "/releases/2",
}  # fmt: skip
WRITE = [allow("roadmap.edit", scope="roadmap:write")]


class NoteOut(BaseModel):
    label: NoteLabel
    text: str
    item_id: int | None


class ReleaseOut(BaseModel):
    """One release. halted: why it was paused or taken back; rollout: percent by model, empty where all are alike."""

    model_config = ConfigDict(json_schema_extra={"examples": [LETTER]})

    id: int
    version: str
    title: str
    intro: str
    state: ReleaseState
    public: bool
    planned_for: date | None
    released_at: datetime | None
    models: list[str]
    rollout_percent: int
    rollout: dict[str, int]
    halted: str
    notes: list[NoteOut]
    url: str


class ReleasesOut(BaseModel):
    items: list[ReleaseOut]
    next_cursor: str | None


class NoteIn(BaseModel):
    label: NoteLabel
    text: Annotated[str, Field(min_length=1, max_length=400)]
    item_id: Annotated[int | None, Field(ge=1, le=MAX_ID)] = None


class ReleaseIn(BaseModel):
    """A release as it shall be. reason: needed when a planned day that stands in public changes or goes, and when what
    is out is made private or given a day to come."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "version": "2.4", "title": "出远门", "intro": "……", "models": ["云麓"], "planned_for": "2026-12-15",
                "reason": "低温标定多要两周", "released_on": None, "public": True,
                "notes": [{"label": "new", "text": "一键儿童模式", "item_id": 12}],
            }
        }
    )  # fmt: skip

    version: Annotated[str, Field(min_length=1, max_length=40)]
    title: Annotated[str, Field(min_length=1, max_length=120)]
    intro: Annotated[str, Field(max_length=4000)] = ""
    models: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=40)] = []
    planned_for: Day | None = None
    reason: Annotated[str, Field(max_length=1000)] = ""
    released_on: Day | None = None
    public: bool = False
    notes: Annotated[list[NoteIn], Field(max_length=200)] = []

    @property
    def draft(self) -> Draft:
        return Draft(
            version=self.version, title=self.title, intro=self.intro, models=self.models,
            planned_for=self.planned_for, reason=self.reason, released_on=self.released_on, public=self.public,
            notes=[(note.label, note.text, note.item_id) for note in self.notes],
        )  # fmt: skip


class StepIn(BaseModel):
    """One step of a roll-out; model empty: of all models alike."""

    model_config = ConfigDict(json_schema_extra={"example": {"model": "云麓", "percent": 30, "sentence": "先推三成。"}})

    model: Annotated[str, Field(max_length=60)] = ""
    percent: Annotated[int, Field(ge=1, le=100)]
    sentence: Annotated[str, Field(max_length=400)] = ""


class HaltIn(BaseModel):
    """A stop, a going on or a taking back, with the sentence that owners read."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"act": "pause", "sentence": "个别车重启变慢，先停下来查。"}}
    )

    act: Literal["pause", "resume", "roll_back"]
    sentence: Annotated[str, Field(min_length=1, max_length=400)]


@router.get("/releases", dependencies=[allow("roadmap.read")], responses=refusals(BadCursor))
def api_releases(
    db: ReadDb, runtime: CurrentRuntime, limit: Annotated[int, Query(ge=1, le=50)] = 20, cursor: str | None = None
) -> ReleasesOut:
    """What went to the cars, newest first."""
    listing = released_letters(db, cursor=cursor, limit=limit)
    items = [_out(letter, runtime) for letter in listing.items]
    return ReleasesOut(items=items, next_cursor=listing.next_cursor)


@router.get("/releases/{release_id}", dependencies=[allow("roadmap.read")], responses=refusals(NotFound))
def api_release(release_id: RowId, db: ReadDb, runtime: CurrentRuntime, actor: CurrentActor) -> ReleaseOut:
    """One release, planned ones too."""
    row = get_release(db, release_id, drafts=reader_of(actor).can("roadmap.edit"))
    return _out(letter(db, row), runtime)


@router.post("/releases", status_code=201, dependencies=WRITE, responses={**FOR_TOKENS, **refusals(VersionTaken)})
def api_add_release(sent: ReleaseIn, db: Db, runtime: CurrentRuntime, actor: CurrentActor) -> ReleaseOut:
    """Write a release."""
    row = service.write_release(db, sent.draft, by=actor, zone=runtime.settings.zone)
    return _out(letter(db, row), runtime)


@router.put(
    "/releases/{release_id}",
    dependencies=WRITE,
    responses={**FOR_TOKENS, **refusals(NotFound), **refusals(ReasonMissing)},
)
def api_save_release(
    release_id: RowId, sent: ReleaseIn, db: Db, runtime: CurrentRuntime, actor: CurrentActor
) -> ReleaseOut:
    """Write a release anew; 422 when a public day changes, or what is out is hidden, and no reason is sent."""
    row = get_release(db, release_id, drafts=True)
    service.write_release(db, sent.draft, by=actor, zone=runtime.settings.zone, release=row)
    return _out(letter(db, row), runtime)


@router.post(
    "/releases/{release_id}/rollout", dependencies=WRITE, responses={**FOR_TOKENS, **refusals(NotFound, Stopped)}
)
def api_step_rollout(
    release_id: RowId, sent: StepIn, db: Db, runtime: CurrentRuntime, actor: CurrentActor
) -> ReleaseOut:
    """Send it to more cars; the first step releases it."""
    row = get_release(db, release_id, drafts=True)
    rollout.roll_out(db, row, model=sent.model, percent=sent.percent, sentence=sent.sentence, by=actor)
    return _out(letter(db, row), runtime)


@router.post("/releases/{release_id}/halt", dependencies=WRITE, responses={**FOR_TOKENS, **refusals(NotFound, Stopped)})
def api_halt_rollout(
    release_id: RowId, sent: HaltIn, db: Db, runtime: CurrentRuntime, actor: CurrentActor
) -> ReleaseOut:
    """Stop it, let it go on, or take it back."""
    row = get_release(db, release_id, drafts=True)
    act = {"pause": rollout.pause, "resume": rollout.resume, "roll_back": rollout.roll_back}[sent.act]
    act(db, row, sentence=sent.sentence, by=actor)
    return _out(letter(db, row), runtime)


def _out(shown: Letter, runtime: Runtime) -> ReleaseOut:
    row, zone = shown.release, runtime.settings.zone
    notes = [
        NoteOut(label=label, text=note.text, item_id=note.item_id)
        for label, found in shown.notes.items()
        for note in found
    ]
    return ReleaseOut(
        id=shown.id, version=row.version, title=row.title, intro=row.intro, state=row.state, public=row.public,
        planned_for=row.planned_for.astimezone(zone).date() if row.planned_for else None,
        released_at=row.released_at, models=row.models, rollout_percent=row.rollout_percent, rollout=row.rollout,
        halted=shown.halted, notes=notes, url=f"/releases/{shown.id}",
    )  # fmt: skip
