"""Reading the ledger: lists, one promise with its history, and how many were kept."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.statements import prepared
from cocreate.core.tables import columns
from cocreate.web.paging import BadCursor, Listing, cut, decode_cursor
from roadmap.items.models import RoadmapItem
from roadmap.promises.models import Promise, PromiseAct, PromiseEvent, PromiseKind, PromiseState
from roadmap.releases.models import Release, serves

FAR = date(9999, 12, 31)
"""Sorts promises without a day behind all others."""


@dataclass(frozen=True)
class Line:
    """One entry of a history."""

    act: PromiseAct
    at: datetime
    reason: str
    before_on: date | None
    after_on: date | None
    data: dict[str, Any]
    by_id: int | None


@dataclass(frozen=True)
class Entry:
    """A promise as pages show it. link: (route, parameters) of what it is about, where readers may open that."""

    promise: Promise
    state: PromiseState
    overdue: bool
    history: list[Line]
    link: tuple[str, dict[str, int]] | None = None

    @property
    def reason(self) -> str:
        """The newest reason that was given, in public."""
        return next((line.reason for line in reversed(self.history) if line.reason), "")

    @property
    def explained(self) -> bool:
        """Whether it was said why it is late."""
        return any(
            line.act == PromiseAct.EXPLAINED or (line.act == PromiseAct.KEPT and line.reason) for line in self.history
        )

    @property
    def moved(self) -> list[Line]:
        return [line for line in self.history if line.act == PromiseAct.MOVED]

    @property
    def measured(self) -> tuple[int, int]:
        """Cases of a standing service so far, and those in which it was missed."""
        counted = [line.data for line in self.history if line.act == PromiseAct.MEASURED]
        return sum(one.get("cases", 0) for one in counted), sum(one.get("missed", 0) for one in counted)


@dataclass(frozen=True)
class Rate:
    """Of the promises whose day has come: kept in time, kept late, late and still owed, dropped.

    standing: their day is yet to come, or they have none. first_day: of those kept, on the day that was said first.
    """

    kept: int = 0
    late: int = 0
    owed: int = 0
    dropped: int = 0
    standing: int = 0
    first_day: int = 0

    @property
    def due(self) -> int:
        return self.kept + self.late + self.owed + self.dropped

    @property
    def share(self) -> float | None:
        """Kept in time, as a share of all whose day has come; None before there is one."""
        return self.kept / self.due if self.due else None


def overdue(today: date) -> Any:
    """Still standing although its day has passed."""
    return (col(Promise.state) == PromiseState.OPEN) & (col(Promise.due_on) < today)


def rate(session: Session, today: date, *, since: date | None = None, until: date | None = None) -> Rate:
    """How promises were kept; since and until (included): of those whose reckoning fell between these days. The day of
    reckoning is the one on which it was kept or dropped, or the promised one of what is still owed."""
    is_open, kept = col(Promise.state) == PromiseState.OPEN, col(Promise.state) == PromiseState.KEPT
    reckoned = sa.case((is_open, col(Promise.due_on)), else_=col(Promise.settled_on))
    on_first_day = kept & (sa.func.coalesce(col(Promise.first_due_on), FAR) >= col(Promise.settled_on))
    parts = (
        kept,
        col(Promise.state) == PromiseState.LATE,
        overdue(today),
        col(Promise.state) == PromiseState.DROPPED,
        is_open & (col(Promise.due_on).is_(None) | (col(Promise.due_on) >= today)),
        on_first_day,
    )
    statement = columns(*(sa.func.count(sa.case((part, 1))) for part in parts)).select_from(Promise)
    if since is not None:
        statement = statement.where(reckoned >= since)
    if until is not None:
        statement = statement.where(reckoned <= until)
    return Rate(*session.exec(statement).one())


def listing(
    session: Session, today: date, *, state: PromiseState | None = None, kind: PromiseKind | None = None,
    models: Sequence[str] | None = None, cursor: str | None = None, limit: int = 30
) -> Listing[Entry]:  # fmt: skip
    """Promises, what is due next first and what is settled behind it, newest first; a page at a time.

    models: only those that hold for one of these vehicle models, or for all.
    """
    rank = sa.case((overdue(today), 0), (col(Promise.state) == PromiseState.OPEN, 1), else_=2)
    # One falling order for both halves: far days count down while a promise stands, ids count down once it is settled.
    days = sa.case((col(Promise.state) == PromiseState.OPEN, sa.func.coalesce(col(Promise.due_on), FAR)), else_=FAR)
    statement = columns(Promise, rank, days).order_by(rank, days, col(Promise.id).desc()).limit(limit + 1)
    for condition in _wanted(today, state, kind):
        statement = statement.where(condition)
    if models is not None:
        fitting = _for_models(session, models)
        statement = statement.where(col(Promise.id).in_(fitting))
    if cursor:
        statement = statement.where(_behind(cursor, rank, days))
    rows = session.exec(statement).all()
    page = cut(rows, limit, lambda row: (row[1], row[2].isoformat(), row[0].id))
    return Listing(entries(session, [row[0] for row in page.items], today), page.next_cursor)


def _wanted(today: date, state: PromiseState | None, kind: PromiseKind | None) -> list[Any]:
    found: list[Any] = []
    if state == PromiseState.LATE:
        found.append((col(Promise.state) == PromiseState.LATE) | overdue(today))
    elif state == PromiseState.OPEN:
        found.append((col(Promise.state) == PromiseState.OPEN) & sa.not_(sa.func.coalesce(overdue(today), sa.false())))
    elif state is not None:
        found.append(col(Promise.state) == state)
    if kind is not None:
        found.append(col(Promise.kind) == kind)
    return found


def _for_models(session: Session, models: Sequence[str]) -> list[int]:
    """Lists in JSON are compared here: the two databases ask them differently, and promises are made by hand."""
    rows = session.exec(columns(Promise.id, Promise.models))
    return [promise_id for promise_id, named in rows if not named or any(serves(named, one) for one in models)]


def _behind(cursor: str, rank: Any, days: Any) -> Any:
    place, text, promise_id = decode_cursor(cursor, 3)
    try:
        day = date.fromisoformat(str(text))
    except ValueError as error:
        raise BadCursor(cursor[:40]) from error
    if not isinstance(place, int) or not isinstance(promise_id, int):
        raise BadCursor(cursor[:40])
    same = (rank == place) & (days == day)
    return (rank > place) | ((rank == place) & (days > day)) | (same & (col(Promise.id) < promise_id))


def entries(session: Session, promises: Sequence[Promise], today: date) -> list[Entry]:
    """These promises with their histories and where they lead, in three statements."""
    lines: dict[int, list[Line]] = defaultdict(list)
    statement = (
        columns(
            PromiseEvent.promise_id, PromiseEvent.act, PromiseEvent.at, PromiseEvent.reason, PromiseEvent.before_on,
            PromiseEvent.after_on, PromiseEvent.data, PromiseEvent.by_id,
        )
        .where(col(PromiseEvent.promise_id).in_([promise.id for promise in promises]))
        .order_by(col(PromiseEvent.id))
    )  # fmt: skip
    if promises:
        for row in session.exec(statement):
            lines[row[0]].append(Line(*row[1:]))
    links = _links(session, [promise.about for promise in promises if promise.about])
    return [
        Entry(
            promise, promise.shown_state(today), promise.overdue(today), lines[promise.id or 0],
            links.get(promise.about or ""),
        )
        for promise in promises
    ]  # fmt: skip


def _links(session: Session, about: Iterable[str]) -> dict[str, tuple[str, dict[str, int]]]:
    """Where promises lead: only to what everybody may open."""
    ids: dict[str, list[int]] = defaultdict(list)
    for one in about:
        kind, _, number = one.partition(":")
        ids[kind].append(int(number))
    found: dict[str, tuple[str, dict[str, int]]] = {}
    for kind, model, route, name in (
        ("item", RoadmapItem, "show_item", "item_id"),
        ("release", Release, "show_release", "release_id"),
    ):
        if ids[kind]:
            public = select(model.id).where(col(model.id).in_(ids[kind]), col(model.public))
            found |= {f"{kind}:{row_id}": (route, {name: row_id or 0}) for row_id in session.exec(public)}
    return found


def ledger(session: Session, subject: tuple[str, int], today: date) -> list[Entry]:
    """All promises about an item or a release, newest first."""
    return entries(session, list(_about(session, subject=f"{subject[0]}:{subject[1]}")), today)


@prepared
def _about(*, subject: str) -> Any:
    return select(Promise).where(Promise.about == subject).order_by(col(Promise.id).desc())


def named_models(session: Session) -> list[str]:
    """Vehicle models that promises name, for the filter."""
    return sorted({model for models in session.exec(select(Promise.models)) for model in models})
