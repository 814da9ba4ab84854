"""Pages of streams: the host's list, console and big screen; the viewers' page."""

from typing import Annotated, Any

import segno
from fastapi import APIRouter, Form, Response
from markupsafe import Markup
from sqlmodel import Session

from cocreate.core.errors import Invalid
from cocreate.core.runtime import Runtime
from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import people
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm
from cocreate.web.page import CurrentPage, Page
from forum import api as forum
from roadmap.items.stages import STAGE_LABELS, STATUS_LABELS
from roadmap.live import queries, service
from roadmap.live.forms import BoundAnswer, BoundSession
from roadmap.live.models import LiveSession, SessionState
from roadmap.live.snapshot import shelf

router = APIRouter(include_in_schema=False)
HOST = [allow("live.host")]
WORDS: dict[str, Any] = {"status_labels": STATUS_LABELS, "stage_labels": STAGE_LABELS}


@router.get("/host", dependencies=HOST)
def show_host(page: CurrentPage, db: ReadDb) -> Response:
    """All sessions, and the form that opens one."""
    return _list(page, db, BoundForm.blank(days="30"))


@router.post("/host", dependencies=HOST)
def open_session(form: BoundSession, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    if form.value is not None and form.value.board and all(ref.id != form.value.board for ref in forum.boards(db)):
        form = form.refuse("board", N_("Please choose one of the options."))
    if form.value is None:
        return _list(page, db, form, status=422)
    row = service.open_session(db, form.value, by=actor)
    return page.redirect("show_console", code=row.code)


@router.get("/host/{code}", dependencies=HOST)
def show_console(code: str, page: CurrentPage, db: ReadDb, runtime: CurrentRuntime) -> Response:
    """The host's console: now, next, answered."""
    row = service.get_session(db, code)
    return _console(page, db, row, runtime)


@router.get("/host/{code}/more", dependencies=HOST)
def show_more_topics(code: str, page: CurrentPage, db: ReadDb) -> Response:
    """What the scope talks about today beside the run-down."""
    row = service.get_session(db, code)
    known = {topic.theme_id for topic in queries.board(db, row).topics}
    themes = [theme for theme in service.ranked(db, row, limit=60) if theme.card.id not in known][:40]
    items = queries.items_of_themes(db, [theme.card.id for theme in themes])
    return page.render("roadmap/live/more.html", live=row, themes=themes, items=items, **WORDS)


@router.get("/host/{code}/screen", dependencies=HOST)
def show_screen(code: str, page: CurrentPage, db: ReadDb, runtime: CurrentRuntime) -> Response:
    """The big screen, readable from three metres."""
    row = service.get_session(db, code)
    return page.render(
        "roadmap/live/screen.html", block="topics", live=row, board=queries.board(db, row),
        address=_address(runtime, page, row.code), qr=_qr(runtime, page, row.code), **WORDS,
    )  # fmt: skip


@router.post("/host/{code}/next", dependencies=HOST)
def call_next_topic(code: str, page: CurrentPage, actor: CurrentActor, db: Db, runtime: CurrentRuntime) -> Response:
    row = service.get_session(db, code)
    service.skip(db, row, by=actor)
    return _done(page, db, row, runtime)


@router.post("/host/{code}/state", dependencies=HOST)
def set_session_state(
    code: str,
    page: CurrentPage,
    actor: CurrentActor,
    db: Db,
    runtime: CurrentRuntime,
    state: Annotated[SessionState, Form()],
) -> Response:
    row = service.get_session(db, code)
    service.set_state(db, row, state, by=actor)
    return _done(page, db, row, runtime)


@router.post("/host/{code}/themes", dependencies=HOST)
def add_topic(
    code: str,
    page: CurrentPage,
    actor: CurrentActor,
    db: Db,
    runtime: CurrentRuntime,
    theme: Annotated[int, Form(ge=1, le=MAX_ID)],
) -> Response:
    row = service.get_session(db, code)
    service.add_theme(db, row, theme, by=actor)
    page.flash(N_("At the end of the run-down."), level="success")
    shelf(runtime).outdate(row.code)
    return page.redirect("show_more_topics", code=row.code)


@router.post("/host/{code}/topics/{topic_id}/answered", dependencies=HOST)
def answer_topic(
    code: str,
    topic_id: RowId,
    form: BoundAnswer,
    page: CurrentPage,
    actor: CurrentActor,
    db: Db,
    runtime: CurrentRuntime,
) -> Response:
    """Answered: the words are kept here and drafted on the theme."""
    row = service.get_session(db, code)
    topic = service.get_topic(db, row, topic_id)
    if form.value is None:
        raise Invalid("answer", fields=form.errors)
    service.answered(db, row, topic, form.value.text, by=actor)
    return _done(page, db, row, runtime)


@router.post("/host/{code}/topics/{topic_id}/{act}", dependencies=HOST)
def act_on_topic(
    code: str, topic_id: RowId, act: str, page: CurrentPage, actor: CurrentActor, db: Db, runtime: CurrentRuntime
) -> Response:
    """present | back | up | down | remove."""
    row = service.get_session(db, code)
    topic = service.get_topic(db, row, topic_id)
    if act == "present":
        service.present(db, row, topic, by=actor)
    elif act == "back":
        service.take_back(db, row, topic, by=actor)
    elif act == "remove":
        service.remove(db, row, topic, by=actor)
    elif act in ("up", "down"):
        service.reorder(db, row, topic, up=act == "up")
    else:
        raise Invalid(f"unknown act {act[:20]}")
    return _done(page, db, row, runtime)


@router.get("/live/{code}", dependencies=[allow("live.watch")])
def show_live(code: str, page: CurrentPage, runtime: CurrentRuntime) -> Response:
    """What viewers see; drawn from the same snapshot as the JSON, so a crowd costs no query."""
    snapshot = shelf(runtime).get(runtime, code.strip().upper())
    return page.render("roadmap/live/viewers.html", block="topics", public=True, board=snapshot.board, **WORDS)


def _list(page: Page, db: Session, form: BoundForm[Any], *, status: int = 200) -> Response:
    rows = queries.sessions(db)
    boards = forum.boards(db)
    return page.render(
        "roadmap/live/list.html",
        block="form",
        status=status,
        form=form,
        sessions=rows,
        hosts=people(db, [row.host_id for row in rows]),
        boards=[(ref.id, ref.name) for ref in boards],
        board_names={ref.id: ref.name for ref in boards},
        models=[(model, model) for model in forum.models_in_use(db)],
        kinds=forum.KIND_LABELS,
    )


def _console(page: Page, db: Session, row: LiveSession, runtime: Runtime) -> Response:
    return page.render(
        "roadmap/live/console.html", block="console", live=row, board=queries.board(db, row),
        address=_address(runtime, page, row.code), kinds=forum.KIND_LABELS,
        board_name=next((ref.name for ref in forum.boards(db) if ref.id == row.scope_board_id), ""), **WORDS,
    )  # fmt: skip


def _done(page: Page, db: Session, row: LiveSession, runtime: Runtime) -> Response:
    """The console again: a part of it for htmx, else by seeing its page anew."""
    shelf(runtime).outdate(row.code)
    if page.partial:
        db.flush()
        return _console(page, db, row, runtime)
    return page.redirect("show_console", code=row.code)


def _address(runtime: Runtime, page: Page, code: str) -> str:
    return runtime.settings.public_url + page.url("show_live", code=code)


def _qr(runtime: Runtime, page: Page, code: str) -> Markup:
    """The viewers' address as an SVG of plain attributes: dark on light in both schemes, or cameras miss it."""
    drawing = segno.make(_address(runtime, page, code), error="m", micro=False)
    svg: str = drawing.svg_inline(scale=4, border=3, dark="#0f1214", light="#ffffff", omitsize=True)
    return Markup(svg)  # noqa: S704 (drawn by the library from our own address)
