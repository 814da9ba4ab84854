"""The server's candidates in the order of our likeness: its own rank knows no rare words."""

import math
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from cocreate.text.cutter import cutter_for
from cocreate.text.fold import fold
from cocreate.text.segment import RUN
from search.engines import DOC
from search.lexicon.current import cuts_of, lexicon_of
from search.likeness import LIKE_ENOUGH, LONGEST_RATIO, SIMILAR_CHARACTERS, _known_counts, _likeness, _weights
from search.models import IndexedTokens

LEFT_OUT = 2
"""Rarest words of a text that its candidates may lack, one at a time: hit@5 .904 → .959 (bench search, LCQMC)."""
_TOKENS: Any = IndexedTokens.__table__  # type: ignore[attr-defined]


def wordings(session: Session, text: str) -> list[str]:
    """The words of the text that stand in some row; the same without the rarest, and without the next.

    To the server a word that stands nowhere is the rarest of all, and what it would keep to the last: it reaches no row
    without the rarest word, and that is often the one by which two people who say the same differ.
    """
    lexicon = lexicon_of(session)
    cut = cutter_for(lexicon).cut
    found: list[str] = []
    for match in RUN.finditer(fold(text[:SIMILAR_CHARACTERS])):
        found += cut(match["chinese"]) if match["chinese"] else [match["latin"]]
    wanted = [word for word in dict.fromkeys(found) if len(word) > 1 and word not in lexicon.stop_words]
    counts, _ = _known_counts(session, wanted)
    known = [word for word in wanted if counts.get(word)]
    rarest = sorted(known, key=lambda word: counts[word])[:LEFT_OUT] if len(known) > LEFT_OUT else []
    return [" ".join(word for word in known if word != one) for one in ("", *rarest)]


def likeness_of(session: Session, text: str, keys: Sequence[tuple[str, int]]) -> list[tuple[tuple[str, int], float]]:
    """These rows with how alike the text they are (0 to 1), best first; rows that are hardly alike are left out."""
    weights = _weights(text, cuts_of(session))
    if not weights or not keys:
        return []
    counts, total = _known_counts(session, weights)
    masses = {token: weight * math.log((total + 2) / (counts[token] + 1)) for token, weight in weights.items()}
    columns = (
        DOC.c.kind,
        DOC.c.row_id,
        DOC.c.title_length,
        DOC.c.length,
        _TOKENS.c.title_tokens,
        _TOKENS.c.body_tokens,
    )
    statement = (
        sa.select(*columns)
        .join(_TOKENS, _TOKENS.c.doc_id == DOC.c.id)
        .where(sa.tuple_(DOC.c.kind, DOC.c.row_id).in_(keys))
    )
    scored = []
    for row in session.connection().execute(statement):
        title = set(row.title_tokens.split())
        length = min(row.length, int(LONGEST_RATIO * len(masses)))
        both = title.union(row.body_tokens.split())
        score = max(_likeness(masses, title, row.title_length), _likeness(masses, both, length))
        if score >= LIKE_ENOUGH:
            scored.append(((row.kind, row.row_id), round(score, 4)))
    return sorted(scored, key=lambda one: (-one[1], -one[0][1]))
