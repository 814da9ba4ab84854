"""Bringing the index back in step with the rows, in batches that hold other writers up for a moment only."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cocreate.core.runtime import Runtime
from search.documents import forget, prepare, put
from search.facade import sources
from search.models import IndexedRow
from search.port import SearchSource

Progress = Callable[[int, int | None, str | None], Any]


def reindex(runtime: Runtime, progress: Progress | None = None) -> dict[str, int]:
    """Index every row of every source again and forget rows that are gone; the number of rows by kind.

    May be stopped at any time and run beside `serve`: each batch is complete in itself.
    """
    counts: dict[str, int] = {}
    for kind, source in sources(runtime).items():
        after_id, counts[kind] = 0, 0
        while True:
            with runtime.database.write() as session:
                last = _reindex_batch(session, source, after_id)
            if last is None:
                break
            after_id = last[0]
            counts[kind] += last[1]
            if progress is not None:
                progress(sum(counts.values()), None, kind)
    with runtime.database.write() as session:
        forget(session, col(IndexedRow.kind).not_in(list(counts)))
        if runtime.database.is_sqlite:
            session.connection().execute(sa.text("INSERT INTO search_fts(search_fts) VALUES ('optimize')"))
    return counts


def _reindex_batch(session: Session, source: SearchSource, after_id: int) -> tuple[int, int] | None:
    """One batch: (last id, rows); None at the end, when all indexed rows beyond are forgotten."""
    _hold_writers(session)
    docs = source.documents(session, after_id)
    beyond = (col(IndexedRow.kind) == source.kind) & (col(IndexedRow.row_id) > after_id)
    if not docs:
        forget(session, beyond)
        return None
    ids = [doc.row_id for doc in docs]
    forget(session, beyond & (col(IndexedRow.row_id) <= ids[-1]) & col(IndexedRow.row_id).not_in(ids))
    put(session, prepare(session, docs))
    return ids[-1], len(docs)


def _hold_writers(session: Session) -> None:
    """Let nobody index a row between our reading it and our writing it: theirs would be overwritten by older words."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(sa.text("LOCK TABLE search_doc IN SHARE ROW EXCLUSIVE MODE"))
    else:
        forget(session, sa.false())  # any write begins the one transaction of SQLite
