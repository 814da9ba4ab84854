"""The page of what owners looked for and did not find."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from cocreate.core.text_marks import N_
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.page import CurrentPage
from search.misses import queries, service

router = APIRouter(include_in_schema=False, dependencies=[allow("search.misses")])


@router.get("/search/misses")
def show_misses(
    db: ReadDb,
    page: CurrentPage,
    show: Annotated[str, Query(max_length=8)] = "open",
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Texts that found nothing, the most frequent first."""
    handled = show == "handled"
    listing = queries.misses(db, handled=handled, cursor=cursor)
    query = {"show": "handled" if handled else None, "cursor": listing.next_cursor}
    still_open, done = queries.counts(db)
    return page.render(
        "search/misses.html",
        rows=listing.items,
        handled=handled,
        still_open=still_open,
        done=done,
        first=cursor is None,
        next_url=page.url("show_misses", query) if listing.next_cursor else None,
    )


@router.post("/search/misses/{miss_id}/handled")
def handle_miss(miss_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Somebody has dealt with it."""
    service.set_handled(db, service.get_miss(db, miss_id), handled=True, by=actor)
    page.flash(N_("Marked as dealt with."), undo_url=page.url("reopen_miss", miss_id=miss_id))
    return page.redirect("show_misses")


@router.post("/search/misses/{miss_id}/open")
def reopen_miss(miss_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """It is not settled after all."""
    service.set_handled(db, service.get_miss(db, miss_id), handled=False, by=actor)
    return page.redirect("show_misses")
