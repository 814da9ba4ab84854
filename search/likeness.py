"""Rows that say about the same as a text: tier 4 of a search, and the heart of what is offered while a post is written.

A token says as much as it is rare: log of all rows to those that hold it. A pair of characters counts once, a word
double, a pair that is a word both. The rarest tokens name the candidates; the more of the text's weight a row holds,
and the less it says besides, the more alike. Measured: `docs/decisions/0020-search.md`.
"""

import math
import time
from collections.abc import Iterable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlmodel import Session

from cocreate.text.fold import fold
from cocreate.text.lexicon import Lexicon
from cocreate.text.segment import grams, words
from search.engines import DOC, Where, engine_of, sharing
from search.lexicon.current import cuts_of
from search.models import IndexedTokens

RAREST = 14
POSTINGS = 2000
"""Rows that the chosen tokens may stand in together; the three rarest are asked for in any case."""
CANDIDATES = 50
SIMILAR_CHARACTERS = 1000
LIKE_ENOUGH = 0.2
"""Rows that are less alike are no answer."""
WORD_WEIGHT, PAIR_WEIGHT = 2.0, 1.0
LENGTH_POWER = 0.4
LONGEST_RATIO = 4.0
"""A body is not held to say more besides than so many times the text: people explain, and mean the same."""
COUNTS_KEPT_SECONDS = 120.0
KEPT_FROM_ROWS = 20
MOST_COUNTS = 50_000

_counts: WeakKeyDictionary[Any, dict[str, tuple[float, int]]] = WeakKeyDictionary()


def alike(session: Session, text: str, where: Where, limit: int) -> list[tuple[str, int, float]]:
    """Kind, row id and likeness (0 to 1) of the rows most alike, best first."""
    weights = _weights(text, cuts_of(session))
    if not weights:
        return []
    counts, total = _known_counts(session, weights)
    masses = {token: weight * math.log((total + 2) / (counts[token] + 1)) for token, weight in weights.items()}
    chosen = _rarest(counts)
    if not chosen:
        return []
    asked = {token: masses[token] for token in chosen}
    scored = []
    for _, kind, row_id, title_length, length, title, body in sharing(
        session, asked, where, limit=max(CANDIDATES, 3 * limit)
    ):
        in_title = set(title.split())
        score = max(
            _likeness(masses, in_title, title_length),
            _likeness(masses, in_title.union(body.split()), min(length, int(LONGEST_RATIO * len(masses)))),
        )
        if score >= LIKE_ENOUGH:
            scored.append((score, kind, row_id))
    scored.sort(key=lambda one: (-one[0], -one[2]))
    return [(kind, row_id, round(score, 4)) for score, kind, row_id in scored[:limit]]


def _weights(text: str, cuts: Sequence[Lexicon]) -> dict[str, float]:
    """The text's tokens and what each counts; rows may be cut by any of the lexicons."""
    folded = fold(text[:SIMILAR_CHARACTERS])
    weights = dict.fromkeys(_telling(grams(folded)), PAIR_WEIGHT)
    for word in {word for lexicon in cuts for word in _telling(words(folded, lexicon))}:
        weights[word] = weights.get(word, 0.0) + WORD_WEIGHT
    return weights


def _telling(found: Iterable[str]) -> list[str]:
    """Distinct tokens without single Chinese characters."""
    return [token for token in dict.fromkeys(found) if len(token) > 1 or token.isascii()]


def _rarest(counts: dict[str, int]) -> list[str]:
    """Tokens that say most and stand in few rows together."""
    chosen: list[str] = []
    postings = 0
    for token in sorted((token for token, count in counts.items() if count), key=lambda one: (counts[one], one)):
        postings += counts[token]
        if len(chosen) == RAREST or (postings > POSTINGS and len(chosen) >= 3):
            break
        chosen.append(token)
    return chosen


def _likeness(masses: dict[str, float], held: set[str], length: int) -> float:
    whole = sum(masses.values())
    if whole <= 0:
        return 0.0
    share = sum(mass for token, mass in masses.items() if token in held) / whole
    return share * float((len(masses) / max(length, len(masses))) ** LENGTH_POWER)


def tokens_of(session: Session, ids: list[int]) -> dict[int, tuple[set[str], set[str]]]:
    """Tokens of title and of body by index id."""
    held: Any = IndexedTokens.__table__  # type: ignore[attr-defined]
    statement = sa.select(held.c.doc_id, held.c.title_tokens, held.c.body_tokens).where(held.c.doc_id.in_(ids))
    rows = session.connection().execute(statement).all()
    return {row_id: (set(title.split()), set(body.split())) for row_id, title, body in rows}


def _known_counts(session: Session, tokens: Iterable[str]) -> tuple[dict[str, int], int]:
    """Rows per token and rows in all. Kept for two minutes: they only weigh, so a little stale is as good."""
    bind: Any = session.get_bind()
    kept = _counts.setdefault(bind.engine.pool, {})
    moment = time.monotonic()
    counts = {token: count for token in tokens if (count := _fresh(kept, token, moment)) is not None}
    missing = [token for token in tokens if token not in counts]
    total = _fresh(kept, "", moment)
    if total is None:
        total = int(session.connection().execute(sa.select(sa.func.count()).select_from(DOC)).scalar_one())
        kept[""] = (moment + COUNTS_KEPT_SECONDS, total)
    if missing:
        asked = engine_of(session).counts(session, missing)
        if len(kept) > MOST_COUNTS:
            kept.clear()
        for token in missing:
            counts[token] = asked.get(token, 0)
            if counts[token] > KEPT_FROM_ROWS:  # rare ones change fast in relation and cost nothing to count
                kept[token] = (moment + COUNTS_KEPT_SECONDS, counts[token])
    return counts, total


def _fresh(kept: dict[str, tuple[float, int]], token: str, moment: float) -> int | None:
    entry = kept.get(token)
    return entry[1] if entry is not None and entry[0] > moment else None
