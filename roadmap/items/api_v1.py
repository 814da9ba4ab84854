"""The roadmap as JSON, for the brand's own pages and apps, and for product managers' tools.

Without a token, or with one that lacks the scope `roadmap:read`, the answer is what everybody may read.
"""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, status
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from cocreate.core.actor import Actor
from cocreate.core.errors import Invalid, NotFound
from cocreate.core.tables import MAX_ID
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.i18n import catalogue
from cocreate.web.paging import BadCursor, cut, decode_cursor
from cocreate.web.refusals import FOR_TOKENS, refusals
from roadmap.boards.audience import reader_of
from roadmap.boards.columns import Column, column_of, columns_of
from roadmap.boards.models import Audience
from roadmap.boards.queries import boards_of_item, get_board, open_boards
from roadmap.items import queries, service
from roadmap.items.forms import ItemForm, NewItemForm, StageForm
from roadmap.items.models import ItemStage, ItemStatus, RoadmapItem
from roadmap.items.queries import ItemCard, item_cards
from roadmap.items.windows import window_of
from roadmap.links import service as links
from roadmap.promises.service import ReasonMissing
from roadmap.publishing import service as prepared

router = APIRouter(prefix="/api/v1", tags=["roadmap"])
READ = [allow("roadmap.read")]
WRITE = [allow("roadmap.edit", scope="roadmap:write")]
ITEM: dict[str, Any] = {
    "id": 3, "title": "低功耗哨兵", "status": "started", "column": "开发中", "stage": "built",
    "stage_at": "2026-11-14T02:00:00Z", "people": 128, "voices": 74, "board_id": 1, "release": "2.4",
    "planned_from": "2027-03-01", "planned_to": "2027-03-31", "url": "/roadmap/3",
}  # fmt: skip
STEP: dict[str, Any] = {
    "stage": "built", "occurrence": 1, "sentence": "新的低功耗方案开始开发。", "at": "2026-11-14T02:00:00Z",
    "release": "2.4", "planned_to": "2027-03-31",
}  # fmt: skip
WHOLE: dict[str, Any] = {
    **ITEM, "what": "停车十分钟后降到每小时 60 瓦。", "why": "一夜掉电 5%，不敢开。", "boards": [2],
    "names_elsewhere": 40, "votes_elsewhere": 312, "steps": [STEP],
}  # fmt: skip
CHANGED: dict[str, Any] = {"item_id": 3, "change_id": 41, "stage": "built", "occurrence": 1}


class ItemOut(BaseModel):
    """One roadmap item. column: the brand's own word for its status; planned: first and last day of the window."""

    model_config = ConfigDict(json_schema_extra={"example": ITEM})

    id: int
    title: str
    status: ItemStatus
    column: str
    stage: ItemStage
    stage_at: datetime
    people: int
    voices: int
    board_id: int | None
    release: str | None
    planned_from: date | None
    planned_to: date | None
    url: str


class ItemsOut(BaseModel):
    items: list[ItemOut]
    next_cursor: str | None


