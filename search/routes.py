"""The search page, and the list under the search field while somebody types."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from cocreate.web.access import CurrentRuntime, ReadDb, allow
from cocreate.web.page import CurrentPage
from search import facade, instant, results
from search.api import scope_of
from search.asked import LONGEST_TEXT, Asked, asked
from search.habits import queries as habits

router = APIRouter(include_in_schema=False, dependencies=[allow("search.use")])
FIRST, MORE, MOST = 20, 40, 100
AskedHere = Annotated[Asked, Depends(asked)]


@router.get("/search")
def show_search(
    asked: AskedHere,
    db: ReadDb,
    page: CurrentPage,
    runtime: CurrentRuntime,
    limit: Annotated[int, Query(ge=1, le=MOST)] = FIRST,
) -> Response:
    """What the search of this address finds, with what would narrow it."""
    kinds = list(facade.sources(runtime))
    query = asked.search(scope_of(page.actor), runtime.settings.zone, kinds=kinds, limit=limit + 1)
    found = facade.find(db, runtime, page.actor, query)
    facets = facade.facets(db, runtime, query)
    hits = found.page.hits[:limit]
    drawn = results.draw(db, page, runtime, found, hits, results.wanted_of(asked, found.page))
    more = len(found.page.hits) > limit and limit < MOST
    filters = results.groups(db, page, runtime, asked, facets)
    chosen = results.chosen(page, asked, filters)
    nothing = not drawn
    context: dict[str, Any] = {
        "asked": asked,
        "q": asked.text,
        "tabs": results.tabs(page, runtime, asked, facets),
        "filters": filters,
        "spans": results.spans(page, asked),
        "chosen": chosen,
        "capped": facets.capped,
        "total": facets.total,
        "means": results.suggestions(page, asked, found.page.rewritten),
        "exact": [one for one in drawn if one.hit.via != "similar"],
        "alike": [one for one in drawn if one.hit.via == "similar"],
        "degraded": found.page.degraded,
        "more_url": page.url("show_search", {**asked.query(), "limit": limit + MORE}) if more else None,
        "saved": habits.find_saved(db, page.actor, asked.address()),
        "save_name": results.default_name(asked, chosen),
        "own_saved": [] if asked.text else habits.saved_searches(db, page.actor)[:8],
        "own_recent": [] if asked.text else habits.recent_searches(db, page.actor, limit=8),
        "popular": habits.popular_searches(db, runtime) if nothing or not asked.text else [],
        "spellings": instant.spellings(db, runtime, page, asked) if nothing else [],
    }
    results.note(runtime, page, asked, hits)
    return page.render("search/page.html", block="results", public=True, **context)


@router.get("/search/instant")
def show_instant(
    db: ReadDb,
    page: CurrentPage,
    runtime: CurrentRuntime,
    q: Annotated[str, Query(max_length=LONGEST_TEXT)] = "",
) -> Response:
    """What stands under the search field: first finds of each kind and one's own searches. Never a whole page."""
    text = q.replace("\x00", "").strip()
    return page.render("search/instant.html", public=True, **instant.listed(db, runtime, page, text))
