"""The server's candidates in the order of our likeness: its own rank knows no rare words."""

import math
from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session

from search.engines import DOC
from search.lexicon.current import cuts_of
from search.likeness import LIKE_ENOUGH, LONGEST_RATIO, _known_counts, _likeness, _weights, tokens_of


def likeness_of(session: Session, text: str, keys: Sequence[tuple[str, int]]) -> list[tuple[tuple[str, int], float]]:
    """These rows with how alike the text they are (0 to 1), best first; rows that are hardly alike are left out."""
    weights = _weights(text, cuts_of(session))
    if not weights or not keys:
        return []
    counts, total = _known_counts(session, weights)
    masses = {token: weight * math.log((total + 2) / (counts[token] + 1)) for token, weight in weights.items()}
    columns = (DOC.c.id, DOC.c.kind, DOC.c.row_id, DOC.c.title_length, DOC.c.length)
    statement = sa.select(*columns).where(sa.tuple_(DOC.c.kind, DOC.c.row_id).in_(keys))
    rows = session.connection().execute(statement).all()
    texts = tokens_of(session, [row.id for row in rows])
    scored = []
    for row in rows:
        title, body = texts[row.id]
        length = min(row.length, int(LONGEST_RATIO * len(masses)))
        score = max(_likeness(masses, title, row.title_length), _likeness(masses, title | body, length))
        if score >= LIKE_ENOUGH:
            scored.append(((row.kind, row.row_id), round(score, 4)))
    return sorted(scored, key=lambda one: (-one[1], -one[0][1]))