class StepOut(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": STEP})

    stage: ItemStage
    occurrence: int
    sentence: str
    at: datetime
    release: str
    planned_to: date | None


class ItemDetail(ItemOut):
    """An item with its history. boards: those that the reader may open; names_elsewhere: of the people, those known by
    a name in an import; votes_elsewhere: counted there, never among the people."""

    model_config = ConfigDict(json_schema_extra={"example": WHOLE})

    what: str
    why: str
    boards: list[int]
    names_elsewhere: int
    votes_elsewhere: int
    steps: list[StepOut]


class BoardOut(BaseModel):
    """A board that the reader may open."""

    model_config = ConfigDict(json_schema_extra={"example": {"id": 2, "name": "认证车主", "audience": "verified"}})

    id: int
    name: str
    audience: Audience


class BoardsOut(BaseModel):
    items: list[BoardOut]
    next_cursor: str | None = None


class ItemPatch(BaseModel):
    """What changes; what is left out stays. A public date moves with a `reason` alone. planned: 2027-03, 2027Q2, a day,
    or empty for none."""

    model_config = ConfigDict(json_schema_extra={"example": {"planned": "2027Q2", "reason": "供应商晚了六周。"}})

    title: str | None = Field(None, min_length=1, max_length=120)
    what: str | None = Field(None, max_length=4000)
    why: str | None = Field(None, max_length=4000)
    board: Annotated[int | None, Field(ge=1, le=MAX_ID)] = None
    views: list[Annotated[int, Field(ge=1, le=MAX_ID)]] | None = Field(None, max_length=40)
    public: bool | None = None
    planned: str | None = Field(None, max_length=40)
    reason: str = Field("", max_length=1000)


class StageIn(StageForm):
    """A step with its sentence to owners. `planned` left out keeps the window; `seen` 0 asks nothing."""

    planned: str | None = Field(None, max_length=40)  # type: ignore[assignment]


class ChangedOut(BaseModel):
    """The step as it was written. change_id 0: it waits to be published."""

    model_config = ConfigDict(json_schema_extra={"example": CHANGED})

    item_id: int
    change_id: int
    stage: ItemStage
    occurrence: int


@router.get("/roadmap", dependencies=READ, responses=refusals(BadCursor, NotFound))
def api_roadmap(
    db: ReadDb,
    actor: CurrentActor,
    status: ItemStatus | None = None,
    board: Annotated[int | None, Query(ge=1, le=MAX_ID, description="A product line.")] = None,
    view: Annotated[int | None, Query(ge=1, le=MAX_ID, description="A board of the roadmap.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: str | None = None,
) -> ItemsOut:
    """Items, column by column, in the order of the board."""
    reader = reader_of(actor)
    shown_on = get_board(db, view, reader) if view else None
    cards = [
        card for card in item_cards(db, reader, board_id=board, view=shown_on) if status in (None, card.status)
    ]  # fmt: skip
    if cursor:
        # By the place and not by the row: the item that was read last may have moved or gone meanwhile.
        last = _place(cursor)
        cards = [card for card in cards if card.place > last]
    page = cut(cards, limit, lambda card: card.place)
    found = columns_of(db, "zh-Hans")
    return ItemsOut(items=[_out(card, found) for card in page.items], next_cursor=page.next_cursor)


def _place(cursor: str) -> tuple[Any, ...]:
    place = decode_cursor(cursor, 4)
    if [type(value) for value in place] != [str, int, int, int]:
        raise BadCursor(cursor[:40])
    return tuple(place)


@router.get("/roadmap/boards", dependencies=READ, responses=refusals(NotFound))
def api_boards(db: ReadDb, actor: CurrentActor) -> BoardsOut:
    """Boards that the reader may open, in their order."""
    rows = open_boards(db, reader_of(actor))
    return BoardsOut(items=[BoardOut(id=row.id or 0, name=row.name, audience=row.audience) for row in rows])


@router.get("/roadmap/{item_id}", dependencies=READ, responses=refusals(NotFound))
def api_item(item_id: RowId, db: ReadDb, actor: CurrentActor) -> ItemDetail:
    """One item with its history."""
    reader = reader_of(actor)
    return _detail(db, queries.get_item(db, item_id, reader), reader)


@router.post(
    "/roadmap",
    status_code=status.HTTP_201_CREATED,
    dependencies=WRITE,
    responses=FOR_TOKENS | refusals(Invalid, prepared.ManyReaders),
)
def api_add_item(form: NewItemForm, db: Db, actor: CurrentActor) -> ItemDetail:
    """A new item, perhaps linked to a theme or a post; with a sentence its first step is told to those behind it."""
    item = service.add_item(db, form, by=actor)
    if form.theme:
        links.link_theme(db, item, form.theme, by=actor)
    if form.post:
        links.link_post(db, item, form.post, by=actor)
    if form.sentence:
        prepared.check_alone(db, item)
    return _detail(db, item, actor)


@router.patch(
    "/roadmap/{item_id}", dependencies=WRITE, responses=FOR_TOKENS | refusals(NotFound, ReasonMissing)
)  # fmt: skip
def api_edit_item(item_id: RowId, patch: ItemPatch, db: Db, actor: CurrentActor) -> ItemDetail:
    """Change what an item says of itself, who may see it, or when it is planned."""
    item = queries.get_item(db, item_id, actor)
    window = window_of(item.planned_from, item.planned_to)
    known = {
        "title": item.title, "what": item.what, "why": item.why, "board": item.board_id, "public": item.shown,
        "views": sorted(service.boards_of(db, item)), "planned": window.written if window else "",
    }  # fmt: skip
    said = {name: value for name, value in patch.model_dump(exclude_unset=True).items() if value is not None}
    if "board" in patch.model_fields_set:
        said["board"] = patch.board
    service.edit_item(db, item, _form({**known, **said}), by=actor)
    return _detail(db, item, actor)


@router.post(
    "/roadmap/{item_id}/stage",
    dependencies=WRITE,
    responses=FOR_TOKENS | refusals(NotFound, service.StageMoved, ReasonMissing),
)
def api_change_stage(item_id: RowId, form: StageIn, db: Db, actor: CurrentActor) -> ChangedOut:
    """Take the item to a stage. With `prepare` the step waits to be published; where so many people would read it that
    a second person must approve, only that is possible."""
    item = queries.get_item(db, item_id, actor)
    if form.planned is None:
        window = window_of(item.planned_from, item.planned_to)
        form = form.model_copy(update={"planned": window.written if window else ""})
    if form.prepare:
        row = prepared.prepare(db, item, form, by=actor)
        return ChangedOut(item_id=item_id, change_id=0, stage=row.stage, occurrence=0)
    prepared.check_alone(db, item)
    change = service.change_stage(
        db, item, stage=form.stage, sentence=form.sentence, note=form.note, release_id=form.release,
        seen=form.seen or None, by=actor, column_id=form.column, window=form.window, reason=form.reason,
    )  # fmt: skip
    return ChangedOut(item_id=item_id, change_id=change.id or 0, stage=change.stage, occurrence=change.occurrence)


def _form(values: dict[str, Any]) -> ItemForm:
    try:
        return ItemForm.model_validate(values)
    except ValueError as error:
        raise Invalid(str(error), fields={"planned": Invalid.message}) from error


def _out(card: ItemCard, found: list[Column]) -> ItemOut:
    return ItemOut(
        id=card.id, title=card.title, status=card.status, column=_label(found, card), stage=card.stage,
        stage_at=card.stage_at, people=card.people, voices=card.voices, board_id=card.board_id,
        release=card.release.version if card.release else None,
        planned_from=card.window.first if card.window else None, planned_to=card.window.last if card.window else None,
        url=f"/roadmap/{card.id}",
    )  # fmt: skip


def _label(found: list[Column], card: ItemCard | RoadmapItem) -> str:
    return catalogue("zh-Hans").gettext(column_of(found, card.status, card.column_id).label)


def _detail(db: Session, item: RoadmapItem, reader: Actor) -> ItemDetail:
    item_id = item.id or 0
    release = queries.release_of(db, item, reader)
    return ItemDetail(
        id=item_id, title=item.title, status=item.status, column=_label(columns_of(db, "zh-Hans"), item),
        stage=item.stage, stage_at=item.stage_at, people=item.people, voices=item.voices, board_id=item.board_id,
        release=release.version if release else None, planned_from=item.planned_from,
        planned_to=item.planned_to, url=f"/roadmap/{item_id}", what=item.what, why=item.why,
        boards=[board.id or 0 for board in boards_of_item(db, item_id, reader)], names_elsewhere=item.labels,
        votes_elsewhere=item.imported_votes,
        steps=[
            StepOut(
                stage=step.stage, occurrence=step.occurrence, sentence=step.sentence, at=step.at, release=step.version,
                planned_to=step.window.last if step.window else None,
            )
            for step in queries.history(db, item_id, staff=reader.can("roadmap.edit"))
        ],
    )  # fmt: skip
