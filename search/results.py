"""What the results page and the list under the search field show, put together from hits, rows and counts."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup
from sqlmodel import Session

from cocreate.core.errors import Unavailable
from cocreate.core.runtime import Runtime
from cocreate.core.text_marks import N_
from cocreate.web import markdown
from cocreate.web.page import Page
from search import facade, highlight
from search.asked import SPANS, Asked
from search.habits import service as habits
from search.misses import service as misses
from search.port import Facets, Hit, Rewritten, SearchPage

log = logging.getLogger("cocreate.search")
RESPELT = frozenset({"pinyin", "homophone"})
SPAN_LABELS = {"7d": N_("Past week"), "30d": N_("Past month"), "365d": N_("Past year")}
ANSWERED_LABELS = {"yes": N_("Answered"), "no": N_("Not answered yet")}
FACET_LABELS = {
    "status": N_("Status"),
    "variety": N_("Kind"),
    "model": N_("Model"),
    "board": N_("Board"),
    "answered": N_("Reply of the brand"),
}
MOST_VALUES = 8


@dataclass(frozen=True)
class Result:
    """One hit as the page shows it."""

    hit: Hit
    card: Markup
    excerpt: Markup


@dataclass(frozen=True)
class Choice:
    """One value of a filter: what choosing it leads to, and how many rows it leaves. None: not counted."""

    label: str
    url: str
    count: int | None
    current: bool
    value: str = ""


@dataclass(frozen=True)
class Group:
    """One filter with its values."""

    name: str
    label: str
    choices: list[Choice]
    clear_url: str


@dataclass(frozen=True)
class Suggestion:
    """The query as it was read instead: 座椅 for zuoyi."""

    typed: str
    words: list[tuple[str, str]] = field(default_factory=list)
    """Word and the address that searches for it."""


def wanted_of(asked: Asked, page: SearchPage) -> tuple[str, ...]:
    """What is marked in the results: what was typed, and what search put in its place."""
    return highlight.terms(asked.text, highlight.marked_words(one.words for one in page.rewritten))


def draw(
    session: Session, page: Page, runtime: Runtime, found: facade.Found, hits: Sequence[Hit], wanted: Any
) -> list[Result]:
    """The hits as rows of their packages, marked, with the place in the text that was found."""
    known = facade.sources(runtime)
    cards = {
        (name, row_id): card
        for name, ids in facade.by_kind(hits).items()
        for row_id, card in known[name].cards(session, page, ids).items()
    }
    return [
        Result(
            hit,
            highlight.mark_html(cards[hit.kind, hit.id], wanted),
            highlight.excerpt(markdown.plain(found.body(hit), highlight.LOOKED_AT), wanted),
        )
        for hit in hits
        if (hit.kind, hit.id) in cards
    ]


def suggestions(page: Page, asked: Asked, rewritten: Sequence[Rewritten]) -> list[Suggestion]:
    """What "did you mean" offers: readings of pinyin and of wrong characters, each as a link to the search for it."""
    found = []
    for one in rewritten:
        if one.via not in RESPELT:
            continue
        words = [(word, _with(page, asked, one.typed, word)) for word in one.words[:4] if word != one.typed]
        if words:
            found.append(Suggestion(one.typed, words))
    return found


def _with(page: Page, asked: Asked, typed: str, word: str) -> str:
    """The address of the search with the word in the place of what was typed."""
    at = asked.text.lower().find(typed.lower())
    text = asked.text[:at] + word + asked.text[at + len(typed) :] if at >= 0 else word
    return page.url("show_search", asked.query(text=text))


def tabs(page: Page, runtime: Runtime, asked: Asked, facets: Facets) -> list[dict[str, Any]]:
    """A tab for every kind that has rows, and one for all; the counts follow the other filters."""
    counts = dict(facets["kind"])
    known = facade.sources(runtime)
    shown = [name for name in known if counts.get(name) or name in (asked.kind, "post")]
    rows = [("", page.text(N_("Everything")), sum(counts.values()))]
    rows += [(name, page.text(known[name].label), counts.get(name, 0)) for name in shown]
    return [
        {
            "label": label,
            "url": page.url("show_search", asked.query(kind=name)),
            "current": asked.kind == name,
            "count": count,
            "more": facets.capped,
        }
        for name, label, count in rows
    ]


def groups(session: Session, page: Page, runtime: Runtime, asked: Asked, facets: Facets) -> list[Group]:
    """The filters with their counts, as links; values that nothing has are left out, what is chosen stays."""
    labels = _labels(session, page, runtime)
    found: list[Group] = []
    for name, label in FACET_LABELS.items():
        key = "board_id" if name == "board" else name
        chosen = str(getattr(asked, name) or "")
        counted = [(_word(name, value), count) for value, count in facets[key] if value not in (None, "")]
        if chosen and chosen not in {value for value, _ in counted}:
            counted.append((chosen, 0))
        choices = [
            Choice(
                labels.get(name, {}).get(value, value),
                page.url("show_search", asked.query(**{name: "" if value == chosen else value})),
                count,
                value == chosen,
                value,
            )
            for value, count in _first(counted, chosen)
            if name in ("model", "answered") or value in labels.get(name, {})
        ]
        if len(choices) > 1 or chosen:
            found.append(Group(name, page.text(label), choices, page.url("show_search", asked.query(**{name: ""}))))
    return found


def _first(counted: list[tuple[str, int]], chosen: str) -> list[tuple[str, int]]:
    kept = counted[:MOST_VALUES]
    return kept + [pair for pair in counted[MOST_VALUES:] if pair[0] == chosen]


def _word(name: str, value: Any) -> str:
    return ("yes" if value else "no") if name == "answered" else str(value)


def _labels(session: Session, page: Page, runtime: Runtime) -> dict[str, dict[str, str]]:
    """What the sources call the values of their filters, in the reader's language."""
    found: dict[str, dict[str, str]] = {"answered": {key: page.text(text) for key, text in ANSWERED_LABELS.items()}}
    for source in facade.sources(runtime).values():
        for name, labels in source.filter_labels(session).items():
            for value, text in labels.items():
                found.setdefault(name, {}).setdefault(value, page.text(text))
    return found


