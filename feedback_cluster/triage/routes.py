"""Pages of product managers: the queue of themes and the theme."""

from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from cocreate.core.actor import STAFF
from cocreate.core.tables import MAX_ID
from cocreate.identity.members.queries import staff
from cocreate.web.access import CurrentActor, ReadDb, RowId, allow
from cocreate.web.page import CurrentPage
from feedback_cluster.runs.service import active_run
from feedback_cluster.themes.models import TRIAGE_LABELS, Theme
from feedback_cluster.themes.queries import current_run_id, get_theme
from feedback_cluster.themes.score import TERM_LABELS
from feedback_cluster.themes.service import themes_for_choice
from feedback_cluster.triage.queries import VIEW_LABELS, Filters, View, areas_of, ids_of, queue, view_counts
from feedback_cluster.triage.views import theme_context, voices
from forum import api as forum

router = APIRouter(include_in_schema=False)
PANE_VOICES, PAGE_VOICES = 6, 25
OptionalId = Annotated[int | None, Query(ge=1, le=MAX_ID)]


@router.get("/themes", dependencies=[allow("theme.read")])
def show_themes(
    page: CurrentPage,
    actor: CurrentActor,
    db: ReadDb,
    view: str = "",
    model: Annotated[str, Query(max_length=60)] = "",
    q: Annotated[str, Query(max_length=80)] = "",
    board: str = "",
    assignee: str = "",
    area: str = "",
    theme: OptionalId = None,
    cursor: str | None = None,
) -> Response:
    """The queue; with `theme`, that theme beside it. A blank filter of the form counts as none."""
    filters = Filters(_view(view), model.strip(), _number(board), _number(assignee), q.strip(), _number(area))
    listing = queue(db, filters, me=actor.member_id, cursor=cursor)
    areas = areas_of(db, filters.view, actor.member_id)
    shared: dict[str, Any] = {
        "filters": filters,
        "rows": listing.items,
        "from_start": cursor is None,
        "next_url": page.url("show_themes", filters.as_query(cursor=listing.next_cursor))
        if listing.next_cursor
        else None,
        "extras": page.slots(db, "theme.card", ids_of(listing.items)),
        "names": {person.id: person.name for person in staff(db, *STAFF)},
        "labels": TRIAGE_LABELS,
        "part_labels": TERM_LABELS,
        "areas": areas,
        "area_names": {row.id: row.name for row in areas},
    }
    if page.partial and cursor:
        return page.render("feedback_cluster/triage/inbox.html", block="rows", **shared)
    shared |= {
        "views": [(view, VIEW_LABELS[view], count) for view, count in view_counts(db, actor.member_id).items()],
        "boards": forum.boards(db),
        "models": forum.models_in_use(db),
        "chosen": None,
        "has_run": bool(listing.items) or current_run_id(db) is not None,
    }
    if page.partial:
        return page.render("feedback_cluster/triage/inbox.html", block="queue", **shared)
    if theme is not None:
        chosen = get_theme(db, theme)
        back = page.url("show_themes", filters.as_query(theme=chosen.id))
        shared |= {"chosen": chosen.id, **_theme(page, db, chosen, voices_shown=PANE_VOICES, back=back)}
    return page.render("feedback_cluster/triage/inbox.html", **shared)


@router.get("/themes/{theme_id}", dependencies=[allow("theme.read")])
def show_theme(
    theme_id: RowId, page: CurrentPage, actor: CurrentActor, db: ReadDb, pane: bool = False, unsure: bool = False
) -> Response:
    """The theme on a page, or as a pane beside the queue; a merged one leads to where it is shown."""
    theme = get_theme(db, theme_id)
    if theme.root_id != theme.id:
        return page.redirect("show_theme", theme_id=theme.root_id)
    count = PANE_VOICES if pane else PAGE_VOICES
    back = _beside_queue(page, theme_id) if pane else page.url("show_theme", theme_id=theme_id)
    context = _theme(page, db, theme, voices_shown=count, pane=pane, unsure=unsure, back=back)
    return page.render("feedback_cluster/triage/theme.html", block="theme", running=active_run(db), **context)


@router.get("/themes/{theme_id}/posts", dependencies=[allow("theme.read")])
def show_theme_posts(
    theme_id: RowId,
    page: CurrentPage,
    actor: CurrentActor,
    db: ReadDb,
    cursor: str | None = None,
    unsure: bool = False,
) -> Response:
    """All posts of a theme, a page at a time."""
    theme = get_theme(db, theme_id)
    context: dict[str, Any] = {
        "theme": theme,
        "voices": voices(db, theme, actor, cursor=cursor, limit=PAGE_VOICES, unsure=unsure),
        "unsure": unsure,
        "others": [] if page.partial else themes_for_choice(db, theme.id or 0),
    }
    return page.render("feedback_cluster/triage/posts.html", block="rows", **context)


def _theme(
    page: CurrentPage,
    db: Session,
    theme: Theme,
    *,
    voices_shown: int,
    back: str,
    pane: bool = True,
    unsure: bool = False,
) -> dict[str, Any]:
    context = theme_context(db, theme, page.actor, limit=voices_shown, unsure=unsure)
    extra = page.slots(db, "theme.page", [theme.id or 0]).get(theme.id or 0)
    return {**context, "extra": extra, "labels": TRIAGE_LABELS, "pane": pane, "back": back}


def _beside_queue(page: CurrentPage, theme_id: int) -> str:
    """Address of the queue that the pane stands beside, with its filters, pointing at this theme."""
    try:
        shown = parse_qs(urlsplit(page.request.headers.get("hx-current-url", "")).query)
    except ValueError:  # whoever wrote the header by hand gets the queue without filters
        shown = {}
    kept: dict[str, Any] = {
        name: shown[name][-1] for name in ("view", "model", "board", "assignee", "q", "area") if name in shown
    }
    return page.url("show_themes", {**kept, "theme": theme_id})


def _view(name: str) -> View:
    return View(name) if name in set(View) else View.NEW


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) <= MAX_ID else None
