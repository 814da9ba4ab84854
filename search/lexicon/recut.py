"""Bringing a new lexicon into the index: rows are cut again in batches, beside those that are still of the old cut.

Which rows are left is written on the rows themselves, so a job that was killed goes on where it was, and of several
versions saved one after the other the newest wins.
"""

import time
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.runtime import Runtime
from search.documents import PreparedDoc, cut, forget, put
from search.lexicon.current import FRESH_SECONDS, lexicon_of
from search.lexicon.service import mark_indexed, versions_of
from search.lexicon.unknown import find_suggestions
from search.models import IndexedRow
from search.port import SearchDoc

BATCH = 500
BREATH_SECONDS = 0.005
"""Between two batches, so that somebody who waits to write gets his turn."""
LATE_SECONDS = FRESH_SECONDS + 0.2
"""After the last row: another process may still write a row by the lexicon it knew a moment ago."""


@dataclass(frozen=True)
class Progress:
    """How far the index is with the newest lexicon."""

    done: int
    total: int
    version: int
    finished: bool

    @property
    def percent(self) -> int:
        return 100 if not self.total else min(99 if self.done < self.total else 100, 100 * self.done // self.total)


def progress_of(session: Session) -> Progress:
    """Rows cut by the lexicon that holds, and rows in all."""
    version, finished = versions_of(session)
    fresh = sa.func.count(sa.case((col(IndexedRow.cut) == lexicon_of(session).cut, 1)))
    done, total = session.exec(select(fresh, sa.func.count())).one()
    return Progress(done, total, version, finished)


def recut(runtime: Runtime) -> None:
    """Cut every row again that an older lexicon cut. May be stopped at any time and run beside anything."""
    last = 0
    while True:
        with runtime.database.write() as session:
            last = _recut_batch(session, last)
        if last == 0:
            time.sleep(LATE_SECONDS)
            with runtime.database.write() as session:
                if _finished(session):
                    break
        else:
            time.sleep(BREATH_SECONDS)


def catch_up(runtime: Runtime) -> None:
    """At night: rows that an older program or a process that was late cut by another lexicon, and new suggestions."""
    recut(runtime)
    find_suggestions(runtime)


def _recut_batch(session: Session, after_id: int) -> int:
    """Cut the next rows beyond this index id; the last one's, 0 when there was none."""
    # Any write begins the one transaction of SQLite; on PostgreSQL the rows themselves are held. The row must not be
    # written by its author between our reading and our writing it.
    forget(session, sa.false())
    lexicon = lexicon_of(session)
    statement = (
        select(IndexedRow)
        .where(col(IndexedRow.cut) != lexicon.cut, col(IndexedRow.id) > after_id)
        .order_by(col(IndexedRow.id))
        .limit(BATCH)
        .with_for_update()
    )
    rows = list(session.exec(statement))
    prepared: list[PreparedDoc] = [cut(doc_of(row), lexicon) for row in rows]
    last = (rows[-1].id or 0) if rows else 0
    session.expunge_all()
    put(session, prepared)
    return last


def _finished(session: Session) -> bool:
    """Whether no row is left; the versions that are in the index then are marked."""
    forget(session, sa.false())
    version, _ = versions_of(session)
    left = session.exec(select(IndexedRow.id).where(col(IndexedRow.cut) != lexicon_of(session).cut).limit(1)).first()
    if left is not None:
        return False
    mark_indexed(session, version)
    return True


def doc_of(row: IndexedRow) -> SearchDoc:
    """The document that was put for this row."""
    return SearchDoc(
        kind=row.kind, row_id=row.row_id, title=row.title, body=row.body, created_at=row.created_at,
        board_id=row.board_id, status=row.status, model=row.model, visibility=row.visibility, votes=row.votes,
        hidden_words=row.hidden_words, variety=row.variety, answered=row.answered, updated_at=row.updated_at,
    )  # fmt: skip
