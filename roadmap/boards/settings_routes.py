"""Boards and columns are set up here."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from cocreate.core.errors import Invalid
from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm
from cocreate.web.i18n import catalogue
from cocreate.web.page import CurrentPage, Page
from forum import api as forum
from roadmap.boards import queries, service
from roadmap.boards.columns import TONES
from roadmap.boards.forms import BoundBoard, BoundColumn
from roadmap.boards.models import Audience, RoadmapBoard, Tone
from roadmap.forms import refused
from roadmap.items.models import ItemStatus
from roadmap.items.stages import STATUS_LABELS

router = APIRouter(include_in_schema=False)
EDIT = [allow("roadmap.edit")]
ARRANGE = [allow("roadmap.arrange")]
AUDIENCES = {
    Audience.PUBLIC: N_("Every reader"),
    Audience.VERIFIED: N_("Verified owners"),
    Audience.COHORT: N_("A cohort"),
    Audience.STAFF: N_("Staff"),
}
TONE_LABELS = {
    Tone.REVIEWING: N_("violet, ring with a dot"),
    Tone.PLANNED: N_("blue, diamond"),
    Tone.STARTED: N_("amber, half ring"),
    Tone.SHIPPED: N_("green, tick"),
    Tone.DECLINED: N_("red, bar"),
    Tone.PLAIN: N_("grey, ring"),
}


@router.get("/roadmap/boards", dependencies=EDIT)
def arrange_boards(page: CurrentPage, db: ReadDb) -> Response:
    """All boards, and the form of a new one."""
    return _boards(page, db, BoundForm.blank())


@router.post("/roadmap/boards", dependencies=EDIT)
def add_board(form: BoundBoard, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    if form.value is None:
        return _boards(page, db, form, status=422)
    try:
        service.save_board(db, form.value, by=actor)
    except Invalid as problem:
        return _boards(page, db, refused(form, problem), status=422)
    page.flash(N_("Saved."), level="success")
    return page.redirect("arrange_boards")


@router.get("/roadmap/boards/{view_id}/edit", dependencies=EDIT)
def edit_board(view_id: RowId, page: CurrentPage, db: ReadDb) -> Response:
    board = queries.get_board(db, view_id, page.actor, closed=True)
    values = {
        "name": board.name, "audience": board.audience.value, "lines": [str(line) for line in board.lines],
        "readers": "\n".join(service.readers_of(db, view_id)), "position": str(board.position),
        "closed": "1" if board.closed_at else "0",
    }  # fmt: skip
    return _boards(page, db, BoundForm.blank(**values), board=board)


@router.post("/roadmap/boards/{view_id}/edit", dependencies=EDIT)
def save_board(view_id: RowId, form: BoundBoard, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    board = queries.get_board(db, view_id, actor, closed=True)
    if form.value is None:
        return _boards(page, db, form, board=board, status=422)
    try:
        service.save_board(db, form.value, by=actor, board=board)
    except Invalid as problem:
        db.rollback()
        board = queries.get_board(db, view_id, actor, closed=True)
        return _boards(page, db, refused(form, problem), board=board, status=422)
    page.flash(N_("Saved."), level="success")
    return page.redirect("arrange_boards")


@router.get("/roadmap/columns", dependencies=ARRANGE)
def arrange_columns(
    page: CurrentPage, db: ReadDb, edit: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None
) -> Response:
    """The columns in the brand's own words. edit: the one that the form changes."""
    row = next((row for row in queries.column_rows(db) if row.id == edit), None)
    values = {} if row is None else {
        "kind": row.kind.value, "name": row.name, "name_en": row.name_en, "tone": row.tone.value,
        "position": str(row.position), "hidden": "1" if row.hidden else "0",
    }  # fmt: skip
    return _columns(page, db, BoundForm.blank(**values), edit=row.id if row else None)


@router.post("/roadmap/columns", dependencies=ARRANGE)
def add_column(form: BoundColumn, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    return _save_column(page, db, form, actor, None)


@router.post("/roadmap/columns/first", dependencies=ARRANGE)
def name_columns(page: CurrentPage, db: Db) -> Response:
    """Write the five columns that there are, so that they can be renamed."""
    service.name_columns(db, own_words())
    return page.redirect("arrange_columns")


@router.post("/roadmap/columns/{column_id}", dependencies=ARRANGE)
def save_column(column_id: RowId, form: BoundColumn, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    return _save_column(page, db, form, actor, column_id)


@router.post("/roadmap/columns/{column_id}/remove", dependencies=ARRANGE)
def remove_column(column_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    service.remove_column(db, column_id, by=actor)
    page.flash(N_("The column is gone; its items stand in the first one of their kind."))
    return page.redirect("arrange_columns")


def own_words() -> dict[ItemStatus, tuple[str, str]]:
    """What the kinds are called in Chinese and in English, to begin with."""
    chinese = catalogue("zh-Hans")
    return {kind: (chinese.gettext(label), label) for kind, label in STATUS_LABELS.items()}


def _save_column(page: Page, db: Session, form: Any, actor: Any, column_id: int | None) -> Response:
    if form.value is None:
        return _columns(page, db, form, edit=column_id, status=422)
    try:
        if column_id is None:
            service.name_columns(db, own_words())
        service.save_column(db, form.value, by=actor, column_id=column_id)
    except Invalid as problem:
        db.rollback()
        return _columns(page, db, refused(form, problem), edit=column_id, status=422)
    page.flash(N_("Saved."), level="success")
    return page.redirect("arrange_columns")


def _boards(
    page: Page, db: Session, form: BoundForm[Any], *, board: RoadmapBoard | None = None, status: int = 200
) -> Response:
    return page.render(
        "roadmap/boards/boards.html", block="form", status=status, form=form, editing=board,
        rows=queries.all_boards(db), counts=queries.items_on(db), audiences=AUDIENCES,
        lines=[(ref.id, ref.name) for ref in forum.boards(db)],
    )  # fmt: skip


def _columns(page: Page, db: Session, form: BoundForm[Any], *, edit: int | None, status: int = 200) -> Response:
    return page.render(
        "roadmap/boards/columns.html", block="form", status=status, form=form, edit=edit,
        rows=queries.column_rows(db), counts=queries.items_in_columns(db), kinds=STATUS_LABELS, tones=TONE_LABELS,
        default_tones=TONES,
    )  # fmt: skip
