"""What stands under the search field while somebody types: few statements, because every pause in typing asks."""

from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup
from sqlmodel import Session

from cocreate.core.runtime import Runtime
from cocreate.text.fold import fold
from cocreate.text.segment import content_words
from cocreate.web import markdown
from cocreate.web.page import Page
from search import facade, highlight, results
from search.api import scope_of
from search.asked import Asked, from_address
from search.habits import queries as habits
from search.port import Hit, SearchQuery

POSTS, OTHERS, OWN = 5, 2, 3
LOOKED_AT = 24
"""Hits that are asked for, so that an item or a release has a chance beside many posts."""
LIKELY = ("literal", "words", "synonym", "pinyin", "homophone")


@dataclass(frozen=True)
class Line:
    """One thing to go to. icon: of the sprite; note: small words behind it."""

    label: Markup | str
    url: str
    icon: str = ""
    note: Markup | str = ""


@dataclass(frozen=True)
class Part:
    """Lines under one heading."""

    label: str
    lines: list[Line] = field(default_factory=list)


def listed(session: Session, runtime: Runtime, page: Page, text: str) -> dict[str, Any]:
    """What the list shows for a text that may be unfinished; for an empty one what was looked for before."""
    asked = Asked(text=text)
    own = _own(session, page, text)
    if not text:
        popular = [
            Line(one, page.url("show_search", {"q": one}), "search")
            for one in habits.popular_searches(session, runtime)
        ]
        return {"asked": asked, "means": [], "parts": [], "own": own, "popular": popular[:6], "count": 0}
    kinds = list(facade.sources(runtime))
    query = SearchQuery(text, scope_of(page.actor), kinds=kinds, limit=LOOKED_AT, typing=True)
    found = facade.find(session, runtime, page.actor, query)
    parts = _parts(runtime, page, found, results.wanted_of(asked, found.page))
    return {
        "asked": asked,
        "means": results.suggestions(page, asked, found.page.rewritten),
        "parts": parts,
        "own": own,
        "popular": [],
        "count": sum(len(part.lines) for part in parts),
    }


def _parts(runtime: Runtime, page: Page, found: facade.Found, wanted: tuple[str, ...]) -> list[Part]:
    """The first finds under what they are, kinds in the order of their best find."""
    known = facade.sources(runtime)
    parts: dict[str, Part] = {}
    for hit in found.page.hits:
        part = parts.setdefault(hit.kind, Part(page.text(known[hit.kind].label)))
        if len(part.lines) < (POSTS if hit.kind == "post" else OTHERS):
            part.lines.append(_line(runtime, page, found, hit, wanted))
    return list(parts.values())


def _line(runtime: Runtime, page: Page, found: facade.Found, hit: Hit, wanted: tuple[str, ...]) -> Line:
    title = found.title(hit)
    note: Markup | str = ""
    if hit.via != "similar" and not highlight.spans(title, wanted):
        note = highlight.excerpt(markdown.plain(found.body(hit), 400), wanted, limit=40)
    url = facade.sources(runtime)[hit.kind].url(page, hit.id)
    return Line(highlight.mark(title[:120], wanted), url, note=note)


def _own(session: Session, page: Page, text: str) -> list[Line]:
    """One's own saved and recent searches that go on from what was typed; the newest while nothing is."""
    if not page.actor.signed_in:
        return []
    key, most = fold(text).strip(), OWN if text else 8
    lines = [
        Line(saved.name, page.url("show_search", from_address(saved.query).query()), "pin")
        for saved in habits.saved_searches(session, page.actor)
        if key in fold(saved.name)
    ]
    lines += [
        Line(recent.text, page.url("show_search", {"q": recent.text}), "history")
        for recent in habits.recent_searches(session, page.actor)
        if recent.folded.startswith(key) and recent.folded != key
    ]
    return lines[:most]


def spellings(session: Session, runtime: Runtime, page: Page, asked: Asked) -> list[Line]:
    """Where a search that found nothing may go on: without its filters, then one word of it at a time."""
    tries = [Asked(text=asked.text)] if asked.narrowings or asked.kind else []
    tries += [Asked(text=word) for word in dict.fromkeys(content_words(asked.text)) if word != asked.text]
    scope, zone, kinds = scope_of(page.actor), runtime.settings.zone, list(facade.sources(runtime))
    lines: list[Line] = []
    for one in tries[:6]:
        found = facade.find(session, runtime, page.actor, one.search(scope, zone, kinds=kinds, limit=1))
        if any(hit.via in LIKELY for hit in found.page.hits):
            lines.append(Line(one.text, page.url("show_search", one.query()), "search"))
    return lines[:4]
