"""Which lexicon holds in a database: kept in memory, asked again once a second, built anew when a version came."""

import time
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import event
from sqlmodel import Session, col, select

from cocreate.text.lexicon import Lexicon
from search.lexicon.models import LexiconEntry, LexiconVersion
from search.lexicon.overlay import Entry, Key, laid_over, rewound

FRESH_SECONDS = 1.0
"""Another process learns of a new version after this long; what it cuts meanwhile is marked with the older cut."""
_TOUCHED = "lexicon.touched"


@dataclass(frozen=True)
class _Known:
    until: float
    versions: tuple[int, int]
    cuts: tuple[Lexicon, ...]


_known: WeakKeyDictionary[Any, _Known] = WeakKeyDictionary()


def lexicon_of(session: Session) -> Lexicon:
    """The brand's lexicon; the shipped one as long as nobody changed a word."""
    return cuts_of(session)[0]


def cuts_of(session: Session) -> tuple[Lexicon, ...]:
    """The lexicons by which rows of the index may be cut, the current one first.

    One, or two while a version that cuts otherwise is being brought into the index. Of several savings during that
    time the ones between are left out: rows they cut are found by pairs and by the words all of them share.
    """
    bind: Any = session.get_bind()
    pool = bind.engine.pool
    if session.info.get(_TOUCHED):
        return _build(session, _versions(session))
    known = _known.get(pool)
    if known is not None and known.until > time.monotonic():
        return known.cuts
    versions = _versions(session)
    cuts = known.cuts if known is not None and known.versions == versions else _build(session, versions)
    _known[pool] = _Known(time.monotonic() + FRESH_SECONDS, versions, cuts)
    return cuts


def touch(session: Session) -> None:
    """Let this session see the version it is writing, and this process once it is committed."""
    pool = session.get_bind().engine.pool
    if session.info.get(_TOUCHED):
        return
    session.info[_TOUCHED] = True

    def over(_session: Session) -> None:
        session.info.pop(_TOUCHED, None)
        _known.pop(pool, None)

    event.listen(session, "after_commit", over, once=True)
    event.listen(session, "after_rollback", over, once=True)


def changes_of(session: Session) -> dict[Key, Entry]:
    """What the brand changed in the shipped lexicon."""
    rows = session.exec(select(LexiconEntry).order_by(col(LexiconEntry.id)))
    entries = [Entry(row.kind, row.word, tuple(row.aliases), tuple(row.synonyms), row.removed) for row in rows]
    return {entry.key: entry for entry in entries}


def _versions(session: Session) -> tuple[int, int]:
    """The newest version, and the newest one that the whole index knows; 0 for the shipped lexicon."""
    number = col(LexiconVersion.id)
    indexed = sa.func.max(sa.case((col(LexiconVersion.indexed_at).is_not(None), number)))
    newest, done = session.exec(select(sa.func.max(number), indexed)).one()
    return newest or 0, done or 0


def _build(session: Session, versions: tuple[int, int]) -> tuple[Lexicon, ...]:
    newest, done = versions
    if newest == 0:
        return (Lexicon.default(),)
    changes = changes_of(session)
    current = laid_over(changes.values())
    if done == newest:
        return (current,)
    later = session.exec(
        select(LexiconVersion.changes).where(col(LexiconVersion.id) > done).order_by(col(LexiconVersion.id).desc())
    )
    before = laid_over(rewound(changes, list(later)).values())
    return (current,) if before.cut == current.cut else (current, before)
