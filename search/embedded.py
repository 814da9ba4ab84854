"""The search that is always there: in the database itself, in four tiers, of which a later never outranks an earlier.

1 the text as typed, 2 all its words in any order, 3 other spellings (the lexicon's, not yet), 4 rows that say the same.
Measured choices (two token columns, tiers, the 14 rarest tokens, the 5 % cut): `docs/decisions/0020-search.md`.
"""

import math
import time
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlmodel import Session

from search import phrases
from search.engines import DOC, Row, engine_of, narrowed
from search.port import Hit, Scope, SearchPage, Via

RAREST = 14
COMMON_SHARE = 0.05
COMMON_ROWS = 20
"""Below this many rows a token is never common, however small the forum."""
SIMILAR_CHARACTERS = 1000
LIKE_ENOUGH = 0.2
"""Rows that share less of what the text says are no answer; tried on posts' titles, see the decision."""
COUNTS_KEPT_SECONDS = 120.0
WORD_WEIGHT, PAIR_WEIGHT = 2.0, 1.0

_counts: WeakKeyDictionary[Any, dict[str, tuple[float, int]]] = WeakKeyDictionary()


def search(
    session: Session, text: str, *, scope: Scope, kinds: Sequence[str] | None = None, limit: int = 20
) -> SearchPage:
    """The best `limit` rows for a typed text, tier by tier; the newest rows when it holds nothing to look for."""
    started = time.perf_counter()
    engine = engine_of(session)
    where = narrowed(scope, kinds)
    typed = phrases.as_typed(text)
    if not typed:
        hits = _newest(session, where, limit) if not text.strip() else []
        return SearchPage(hits, engine.name, False, _since(started))
    found: dict[int, Hit] = {}
    _add(found, engine.containing(session, typed, where, limit), "literal", 0.9, 1.0, limit)
    looser = phrases.all_words(text)
    if len(found) < limit and looser and set(looser) != set(typed):
        _add(found, engine.containing(session, looser, where, limit + len(found)), "words", 0.6, 0.89, limit)
    hits = list(found.values())
    if len(hits) < limit:
        known = {(hit.kind, hit.id) for hit in hits}
        likely = _similar(session, text, where, limit + len(known))
        hits += [
            Hit(kind, row_id, round(0.59 * score, 4), "similar")
            for kind, row_id, score in likely
            if (kind, row_id) not in known
        ][: limit - len(hits)]
    return SearchPage(hits, engine.name, False, _since(started))


def similar(
    session: Session,
    text: str,
    *,
    scope: Scope,
    kinds: Sequence[str] = ("post",),
    limit: int = 5,
    exclude: Sequence[int] = (),
) -> list[Hit]:
    """Rows that say about the same, most alike first. score: share of what the text says that the row says too."""
    where = narrowed(scope, kinds, exclude)
    return [Hit(kind, row_id, score, "similar") for kind, row_id, score in _similar(session, text, where, limit)]


def matching_ids(session: Session, text: str, *, scope: Scope, kind: str, limit: int = 2000) -> list[int]:
    """Ids of one kind that hold the text as typed, or else all its words: the filter of a list, without likeness."""
    engine = engine_of(session)
    where = narrowed(scope, [kind])
    typed = phrases.as_typed(text)
    if not typed:
        return [hit.id for hit in _newest(session, where, limit)] if not text.strip() else []
    ids = dict.fromkeys(row_id for _, _, row_id, _ in engine.containing(session, typed, where, limit))
    looser = phrases.all_words(text)
    if len(ids) < limit and looser and set(looser) != set(typed):
        ids |= dict.fromkeys(row_id for _, _, row_id, _ in engine.containing(session, looser, where, limit))
    return list(ids)[:limit]


def _add(found: dict[int, Hit], rows: list[Row], via: Via, low: float, high: float, limit: int) -> None:
    best = max((fit for *_, fit in rows), default=0.0)
    for index_id, kind, row_id, fit in rows:
        if len(found) >= limit:
            return
        share = min(1.0, max(0.0, fit / best)) if best > 0 else 1.0
        found.setdefault(index_id, Hit(kind, row_id, round(low + (high - low) * share, 4), via))


def _newest(session: Session, where: sa.ColumnElement[bool], limit: int) -> list[Hit]:
    statement = sa.select(DOC.c.kind, DOC.c.row_id).where(where).order_by(DOC.c.created_at.desc(), DOC.c.id.desc())
    return [Hit(kind, row_id, 1.0, "literal") for kind, row_id in session.connection().execute(statement.limit(limit))]


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)


# -- likeness