def spans(page: Page, asked: Asked) -> list[Choice]:
    """The date ranges that one press sets."""
    return [
        Choice(
            page.text(SPAN_LABELS[key]),
            page.url("show_search", asked.query(since="" if asked.since == key else key, until="")),
            None,
            asked.since == key,
            key,
        )
        for key in SPANS
    ]


def chosen(page: Page, asked: Asked, filters: Sequence[Group]) -> list[tuple[str, str]]:
    """(what a filter says, the address without it) for every filter that is set."""
    found = [(choice.label, choice.url) for group in filters for choice in group.choices if choice.current]
    if asked.since in SPAN_LABELS:
        found.append((page.text(SPAN_LABELS[asked.since]), page.url("show_search", asked.query(since="", until=""))))
    elif asked.since or asked.until:
        label = f"{asked.since or '…'} – {asked.until or '…'}"
        found.append((label, page.url("show_search", asked.query(since="", until=""))))
    return found


def default_name(asked: Asked, set_filters: Sequence[tuple[str, str]]) -> str:
    """What a saved search is called until its member thinks of something better."""
    return " · ".join([part for part in (asked.text, *(label for label, _ in set_filters)) if part])[:60]


def note(runtime: Runtime, page: Page, asked: Asked, hits: Sequence[Hit]) -> None:
    """Keep a sent search: among the member's recent ones, and among the misses when nothing answered it.

    In a session of its own after all reading: a search is answered even while another writer holds the database.
    """
    if not asked.bare or page.partial:
        return
    found = sum(1 for hit in hits if hit.via != "similar")
    missed = misses.worth_noting(runtime, asked.text) if not found else ""
    actor = page.actor
    if not missed and not actor.signed_in:
        return
    try:
        with runtime.database.write() as session:
            if actor.signed_in:
                habits.remember(session, actor.member_id, asked.text, found=0 if actor.staff else found)
            if missed:
                misses.note_miss(session, missed, alike=bool(hits))
    except Unavailable:
        log.warning("a search was not noted: the database was busy")
