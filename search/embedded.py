"""The search that is always there: in the database itself, in four tiers.

1 the text as typed, 2 all its words in any order, 3 other spellings (synonyms, pinyin, initials, homophones), 4 rows
that say about the same. A later tier never outranks an earlier one, but for one turn: when another spelling has more
than 20 times the posts of what was typed, it comes before tier 2. Measured: `docs/decisions/0020-search.md`.
"""

import math
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from cocreate.text.rewrite import TOLD_APART, Reading
from search import phrases
from search.engines import WEIGHED, Ask, Row, Where, containing, engine_of, facts_of, narrowed
from search.engines import newest as newest_rows
from search.lexicon.current import lexicon_of
from search.likeness import LENGTH_POWER, alike
from search.phrases import Phrase
from search.port import Facets, Hit, Rewritten, Scope, SearchFilters, SearchPage, SearchQuery, Via
from search.vocabulary import rewriter_of

MOST_COUNTED = 2000
"""Rows that facets count, the newest ones that hold the words."""
HELD_SCORES = 0.4
"""Rows that hold the words score from 0.6 to 1; what is only alike stays below."""
READING_WEIGHED, TYPING_READINGS = 20, 4
"""Rows weighed of each other reading at least, and readings tried while somebody types."""
TITLED = 2
"""Wishes of one tier whose titles are asked for apart; what comes later seldom reaches the page."""
_FACETS = ("kind", "variety", "status", "board_id", "model", "answered")


@dataclass
class Tier:
    """Rows that met the words in one way; `in_title`: those that hold them there."""

    via: Via
    rows: list[Row]
    asked: int
    """Tokens asked for: the fewer others a row holds, the better it fits."""
    in_title: set[int] = field(default_factory=set)

    def fit(self, row: Row) -> float:
        """How well the row fits, 0 to 1: title before body, little besides, a touch of its votes."""
        title = row.index_id in self.in_title
        length = row.title_length if title else row.length
        focus = float((self.asked / max(length, self.asked)) ** LENGTH_POWER)
        return min(1.0, (0.5 if title else 0.0) + 0.45 * focus + 0.01 * min(5.0, math.log1p(max(0, row.votes))))


def search(session: Session, query: SearchQuery) -> SearchPage:
    """The best rows for a typed text, tier by tier; the newest rows when it holds nothing to look for."""
    started = time.perf_counter()
    name = engine_of(session).name
    where = narrowed(query.scope, query.kinds, query.filters)

    def page(hits: list[Hit], rewritten: tuple[Rewritten, ...] = ()) -> SearchPage:
        return SearchPage(hits, name, False, round((time.perf_counter() - started) * 1000, 2), rewritten)

    typed = phrases.as_typed(query.text)
    if not typed:
        return page(_newest(session, where, query) if not query.text.strip() else [])
    tiers, rewritten = _tiers(session, query, where)
    if query.sort != "best":
        return page(_ordered(tiers, query), rewritten)
    hits = _ranked(tiers, query.limit)
    if len(hits) < query.limit and not query.exact:
        known = {(hit.kind, hit.id) for hit in hits}
        likely = alike(session, query.text, where, query.limit + len(known))
        fresh = [Hit(kind, row_id, round(0.59 * score, 4), "similar") for kind, row_id, score in likely]
        hits += [hit for hit in fresh if (hit.kind, hit.id) not in known][: query.limit - len(hits)]
    return page(hits, rewritten)


def similar(
    session: Session,
    text: str,
    *,
    scope: Scope,
    kinds: Sequence[str] = ("post",),
    limit: int = 5,
    exclude: Sequence[int] = (),
) -> list[Hit]:
    """Rows that say about the same, most alike first; score: their likeness."""
    where = narrowed(scope, kinds, exclude=exclude)
    return [Hit(kind, row_id, score, "similar") for kind, row_id, score in alike(session, text, where, limit)]


def matching_ids(session: Session, text: str, *, scope: Scope, kind: str, limit: int = 2000) -> list[int]:
    """Ids of one kind that hold the text as typed, all its words, or another spelling of it, the best first; without
    likeness: the filter of a list."""
    query = SearchQuery(text, scope, kinds=[kind], limit=limit)
    where = narrowed(scope, [kind])
    if not phrases.as_typed(text):
        return [hit.id for hit in _newest(session, where, query)] if not text.strip() else []
    tiers, _ = _tiers(session, query, where, weighed=limit)
    return [hit.id for hit in _ranked(tiers, limit)]


def facets(session: Session, query: SearchQuery) -> Facets:
    """Counts over the newest 2,000 rows that hold the words or another spelling of them, each facet without its own
    filter. An empty text counts the newest rows of all."""
    filters = query.filters
    where = narrowed(query.scope, None, SearchFilters(since=filters.since, until=filters.until))
    wanted = [phrases.as_typed(query.text)]
    if wanted[0] and not query.exact:
        lexicon = lexicon_of(session)
        wanted += [phrases.glued(query.text), phrases.all_words(query.text, lexicon)]
        wanted += [phrases.as_read(reading, lexicon) for reading in rewriter_of(session).readings(query.text)]
    readings = [one for one in wanted if one]
    if query.text.strip() and not readings:
        return Facets({name: [] for name in _FACETS})
    rows = facts_of(session, readings, where, limit=MOST_COUNTED + 1)
    capped = len(rows) > MOST_COUNTED
    asked: dict[str, Any] = {
        "variety": filters.variety or None, "status": filters.status or None, "board_id": filters.board_id,
        "model": filters.model or None, "answered": filters.answered,
    }  # fmt: skip
    counters: dict[str, Counter[Any]] = {name: Counter() for name in _FACETS}
    for row in rows[:MOST_COUNTED]:
        values = dict(zip(_FACETS, row, strict=True))
        missed = [name for name, value in asked.items() if value is not None and values[name] != value]
        if query.kinds is not None and values["kind"] not in query.kinds:
            missed.append("kind")
        for name, counter in counters.items():
            if missed in ([], [name]) and values[name] not in ("", None):
                counter[values[name]] += 1
    counted = {
        name: sorted(counter.items(), key=lambda one: (-one[1], str(one[0]))) for name, counter in counters.items()
    }
    return Facets(counted, min(len(rows), MOST_COUNTED), capped)