def _similar(session: Session, text: str, where: sa.ColumnElement[bool], limit: int) -> list[tuple[str, int, float]]:
    words, pairs = phrases.tokens(text[:SIMILAR_CHARACTERS])
    if not words and not pairs:
        return []
    engine = engine_of(session)
    counts, total = _known_counts(session, words, pairs)
    chosen = _rarest({*words, *pairs}, counts, total)
    if not chosen:
        return []
    candidates = engine.sharing(
        session, [w for w in words if w in chosen], [p for p in pairs if p in chosen], where, max(30, 3 * limit)
    )
    mass = _masses(words, pairs, counts, total)
    texts = _token_sets(session, [row[0] for row in candidates])
    scored = [
        (_likeness(mass, *texts[index_id]), fit, kind, row_id)
        for index_id, kind, row_id, fit in candidates
        if index_id in texts
    ]
    scored = [one for one in scored if one[0] >= LIKE_ENOUGH]
    scored.sort(key=lambda one: (-one[0], -one[1], -one[3]))
    return [(kind, row_id, round(score, 4)) for score, _, kind, row_id in scored[:limit]]


def _rarest(wanted: set[str], counts: dict[str, int], total: int) -> set[str]:
    """Up to 14 tokens that say most; common ones only if fewer than three others stand anywhere."""
    known = sorted((token for token in wanted if counts.get(token)), key=lambda token: (counts[token], token))
    limit = max(COMMON_ROWS, total * COMMON_SHARE)
    telling = [token for token in known if counts[token] <= limit]
    return set((telling if len(telling) >= 3 else known)[:RAREST])


def _masses(words: list[str], pairs: list[str], counts: dict[str, int], total: int) -> dict[tuple[str, str], float]:
    """What each token of the text says, in bits of surprise; words weigh double."""

    def surprise(token: str) -> float:
        return math.log((total + 2) / (counts.get(token, 0) + 1))

    return {("w", word): WORD_WEIGHT * surprise(word) for word in words} | {
        ("g", pair): PAIR_WEIGHT * surprise(pair) for pair in pairs
    }


def _likeness(mass: dict[tuple[str, str], float], words: set[str], pairs: set[str], title_pairs: set[str]) -> float:
    """Share (0 to 1) of the text's mass that the row holds, a little less the more else the row's title says."""
    whole = sum(mass.values())
    if whole <= 0:
        return 0.0
    held = {key: weight for key, weight in mass.items() if key[1] in (words if key[0] == "w" else pairs)}
    mine = {token for kind, token in mass if kind == "g"}
    focus = len(title_pairs & mine) / len(title_pairs) if title_pairs else 0.0
    return sum(held.values()) / whole * (0.85 + 0.15 * focus)


def _token_sets(session: Session, ids: list[int]) -> dict[int, tuple[set[str], set[str], set[str]]]:
    statement = sa.select(DOC.c.id, DOC.c.title_words, DOC.c.body_words, DOC.c.title_grams, DOC.c.body_grams).where(
        DOC.c.id.in_(ids)
    )
    return {
        row_id: ({*a.split(), *b.split()}, {*c.split(), *d.split()}, {t for t in c.split() if len(t) > 1})
        for row_id, a, b, c, d in session.connection().execute(statement)
    }


def _known_counts(session: Session, words: list[str], pairs: list[str]) -> tuple[dict[str, int], int]:
    """Rows per token and rows in all. Kept for two minutes: they only weigh, so a little stale is as good."""
    bind: Any = session.get_bind()
    kept = _counts.setdefault(bind.engine.pool, {})
    moment = time.monotonic()
    fresh = {token: count for token in {*words, *pairs} if (count := _fresh(kept, token, moment)) is not None}
    missing_words = [token for token in words if token not in fresh]
    missing_pairs = [token for token in pairs if token not in fresh]
    total = _fresh(kept, "", moment)
    if total is None:
        total = int(session.connection().execute(sa.select(sa.func.count()).select_from(DOC)).scalar_one())
        kept[""] = (moment + COUNTS_KEPT_SECONDS, total)
    if missing_words or missing_pairs:
        asked = engine_of(session).counts(session, missing_words, missing_pairs)
        if len(kept) > 20_000:
            kept.clear()
        for token in {*missing_words, *missing_pairs}:
            fresh[token] = asked.get(token, 0)
            if fresh[token] > COMMON_ROWS:  # rare ones change fast in relation and cost nothing to count
                kept[token] = (moment + COUNTS_KEPT_SECONDS, fresh[token])
    return fresh, total


def _fresh(kept: dict[str, tuple[float, int]], token: str, moment: float) -> int | None:
    entry = kept.get(token)
    return entry[1] if entry is not None and entry[0] > moment else None
