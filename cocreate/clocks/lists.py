"""Everything that waits, for staff: soonest due first, filters that live in the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.clocks.models import ResponseClock
from cocreate.clocks.queries import view
from cocreate.clocks.rules import DUE, WARNED, ClockView, Queue
from cocreate.core import clock
from cocreate.identity.departments.queries import departments_of
from cocreate.web.paging import Listing, after, cut, decode_cursor

ALL, SOON, OVER = "all", "soon", "over"


@dataclass(frozen=True)
class Filters:
    """What the address asks for. state: all, soon (warned of, not yet due) or over; mine: asked of me or of one of my
    departments."""

    queue: str = ""
    scope: int = 0
    department: int = 0
    state: str = ALL
    mine: bool = False

    def query(self, **changes: Any) -> dict[str, Any]:
        """The address of the same list with these changes; what narrows nothing is left out."""
        values = {
            "queue": self.queue, "scope": self.scope or None, "department": self.department or None,
            "state": self.state if self.state != ALL else None, "mine": "1" if self.mine else None, **changes,
        }  # fmt: skip
        return {key: value for key, value in values.items() if value not in (None, "")}

    @property
    def narrowed(self) -> bool:
        return bool(self.query())


@dataclass(frozen=True)
class Waiting:
    """One thing that waits."""

    id: int
    queue: str
    label: str
    scope_id: int
    title: str
    url: str
    clock: ClockView


def waiting(
    session: Session,
    known: Mapping[str, Queue],
    filters: Filters,
    *,
    member_id: int,
    cursor: str | None = None,
    limit: int = 30,
) -> Listing[Waiting]:
    """A page of what waits, soonest due first; a statement more for each queue that knows its titles."""
    moment = clock.now()
    order: tuple[Any, Any] = (ResponseClock.due_at, ResponseClock.id)
    statement = select(ResponseClock).where(*_where(session, known, filters, member_id, moment))
    if cursor:
        statement = statement.where(after(order, decode_cursor(cursor, 2), ascending=True))
    rows = session.exec(statement.order_by(*order).limit(limit + 1)).all()
    page = cut(rows, limit, lambda row: [row.due_at.isoformat(), row.id])
    titles = _titles(session, known, page.items)
    return Listing([_row(row, known, titles, moment) for row in page.items], page.next_cursor)


def counts(session: Session, known: Mapping[str, Queue], filters: Filters, *, member_id: int) -> dict[str, int]:
    """How many wait by state, within the other filters; one statement."""
    moment = clock.now()
    others = Filters(filters.queue, filters.scope, filters.department, ALL, filters.mine)
    statement: Any = select(
        sa.func.count(col(ResponseClock.id)),
        sa.func.count(sa.case((_soon(moment), 1))),
        sa.func.count(sa.case((_over(moment), 1))),
    ).where(*_where(session, known, others, member_id, moment))
    return dict(zip((ALL, SOON, OVER), session.exec(statement).one(), strict=True))


def _where(
    session: Session, known: Mapping[str, Queue], filters: Filters, member_id: int, moment: datetime
) -> list[sa.ColumnElement[bool]]:
    queues = [filters.queue] if filters.queue in known else list(known)
    conditions: list[sa.ColumnElement[bool]] = [
        col(ResponseClock.stopped_at).is_(None),
        col(ResponseClock.queue).in_(queues),
    ]
    if filters.scope:
        conditions.append(col(ResponseClock.scope_id) == filters.scope)
    if filters.department:
        conditions.append(col(ResponseClock.department_id) == filters.department)
    if filters.mine:
        own = departments_of(session, member_id)
        conditions.append(sa.or_(col(ResponseClock.member_id) == member_id, col(ResponseClock.department_id).in_(own)))
    if filters.state == SOON:
        conditions.append(_soon(moment))
    elif filters.state == OVER:
        conditions.append(_over(moment))
    return conditions


def _over(moment: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(col(ResponseClock.due_at) < moment, col(ResponseClock.step) >= DUE)


def _soon(moment: datetime) -> sa.ColumnElement[bool]:
    warned = sa.or_(col(ResponseClock.warn_at) <= moment, col(ResponseClock.step) == WARNED)
    return sa.and_(warned, sa.not_(_over(moment)))


def _titles(session: Session, known: Mapping[str, Queue], rows: list[ResponseClock]) -> dict[tuple[str, int], str]:
    found: dict[tuple[str, int], str] = {}
    for name in sorted({row.queue for row in rows}):
        ask = known[name].titles
        if ask is not None:
            ids = [row.subject_id for row in rows if row.queue == name]
            found.update({(name, subject_id): title for subject_id, title in ask(session, ids).items()})
    return found


def _row(
    row: ResponseClock, known: Mapping[str, Queue], titles: Mapping[tuple[str, int], str], moment: datetime
) -> Waiting:
    title = titles.get((row.queue, row.subject_id)) or row.title or f"#{row.subject_id}"
    return Waiting(row.id or 0, row.queue, known[row.queue].label, row.scope_id, title, row.url, view(row, moment))
