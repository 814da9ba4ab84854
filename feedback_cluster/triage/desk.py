"""What the workspace draws: the queue with all that stands beside it, and the answer to an act done there."""

from typing import Any

from fastapi import Response
from sqlmodel import Session

from cocreate.core.actor import STAFF
from cocreate.identity.departments.queries import departments
from cocreate.identity.members.queries import staff
from cocreate.web.page import CurrentPage
from feedback_cluster.themes.decisions import DECISION_LABELS
from feedback_cluster.themes.models import REASON_LABELS, TRIAGE_LABELS, Theme, ThemeDecision
from feedback_cluster.themes.queries import current_run_id, get_theme, resolve
from feedback_cluster.themes.score import TERM_LABELS
from feedback_cluster.triage import bulk, queries, saved
from feedback_cluster.triage.place import Way
from feedback_cluster.triage.queries import VIEW_LABELS, Filters, areas_of, ids_of, queue, view_counts
from feedback_cluster.triage.views import theme_context
from forum import api as forum

PANE_VOICES, PAGE_VOICES = 6, 25


def queue_rows(page: CurrentPage, db: Session, filters: Filters, cursor: str | None = None) -> dict[str, Any]:
    """A page of rows and what they name."""
    listing = queue(db, filters, me=page.actor.member_id, cursor=cursor)
    return {
        "rows": listing.items,
        "from_start": cursor is None,
        "next_url": page.url("show_themes", filters.as_query(cursor=listing.next_cursor))
        if listing.next_cursor
        else None,
        **_named(page, db, filters, listing.items),
    }


def _named(page: CurrentPage, db: Session, filters: Filters, rows: list[queries.QueueRow]) -> dict[str, Any]:
    areas = areas_of(db, filters.view, page.actor.member_id)
    teams = departments(db)
    return {
        "filters": filters,
        "extras": page.slots(db, "theme.card", ids_of(rows)),
        "names": {person.id: person.name for person in staff(db, *STAFF)},
        "teams": {team.id: team.name for team in teams},
        "labels": TRIAGE_LABELS,
        "part_labels": TERM_LABELS,
        "areas": areas,
        "area_names": {row.id: row.name for row in areas},
        "chosen": None,
    }


def queue_context(page: CurrentPage, db: Session, filters: Filters, cursor: str | None = None) -> dict[str, Any]:
    """A page of the queue, with views, saved filters and what can be done to many."""
    shared = queue_rows(page, db, filters, cursor)
    all_here = shared["next_url"] is None and cursor is None
    total = len(shared["rows"]) if all_here else queries.count(db, filters, me=page.actor.member_id)
    return shared | {
        "total": total,
        "reasons": REASON_LABELS,
        "has_run": bool(shared["rows"]) or current_run_id(db) is not None,
        "here": page.url("show_themes", filters.as_query()),
        **_beside(page, db),
    }


def desk_context(page: CurrentPage, db: Session) -> dict[str, Any]:
    """What the whole page has beside its queue."""
    return {
        "boards": forum.boards(db),
        "models": forum.models_in_use(db),
        "keys_on": saved.keys_on(db, page.actor.member_id),
    }


def _beside(page: CurrentPage, db: Session) -> dict[str, Any]:
    counts = view_counts(db, page.actor.member_id)
    return {
        "views": [(view, VIEW_LABELS[view], counts[view]) for view in counts],
        "kept": saved.kept_for(db, page.actor.member_id),
        "last": last_act(page, db),
    }


def last_act(page: CurrentPage, db: Session) -> dict[str, Any] | None:
    """What "undo" would take back: the reader's last decision, or the act on many that it was part of."""
    if not page.actor.can("theme.triage"):
        return None
    decision = next(iter(bulk.latest(db, page.actor.member_id)), None)
    if decision is None:
        return None
    return {"label": DECISION_LABELS[decision.kind], "many": decision.bulk_id is not None, "id": decision.id}


def theme_beside(
    page: CurrentPage, db: Session, theme: Theme, *, back: str, pane: bool = True, voices: int = PANE_VOICES,
    unsure: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """A theme as the pane or the page shows it."""
    context = theme_context(db, theme, page.actor, limit=voices, unsure=unsure)
    extra = page.slots(db, "theme.page", [theme.id or 0]).get(theme.id or 0)
    return {**context, "extra": extra, "labels": TRIAGE_LABELS, "pane": pane, "back": back}


def acted(
    page: CurrentPage, db: Session, way: Way, decision: ThemeDecision, *, show: int | None = None, whole: bool = False
) -> Response:
    """The answer to an act done beside the queue: the row as it is now or gone from it, and the theme that comes next.

    show: a theme to look at instead of the one that was decided about. whole: draw the queue anew, as for an undo,
    which brings rows back.
    """
    db.flush()
    filters, me = way.filters, page.actor.member_id
    row = queries.line(db, filters, decision.theme_id, me=me)
    follows = way.following if row is None and not show else 0
    shown = _shown(db, show or follows or decision.theme_id)
    whole = whole or (row is None and not way.following)
    context: dict[str, Any] = {
        **(
            queue_context(page, db, filters)
            if whole
            else {**_named(page, db, filters, [row] if row else []), **_beside(page, db)}
        ),
        "row": row,
        "whole": whole,
        "decided": decision.theme_id,
    }
    beside = page.url("show_themes", filters.as_query(theme=shown.id))
    context |= {**theme_beside(page, db, shown, back=beside), "chosen": shown.id, "beside": beside}
    return page.render("feedback_cluster/triage/acted.html", block="acted", **context)


def _shown(db: Session, theme_id: int) -> Theme:
    return get_theme(db, resolve(db, theme_id))
