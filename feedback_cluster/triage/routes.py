"""Pages of product managers: the queue of themes and the theme."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from cocreate.core.tables import MAX_ID
from cocreate.web.access import CurrentActor, ReadDb, RowId, allow
from cocreate.web.page import CurrentPage
from feedback_cluster.runs.service import active_run
from feedback_cluster.themes.queries import get_theme
from feedback_cluster.themes.service import themes_for_choice
from feedback_cluster.triage.desk import PAGE_VOICES, PANE_VOICES, desk_context, queue_context, queue_rows, theme_beside
from feedback_cluster.triage.place import filters_of, parts_of
from feedback_cluster.triage.views import voices

router = APIRouter(include_in_schema=False)
OptionalId = Annotated[int | None, Query(ge=1, le=MAX_ID)]


@router.get("/themes", dependencies=[allow("theme.read")])
def show_themes(
    page: CurrentPage,
    db: ReadDb,
    model: Annotated[str, Query(max_length=60)] = "",
    q: Annotated[str, Query(max_length=80)] = "",
    theme: OptionalId = None,
    cursor: str | None = None,
) -> Response:
    """The queue; with `theme`, that theme beside it. A blank filter of the form counts as none."""
    asked = dict(page.request.query_params)
    filters = filters_of(asked | {"model": model, "q": q})
    if page.partial and cursor:
        return page.render("feedback_cluster/triage/more.html", block="rows", **queue_rows(page, db, filters, cursor))
    shared = queue_context(page, db, filters, cursor)
    if page.partial:
        return page.render("feedback_cluster/triage/inbox.html", block="queue", **shared)
    shared |= desk_context(page, db)
    if theme is not None:
        chosen = get_theme(db, theme)
        back = page.url("show_themes", filters.as_query(theme=chosen.id))
        shared |= {**theme_beside(page, db, chosen, back=back), "chosen": chosen.id}
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
    context = theme_beside(page, db, theme, voices=count, pane=pane, unsure=unsure, back=back)
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


def _beside_queue(page: CurrentPage, theme_id: int) -> str:
    """Address of the queue that the pane stands beside, with its filters, pointing at this theme."""
    shown = parts_of(page.request.headers.get("hx-current-url", ""))
    return page.url("show_themes", {**shown, "theme": theme_id})