# -- tiers


def _tiers(
    session: Session, query: SearchQuery, where: Where, weighed: int = WEIGHED
) -> tuple[list[Tier], tuple[Rewritten, ...]]:
    """The first three tiers in the order in which they count, and what was read as other words."""
    exactly = phrases.as_typed(query.text, unfinished=False)
    begun = phrases.as_typed(query.text)
    literal, *begins = _asked(
        session,
        [("literal", one) for one in ([exactly, begun] if begun != exactly else [exactly])],
        where,
        query,
        weighed,
    )
    if query.exact:
        return [literal, *begins], ()
    held = len(literal.rows)
    readings = rewriter_of(session).readings(query.text)[: TYPING_READINGS if query.typing else None]
    if held >= query.limit and query.sort == "best":  # the page is full: what stands far oftener is still worth a hint
        readings = [one for one in readings if (one.posts or 0) > TOLD_APART * held]
    lexicon = lexicon_of(session)
    wanted = [(one.via, phrases.as_read(one, lexicon)) for one in readings]
    tried = zip(
        readings, _asked(session, wanted, where, query, min(weighed, max(READING_WEIGHED, query.limit))), strict=True
    )
    others = [(one, tier) for one, tier in tried if tier.rows]
    leads = [held * TOLD_APART < max(len(tier.rows), one.posts or 0) for one, tier in others]
    leading = [tier for (_, tier), first in zip(others, leads, strict=True) if first]
    following = [tier for (_, tier), first in zip(others, leads, strict=True) if not first]
    words: list[Tier] = []
    if query.sort != "best" or held + sum(len(tier.rows) for tier in (*leading, *begins)) < query.limit:
        looser = phrases.all_words(query.text, lexicon)
        again = set(looser) == set(begun)
        loose: list[tuple[Via, list[Phrase]]] = [
            ("words", phrases.glued(query.text)),
            ("words", [] if again else looser),
        ]
        words = _asked(session, loose, where, query, weighed)
    return [literal, *leading, *begins, *words, *following], as_rewritten(one for one, _ in others)


def _asked(
    session: Session, wanted: Sequence[tuple[Via, list[Phrase]]], where: Where, query: SearchQuery, weighed: int
) -> list[Tier]:
    """A tier for each wish, all in one statement."""
    if query.sort != "best":
        found = containing(session, [Ask(one) for _, one in wanted], where, limit=query.limit, sort=query.sort)
        return [Tier(via, rows, 1) for (via, _), rows in zip(wanted, found, strict=True)]
    asks = [
        Ask(one if place < TITLED or not title else [], title)
        for place, (_, one) in enumerate(wanted)
        for title in (True, False)
    ]
    found = containing(session, asks, where, limit=weighed)
    tiers = []
    for place, (via, one) in enumerate(wanted):
        titled, anywhere = found[2 * place : 2 * place + 2]
        known = {row.index_id for row in titled}
        rows = [*titled, *(row for row in anywhere if row.index_id not in known)]
        tiers.append(Tier(via, rows, max(1, sum(len(phrase.tokens) for phrase in one)), known))
    return tiers


def as_rewritten(readings: Iterable[Reading]) -> tuple[Rewritten, ...]:
    """What was typed and the words it was read as, each once."""
    words: dict[tuple[str, Via], dict[str, None]] = {}
    for reading in readings:
        for change in reading.changes:
            words.setdefault((change.typed, change.via), {}).update({" ".join(change.words): None})
    return tuple(Rewritten(typed, tuple(found), via) for (typed, via), found in words.items())


def _ranked(tiers: Sequence[Tier], limit: int) -> list[Hit]:
    """The best rows of each tier after those of the tiers before it; each tier has its own stretch of scores."""
    found: dict[int, Hit] = {}
    tiers = [tier for tier in tiers if tier.rows]
    width = HELD_SCORES / max(1, len(tiers))
    for number, tier in enumerate(tiers):
        low = 1.0 - (number + 1) * width
        fitting = sorted(((tier.fit(row), row.index_id, row) for row in tier.rows), reverse=True)
        for fit, index_id, row in fitting:
            if len(found) == limit:
                return list(found.values())
            if index_id not in found:
                found[index_id] = Hit(row.kind, row.row_id, round(low + 0.99 * width * fit, 4), tier.via)
    return list(found.values())


def _ordered(tiers: Iterable[Tier], query: SearchQuery) -> list[Hit]:
    """The rows of all tiers in the wished order, each under the first tier that has it."""
    found: dict[int, tuple[Row, Via]] = {}
    for tier in tiers:
        for row in tier.rows:
            found.setdefault(row.index_id, (row, tier.via))

    def place(one: tuple[Row, Via]) -> tuple[Any, int]:
        return (one[0].votes if query.sort == "votes" else one[0].created_at, one[0].index_id)

    ordered = sorted(found.values(), key=place, reverse=True)
    return [Hit(row.kind, row.row_id, 1.0, via) for row, via in ordered[: query.limit]]


def _newest(session: Session, where: Where, query: SearchQuery) -> list[Hit]:
    rows = newest_rows(session, where, limit=query.limit, sort=query.sort)
    return [Hit(row.kind, row.row_id, 1.0, "literal") for row in rows]
