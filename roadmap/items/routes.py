"""Pages of items: the public board, one item, and the forms of product managers."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from cocreate.core import clock
from cocreate.core.errors import Invalid
from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import people
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm
from cocreate.web.page import CurrentPage, Page
from forum import api as forum
from roadmap.applicability.lines import my_items
from roadmap.boards.columns import column_of, columns_of
from roadmap.boards.queries import all_boards, boards_of_item
from roadmap.forms import refused
from roadmap.items import queries, service
from roadmap.items.forms import BoundItem, BoundNewItem, BoundStage
from roadmap.items.models import ItemStage, RoadmapItem
from roadmap.items.stages import STAGE_LABELS, TRACK
from roadmap.items.windows import window_of
from roadmap.items.words import window_text
from roadmap.links import service as links
from roadmap.links import supporters
from roadmap.promises.routes import ledger_block
from roadmap.publishing import service as prepared
from roadmap.publishing.approval import needs_second
from roadmap.releases.queries import release_refs

router = APIRouter(include_in_schema=False)
EDIT = [allow("roadmap.edit")]


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
        return _item_form(page, db, refused(form, problem), status=422)
    if form.value.theme:
        links.link_theme(db, item, form.value.theme, by=actor)
    if form.value.post:
        links.link_post(db, item, form.value.post, by=actor)
    if form.value.sentence:
        prepared.check_alone(db, item)
    page.flash(N_("The item is on the roadmap."), level="success")
    return page.redirect("show_item", item_id=item.id)


@router.get("/roadmap/{item_id}", dependencies=[allow("roadmap.read")])
def show_item(item_id: RowId, page: CurrentPage, db: ReadDb, runtime: CurrentRuntime) -> Response:
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
        views=boards_of_item(db, item_id, page.actor),
        column=column_of(columns_of(db, page.language), item.status, item.column_id),
        window=window_of(item.planned_from, item.planned_to),
        waiting=prepared.find_waiting(db, item_id) if page.actor.can("roadmap.edit") else None,
        promises=ledger_block(page, db, ("item", item_id), clock.now().astimezone(runtime.settings.zone).date()),
        extras=page.slots(db, "item.page", [item_id]).get(item_id, ""),
        **_words(page),
    )


@router.get("/roadmap/{item_id}/edit", dependencies=EDIT)
def edit_item(item_id: RowId, page: CurrentPage, db: ReadDb) -> Response:
    item = queries.get_item(db, item_id, page.actor)
    values = {
        "title": item.title, "what": item.what, "why": item.why, "board": item.board_id or "",
        "public": "1" if item.shown else "0", "planned": _written(item),
        "views": [str(one) for one in service.boards_of(db, item)],
    }  # fmt: skip
    return _item_form(page, db, BoundForm.blank(**values), item=item)


@router.post("/roadmap/{item_id}/edit", dependencies=EDIT)
def save_item(item_id: RowId, form: BoundItem, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    item = queries.get_item(db, item_id, actor)
    if form.value is None:
        return _item_form(page, db, form, item=item, status=422)
    try:
        service.edit_item(db, item, form.value, by=actor)
    except Invalid as problem:
        db.rollback()
        return _item_form(page, db, refused(form, problem), item=queries.get_item(db, item_id, actor), status=422)
    page.flash(N_("Saved."), level="success")
    return page.redirect("show_item", item_id=item_id)


@router.get("/roadmap/{item_id}/stage", dependencies=EDIT)
def item_stage(
    item_id: RowId,
    page: CurrentPage,
    db: ReadDb,
    stage: ItemStage | None = None,
    column: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    back: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The next step: where the item goes, the sentence to owners, and how many will read it. stage, column: where it
    was dragged to on a board; back: that board."""
    item = queries.get_item(db, item_id, page.actor)
    form: BoundForm[Any] = BoundForm.blank(
        stage=(stage or _next_stage(item)).value, release=item.release_id or "", planned=_written(item),
        column=column or "", back=back,
    )  # fmt: skip
    return _stage_form(page, db, item, form)


@router.post("/roadmap/{item_id}/stage", dependencies=EDIT)
def change_stage(item_id: RowId, form: BoundStage, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    """Take the step, or with `prepare` lay it aside until it is published with others."""
    item = queries.get_item(db, item_id, actor)
    value = form.value
    if value is None:
        return _stage_form(page, db, item, form, status=422)
    try:
        if value.prepare:
            prepared.prepare(db, item, value, by=actor)
        else:
            prepared.check_alone(db, item)
            service.change_stage(
                db, item, stage=value.stage, sentence=value.sentence, note=value.note, release_id=value.release,
                seen=value.seen, by=actor, column_id=value.column, window=value.window, reason=value.reason,
            )  # fmt: skip
    except Invalid as problem:
        db.rollback()
        item = queries.get_item(db, item_id, actor)
        return _stage_form(page, db, item, refused(form, problem), status=422)
    if value.prepare:
        page.flash(N_("Laid aside. Nobody hears of it until it is published."), level="success")
        return page.redirect("show_publishing")
    page.flash(N_("Written down. Everybody behind it gets one message."), level="success")
    return page.redirect_to(value.back or page.url("show_item", item_id=item_id))


def _written(item: RoadmapItem) -> str:
    window = window_of(item.planned_from, item.planned_to)
    return window.written if window else ""


def _words(page: Page) -> dict[str, Any]:
    return {"stage_labels": STAGE_LABELS, "track": TRACK, "window_text": window_text(page)}


def _item_form(
    page: Page, db: Session, form: BoundForm[Any], *, item: RoadmapItem | None = None, status: int = 200
) -> Response:
    return page.render(
        "roadmap/items/edit.html", block="form", status=status, form=form, item=item,
        boards=[(ref.id, ref.name) for ref in forum.boards(db)],
        views=[view for view in all_boards(db) if view.closed_at is None],
        releases=[(ref.id, ref.version) for ref in release_refs(db, drafts=True)],
    )  # fmt: skip


def _stage_form(page: Page, db: Session, item: RoadmapItem, form: BoundForm[Any], *, status: int = 200) -> Response:
    known = supporters.at_least(item)
    alone = not needs_second(db, known)
    # Thousands are not counted for a form: what is known is enough to say that it will be prepared.
    people = len(supporters.addressed(db, item)) if alone else known
    return page.render(
        "roadmap/items/stage.html", block="form", status=status, form=form, item=item,
        seen=service.newest_change(db, item.id or 0),
        people=people, alone=alone and not needs_second(db, people),
        columns=[one for one in columns_of(db, page.language) if not one.first],
        releases=[(ref.id, ref.version) for ref in release_refs(db, drafts=True)],
        stages=[(stage.value, stage) for stage in ItemStage],
        **_words(page),
    )  # fmt: skip


def _next_stage(item: RoadmapItem) -> ItemStage:
    order = list(ItemStage)
    here = order.index(item.stage)
    return order[here + 1] if here + 2 < len(order) else item.stage
