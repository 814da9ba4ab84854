"""Pages of items: the public board, one item, and the forms of product managers."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response
from sqlmodel import Session, select

from cocreate.core.errors import Invalid
from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import people
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm
from cocreate.web.page import CurrentPage, Page
from forum import api as forum
from roadmap.applicability.lines import my_items
from roadmap.items import queries, service
from roadmap.items.forms import BoundItem, BoundNewItem, BoundStage
from roadmap.items.models import ItemStage, ItemStatus, RoadmapItem
from roadmap.items.stages import STAGE_LABELS, STATUS_LABELS, TRACK
from roadmap.links import service as links
from roadmap.links.models import ItemPost
from roadmap.releases.queries import release_refs

router = APIRouter(include_in_schema=False)
EDIT = [allow("roadmap.edit")]
COLUMNS = (ItemStatus.CONSIDERING, ItemStatus.PLANNED, ItemStatus.STARTED, ItemStatus.SHIPPED, ItemStatus.DECLINED)


@router.get("/roadmap", dependencies=[allow("roadmap.read")])
def show_roadmap(
    page: CurrentPage,
    db: ReadDb,
    status: ItemStatus = ItemStatus.STARTED,
    board: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> Response:
    """The public board. `status` is the column that a phone shows."""
    cards = queries.item_cards(db, page.actor, board_id=board)
    shipped = [card.id for card in cards if card.status == ItemStatus.SHIPPED][:12]
    return page.render(
        "roadmap/items/board.html",
        public=True,
        columns=[(column, [card for card in cards if card.status == column]) for column in COLUMNS],
        current=status,
        board=board,
        boards=forum.boards(db),
        thanks=queries.contributors(db, shipped, page.actor),
        cars=my_items(db, page.actor, [card.id for card in cards]),
        **_words(),
    )


@router.get("/roadmap/new", dependencies=EDIT)
def new_item(
    page: CurrentPage,
    db: ReadDb,
    theme: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    post: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> Response:
    """An empty form; `theme` or `post` will be linked to the new item."""
    return _item_form(page, db, BoundForm.blank(theme=theme or "", post=post or "", public="1"))


@router.post("/roadmap", dependencies=EDIT)
def add_item(form: BoundNewItem, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    if form.value is None:
        return _item_form(page, db, form, status=422)
    try:
        item = service.add_item(db, form.value, by=actor)
    except Invalid as problem:
        return _item_form(page, db, _refused(form, problem), status=422)
    if form.value.theme:
        links.link_theme(db, item, form.value.theme, by=actor)
    if form.value.post:
        links.link_post(db, item, form.value.post, by=actor)
    page.flash(N_("The item is on the roadmap."), level="success")
    return page.redirect("show_item", item_id=item.id)


@router.get("/roadmap/{item_id}", dependencies=[allow("roadmap.read")])
def show_item(item_id: RowId, page: CurrentPage, db: ReadDb) -> Response:
    item = queries.get_item(db, item_id, page.actor)
    view = queries.item_view(db, item, page.actor)
    authors = people(db, [step.by_id for step in view.steps])
    return page.render(
        "roadmap/items/item.html",
        public=item.public,
        item=item,
        view=view,
        steps=queries.track_steps(view.steps),
        reached=queries.reached(item.stage, view.steps),
        authors=authors,
        cars=my_items(db, page.actor, [item_id]),
        boards={ref.id: ref.name for ref in forum.boards(db)},
        **_words(),
    )


@router.get("/roadmap/{item_id}/edit", dependencies=EDIT)
def edit_item(item_id: RowId, page: CurrentPage, db: ReadDb) -> Response:
    item = queries.get_item(db, item_id, page.actor)
    values = {
        "title": item.title, "what": item.what, "why": item.why, "board": item.board_id or "",
        "public": "1" if item.public else "0",
    }  # fmt: skip
    return _item_form(page, db, BoundForm.blank(**values), item=item)


@router.post("/roadmap/{item_id}/edit", dependencies=EDIT)
def save_item(item_id: RowId, form: BoundItem, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    item = queries.get_item(db, item_id, actor)
    if form.value is None:
        return _item_form(page, db, form, item=item, status=422)
    service.edit_item(db, item, form.value, by=actor)
    page.flash(N_("Saved."), level="success")
    return page.redirect("show_item", item_id=item_id)


@router.get("/roadmap/{item_id}/stage", dependencies=EDIT)
def item_stage(item_id: RowId, page: CurrentPage, db: ReadDb) -> Response:
    """The next step: where the item goes, the sentence to owners, and how many will read it."""
    item = queries.get_item(db, item_id, page.actor)
    form: BoundForm[Any] = BoundForm.blank(stage=_next_stage(item).value, release=item.release_id or "")
    return _stage_form(page, db, item, form)


@router.post("/roadmap/{item_id}/stage", dependencies=EDIT)
def change_stage(item_id: RowId, form: BoundStage, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    item = queries.get_item(db, item_id, actor)
    if form.value is None:
        return _stage_form(page, db, item, form, status=422)
    value = form.value
    try:
        service.change_stage(
            db, item, stage=value.stage, sentence=value.sentence, note=value.note, release_id=value.release,
            seen=value.seen, by=actor,
        )  # fmt: skip
    except Invalid as problem:
        return _stage_form(page, db, item, _refused(form, problem), status=422)
    page.flash(N_("Written down. Everybody behind it gets one message."), level="success")
    return page.redirect("show_item", item_id=item_id)


@router.post("/roadmap/{item_id}/move", dependencies=EDIT)
def move_item(
    item_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db, way: Annotated[str, Form()] = "up"
) -> Response:
    item = queries.get_item(db, item_id, actor)
    service.move_item(db, item, up=way == "up", by=actor)
    return page.redirect("show_roadmap", query={"status": item.status.value})


def _words() -> dict[str, Any]:
    return {"status_labels": STATUS_LABELS, "stage_labels": STAGE_LABELS, "track": TRACK}


def _refused(form: BoundForm[Any], problem: Invalid) -> BoundForm[Any]:
    for name, message in (problem.fields or {"": problem.message}).items():
        form = form.refuse(name, message)
    return form


def _item_form(
    page: Page, db: Session, form: BoundForm[Any], *, item: RoadmapItem | None = None, status: int = 200
) -> Response:
    return page.render(
        "roadmap/items/edit.html", block="form", status=status, form=form, item=item,
        boards=[(ref.id, ref.name) for ref in forum.boards(db)],
        releases=[(ref.id, ref.version) for ref in release_refs(db, drafts=True)],
    )  # fmt: skip


def _stage_form(page: Page, db: Session, item: RoadmapItem, form: BoundForm[Any], *, status: int = 200) -> Response:
    ids = list(db.exec(select(ItemPost.post_id).where(ItemPost.item_id == item.id)))
    return page.render(
        "roadmap/items/stage.html", block="form", status=status, form=form, item=item,
        seen=service.newest_change(db, item.id or 0),
        behind=forum.people_behind(db, ids),
        releases=[(ref.id, ref.version) for ref in release_refs(db, drafts=True)],
        stages=[(stage.value, stage) for stage in ItemStage],
        **_words(),
    )  # fmt: skip


def _next_stage(item: RoadmapItem) -> ItemStage:
    order = list(ItemStage)
    here = order.index(item.stage)
    return order[here + 1] if here + 2 < len(order) else item.stage
