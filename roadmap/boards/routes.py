"""The roadmap's boards: columns of items for whoever may see them, and the moves of product managers."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from cocreate.core.errors import Invalid
from cocreate.core.tables import MAX_ID
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.page import CurrentPage, Page
from forum import api as forum
from roadmap.applicability.lines import my_items
from roadmap.boards.columns import columns_of
from roadmap.boards.forms import BoundMove, MoveForm
from roadmap.boards.models import RoadmapBoard
from roadmap.boards.queries import get_board, lanes, open_boards
from roadmap.items import order, queries
from roadmap.items.models import ItemStatus
from roadmap.items.stages import STAGE_LABELS, STAGES_OF, TRACK
from roadmap.items.words import window_text
from roadmap.releases.thanks import thanked_names

router = APIRouter(include_in_schema=False)
READ = [allow("roadmap.read")]
EDIT = [allow("roadmap.edit")]
ColumnKey = Annotated[str, Query(pattern=r"^(considering|planned|started|shipped|declined)(-\d{1,18})?$")]
Line = Annotated[int | None, Query(ge=1, le=MAX_ID)]
CELEBRATED = 12
"""Shipped items, newest first, whose contributors are named on the board, if they agreed to it."""


@router.get("/roadmap", dependencies=READ)
def show_roadmap(page: CurrentPage, db: ReadDb, status: ColumnKey = "started", board: Line = None) -> Response:
    """Everything that the reader may see. status: the column that a phone shows; board: a product line."""
    return _board(page, db, None, status, board)


@router.get("/roadmap/boards/{view_id}", dependencies=READ)
def show_roadmap_view(
    view_id: RowId, page: CurrentPage, db: ReadDb, status: ColumnKey = "started", board: Line = None
) -> Response:
    """One board; for who does not belong to it there is none."""
    return _board(page, db, get_board(db, view_id, page.actor), status, board)


@router.post("/roadmap/{item_id}/move", dependencies=EDIT)
def move_item(item_id: RowId, form: BoundMove, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    """Put an item elsewhere in the columns of its kind; the answer is the board as it is then."""
    item = queries.get_item(db, item_id, actor)
    if form.value is None:
        raise Invalid("an odd move", fields=form.errors)
    _move(db, form.value, item, actor)
    back = form.value.back or page.url("show_roadmap", query={"status": item.status.value})
    return page.redirect_to(back)


def _move(db: Session, form: MoveForm, item: Any, actor: Any) -> None:
    if form.way:
        order.move_item(db, item, up=form.way == "up", by=actor)
    else:
        order.place_item(db, item, before=form.before, after=form.after, column_id=form.column, by=actor)


def _board(page: Page, db: Session, view: RoadmapBoard | None, status: str, line: int | None) -> Response:
    cards = queries.item_cards(db, page.actor, board_id=line, view=view)
    editor = page.actor.can("roadmap.edit")
    drawn = lanes(cards, columns_of(db, page.language), hidden=editor)
    shipped = [card.id for card in cards if card.status == ItemStatus.SHIPPED][:CELEBRATED]
    keys = [lane.column.key for lane in drawn]
    return page.render(
        "roadmap/items/board.html",
        block="columns",
        public=view is None or view.audience == "public",
        lanes=drawn,
        current=status if status in keys else next(iter(keys), status),
        board=line,
        view=view,
        views=open_boards(db, page.actor),
        boards=forum.boards(db),
        thanks=thanked_names(db, shipped),
        cars=my_items(db, page.actor, [card.id for card in cards]),
        editor=editor,
        back=page.request.url.path + (f"?{page.request.url.query}" if page.request.url.query else ""),
        first_stage={kind.value: stages[0].value for kind, stages in STAGES_OF.items()},
        stage_labels=STAGE_LABELS,
        track=TRACK,
        window_text=window_text(page),
    )
