"""What the indexed posts are made of, so that a query typed as pinyin, initials or a wrong character can be read.

Counted over rows that everybody may see: a word that only staff have written is never offered to a guest. Learning
reads the whole index, so it happens in a thread beside the site (`keep_learning`), never in a request; until then the
lexicon alone answers.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlmodel import Session

from cocreate.core.runtime import Runtime
from cocreate.text.cutter import cutter_for
from cocreate.text.lexicon import Lexicon
from cocreate.text.rewrite import Rewriter
from cocreate.text.rewrite_sounds import CHINESE_WORD
from search.lexicon.current import lexicon_of
from search.models import IndexedRow, IndexedTokens

log = logging.getLogger(__name__)

LEARN_EVERY_SECONDS, LOOK_EVERY_SECONDS, FIRST_AFTER_SECONDS = 600.0, 5.0, 1.0
GROWN = 0.02
"""Share of rows that must have come or gone before the index is read anew."""
READ_AT_ONCE = 1000
BREATH_SECONDS = 0.002
"""Between two batches: requests of this process must not wait for the counting."""
WORD_POSTS = 3
"""Posts that hold a word of no lexicon before a query may be read as it."""


@dataclass
class _Known:
    """What is known of one database."""

    posts: Mapping[str, int]
    rows: int = 0
    rewriters: dict[str, Rewriter] | None = None
    in_background: bool = False


_known: WeakKeyDictionary[Any, _Known] = WeakKeyDictionary()
_plain: dict[str, Rewriter] = {}
_building = threading.Lock()


def rewriter_of(session: Session) -> Rewriter:
    """The rewriter of this database: what its posts hold and the brand's lexicon, or the lexicon alone."""
    lexicon = lexicon_of(session)
    known = _known.get(_pool(session))
    if known is None or known.rewriters is None:
        return _lexicon_alone(lexicon)
    found = known.rewriters.get(lexicon.fingerprint)
    if found is None:
        if known.in_background:  # a new lexicon: the thread reads it within seconds, the one before answers meanwhile
            return next(iter(known.rewriters.values()))
        found = _build(lexicon, known.posts)
        known.rewriters = {lexicon.fingerprint: found}
    return found


def posts_holding(session: Session, token: str) -> int:
    """In how many public rows the token stood when the index was read last; 0 when it was not."""
    known = _known.get(_pool(session))
    return known.posts.get(token, 0) if known else 0


def learn(session: Session, over: threading.Event | None = None) -> int:
    """Read the index now (some 2 s per 100,000 rows); the number of rows read."""
    posts, rows = _count(session, over or threading.Event())
    lexicon = lexicon_of(session)
    known = _known.setdefault(_pool(session), _Known({}))
    rewriter = _build(lexicon, posts)
    known.posts, known.rows, known.rewriters = posts, rows, {lexicon.fingerprint: rewriter}
    return rows


def keep_learning(runtime: Runtime, over: threading.Event) -> None:
    """Read the index at the start, and again when a fiftieth of it or the lexicon has changed; for a thread beside the
    pages."""
    if over.wait(FIRST_AFTER_SECONDS):
        return
    known = _known.setdefault(runtime.database.engine.pool, _Known({}))
    known.in_background = True
    looked = float("-inf")
    while True:
        try:
            with runtime.database.read() as session:
                if known.rewriters and lexicon_of(session).fingerprint not in known.rewriters:
                    lexicon = lexicon_of(session)
                    known.rewriters = {lexicon.fingerprint: _build(lexicon, known.posts)}
                if time.monotonic() - looked >= LEARN_EVERY_SECONDS and not over.is_set():
                    if _has_changed(session, known):
                        learn(session, over)
                    looked = time.monotonic()
        except sa.exc.SQLAlchemyError:
            log.warning("the index could not be read for pinyin and homophones; trying again later", exc_info=True)
        if over.wait(LOOK_EVERY_SECONDS):
            return


def _pool(session: Session) -> Any:
    return session.get_bind().engine.pool


def _lexicon_alone(lexicon: Lexicon) -> Rewriter:
    found = _plain.get(lexicon.fingerprint)
    if found is None:
        with _building:
            found = _plain.get(lexicon.fingerprint) or Rewriter(lexicon)
            while len(_plain) >= 4:
                _plain.pop(next(iter(_plain)))
            _plain[lexicon.fingerprint] = found
    return found


def _build(lexicon: Lexicon, posts: Mapping[str, int]) -> Rewriter:
    cutter = cutter_for(lexicon)
    words = (
        token
        for token, held in posts.items()
        # A pair of characters is a token whether it is a word or not: the dictionary knows which is.
        if held >= WORD_POSTS and CHINESE_WORD.fullmatch(token) and token in cutter.cut_for_search(token)
    )
    return Rewriter(lexicon, posts, words)


def _count(session: Session, over: threading.Event) -> tuple[dict[str, int], int]:
    counter: Counter[str] = Counter()
    rows, last = 0, 0
    doc, held = IndexedRow.__table__, IndexedTokens.__table__  # type: ignore[attr-defined]
    statement = (
        sa.select(doc.c.id, held.c.title_tokens, held.c.body_tokens)
        .join(held, held.c.doc_id == doc.c.id)
        .where(doc.c.visibility == "public", doc.c.id > sa.bindparam("last"))
        .order_by(doc.c.id)
        .limit(READ_AT_ONCE)
    )
    while batch := session.connection().execute(statement, {"last": last}).all():
        for last, title, body in batch:  # noqa: B007 (where the next batch begins)
            counter.update({*title.split(), *body.split()})
        rows += len(batch)
        if over.wait(BREATH_SECONDS):
            break
    # What stands in one post alone tells nothing, and is most of it.
    return {token: held for token, held in counter.items() if held > 1}, rows


def _has_changed(session: Session, known: _Known) -> bool:
    table = IndexedRow.__table__  # type: ignore[attr-defined]
    public = sa.select(sa.func.count()).select_from(table).where(table.c.visibility == "public")
    rows = int(session.connection().execute(public).scalar_one())
    return known.rewriters is None or abs(rows - known.rows) > GROWN * max(known.rows, 50)
