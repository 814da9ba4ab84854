"""The page of search health, for admins: how the server beside us does, what it is owed, what happened."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from sqlmodel import Session

from cocreate.core import audit, clock
from cocreate.core.errors import Conflict, NotFound
from cocreate.core.text_marks import N_
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.page import CurrentPage
from search.documents import titles
from search.engines import engine_of
from search.meili import outbox, state, views
from search.meili.models import Owed, OwedChange
from search.meili.remote import reader_of

router = APIRouter(include_in_schema=False, dependencies=[allow("search.server")])


class NoServer(Conflict):
    code = "no_search_server"
    message = N_("No search server is configured.")


@router.get("/admin/search")
def show_search_health(db: ReadDb, page: CurrentPage, runtime: CurrentRuntime) -> Response:
    """How it does now."""
    reader = reader_of(runtime)
    context: dict[str, Any] = {"configured": reader is not None, "built_in": engine_of(db).name}
    if reader is not None:
        known, depth = state.load(db), outbox.depth(db)
        parked = outbox.parked(db)
        names = titles(db, [(one.kind, one.row_id) for one in parked])
        moment = clock.now()
        context |= {
            "health": views.health_of(known, depth),
            "known": known,
            "depth": depth,
            "lag": views.span((moment - depth.oldest).total_seconds(), page.text) if depth.oldest else None,
            "next_try": max(0, round((known.next_try_at - moment).total_seconds())) if known.next_try_at else None,
            "reason": views.REASONS.get(known.rebuild_reason),
            "percent": views.percent(known),
            "last_error": page.text(known.last_error),
            "breaker_open": reader.breaker.open,
            "address": reader.server.url,
            "index": reader.server.index,
            "parked": [(one, names.get((one.kind, one.row_id), ("", ""))[0]) for one in parked],
            "diary": [(event, views.diary_line(event, page.text)) for event in state.events(db)],
        }
    return page.render("search/meili/health.html", block="health", **context)


@router.post("/admin/search/rebuild")
def rebuild_search(actor: CurrentActor, db: Db, page: CurrentPage, runtime: CurrentRuntime) -> Response:
    """Build the index anew beside the live one."""
    _known(db, runtime)
    state.want_rebuild(db, "asked")
    state.want_another_try(db)
    audit.record(db, actor, "search.rebuild", "search_server", None)
    page.flash(N_("Begun. The live index goes on answering until the new one takes its place."))
    return page.redirect("show_search_health")


@router.post("/admin/search/check")
def check_search(actor: CurrentActor, db: Db, page: CurrentPage, runtime: CurrentRuntime) -> Response:
    """Compare every document with its row."""
    _known(db, runtime)
    state.want_check(db)
    state.want_another_try(db)
    page.flash(N_("Every document is compared with its row; what differs is sent again."))
    return page.redirect("show_search_health")


@router.post("/admin/search/try")
def try_search(actor: CurrentActor, db: Db, page: CurrentPage, runtime: CurrentRuntime) -> Response:
    """Ask the server now instead of at the end of the pause."""
    _known(db, runtime)
    state.want_another_try(db)
    page.flash(N_("It is asked again now."))
    return page.redirect("show_search_health")


@router.post("/admin/search/parked/{change_id}/retry")
def retry_parked(change_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Send a refused document once more."""
    outbox.mark(db, [_parked(db, change_id).seq or 0], state=Owed.WAITING, error="")
    page.flash(N_("It is sent once more."))
    return page.redirect("show_search_health")


@router.post("/admin/search/parked/{change_id}/drop")
def drop_parked(change_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Leave a refused document out of the server's index."""
    change = _parked(db, change_id)
    audit.record(db, actor, "search.drop", "search_server", change.row_id, kind=change.kind, error=change.error)
    db.delete(change)
    page.flash(N_("Left out until the next comparison. The built-in search still finds it."))
    return page.redirect("show_search_health")


def _known(db: Session, runtime: CurrentRuntime) -> None:
    if reader_of(runtime) is None or not state.load(db).active:
        raise NoServer


def _parked(db: Session, change_id: int) -> OwedChange:
    change = db.get(OwedChange, change_id)
    if change is None or change.state is not Owed.PARKED:
        raise NotFound(f"no parked change {change_id}")
    return change
