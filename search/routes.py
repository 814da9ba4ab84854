"""The search page."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from markupsafe import Markup

from cocreate.web import markdown
from cocreate.web.access import CurrentRuntime, ReadDb, allow
from cocreate.web.page import CurrentPage
from search import facade, highlight
from search.port import Hit

router = APIRouter(include_in_schema=False)
FIRST, MORE, MOST = 20, 40, 100


@dataclass(frozen=True)
class Result:
    """One hit as the page shows it."""

    hit: Hit
    card: Markup
    excerpt: Markup


@router.get("/search", dependencies=[allow("search.use")])
def show_search(
    db: ReadDb,
    page: CurrentPage,
    runtime: CurrentRuntime,
    q: Annotated[str, Query(max_length=500)] = "",
    kind: Annotated[str, Query(max_length=24)] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = FIRST,
) -> Response:
    text = q.replace("\x00", "").strip()
    found = facade.find(db, runtime, page.actor, text, kind=kind or None, limit=limit + 1)
    hits = found.page.hits[:limit]
    known = facade.sources(runtime)
    cards = {
        (name, row_id): card
        for name, ids in facade.by_kind(hits).items()
        for row_id, card in known[name].cards(db, page, ids).items()
    }
    wanted = highlight.terms(text)
    results = [
        Result(
            hit,
            highlight.mark_html(cards[hit.kind, hit.id], wanted),
            highlight.excerpt(markdown.plain(found.body(hit), 2000), wanted),
        )
        for hit in hits
        if (hit.kind, hit.id) in cards
    ]
    more = len(found.page.hits) > limit and limit < MOST
    context: dict[str, Any] = {
        "q": text,
        "kind": kind,
        "kinds": [(name, source.label) for name, source in known.items()],
        "exact": [one for one in results if one.hit.via != "similar"],
        "alike": [one for one in results if one.hit.via == "similar"],
        "degraded": found.page.degraded,
        "more_url": page.url("show_search", {"q": text, "kind": kind, "limit": limit + MORE}) if more else None,
    }
    return page.render("search/page.html", block="results", public=True, **context)
