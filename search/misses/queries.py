"""Reading what was not found."""

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.web.paging import Listing, after, cut, decode_cursor
from search.misses.models import SearchMiss


def misses(session: Session, *, handled: bool, cursor: str | None = None, limit: int = 50) -> Listing[SearchMiss]:
    """A page of texts that found nothing, the most frequent first."""
    order = (col(SearchMiss.count), col(SearchMiss.id))
    done = col(SearchMiss.handled_at)
    statement = select(SearchMiss).where(done.is_not(None) if handled else done.is_(None))
    if cursor is not None:
        count, miss_id = decode_cursor(cursor, 2)
        statement = statement.where(after(order, (count, miss_id)))
    rows = list(session.exec(statement.order_by(order[0].desc(), order[1].desc()).limit(limit + 1)))
    return cut(rows, limit, lambda row: [row.count, row.id or 0])


def counts(session: Session) -> tuple[int, int]:
    """How many texts are open and how many were dealt with."""
    statement = select(sa.func.count(), sa.func.count(col(SearchMiss.handled_at))).select_from(SearchMiss)
    every, handled = session.exec(statement).one()
    return every - handled, handled
