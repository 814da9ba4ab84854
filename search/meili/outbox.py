"""The changes that the server has not confirmed yet. Rows come by trigger (migration 0004) and go on success alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from search.meili.models import Owed, OwedChange

Key = tuple[str, int]
UNDERWAY = (Owed.WAITING, Owed.SENT)
_TABLE: Any = OwedChange.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Depth:
    """How much is owed. oldest: when the oldest change that is under way was made."""

    waiting: int
    parked: int
    oldest: datetime | None


def waiting(session: Session, limit: int) -> dict[Key, list[int]]:
    """The oldest changes to send: numbers by row, so that a row that changed thrice goes once."""
    statement = select(OwedChange.seq, OwedChange.kind, OwedChange.row_id).where(OwedChange.state == Owed.WAITING)
    return _by_key(session.exec(statement.order_by(col(OwedChange.seq)).limit(limit)))


def sent(session: Session) -> dict[int, dict[Key, list[int]]]:
    """Changes by the task that carries them."""
    columns: Any = sa.select(_TABLE.c.task_uid, _TABLE.c.seq, _TABLE.c.kind, _TABLE.c.row_id)
    found: dict[int, dict[Key, list[int]]] = {}
    for task, seq, kind, row_id in session.connection().execute(columns.where(_TABLE.c.state == Owed.SENT)):
        found.setdefault(task, {}).setdefault((kind, row_id), []).append(seq)
    return found


def keys(session: Session, states: Sequence[Owed] = tuple(Owed)) -> set[Key]:
    """The rows that are owed in any of these states."""
    statement = sa.select(_TABLE.c.kind, _TABLE.c.row_id).where(_TABLE.c.state.in_(states)).distinct()
    return {(kind, row_id) for kind, row_id in session.connection().execute(statement)}


def mark(session: Session, numbers: Iterable[int], **values: Any) -> None:
    """Write these columns of some changes."""
    for batch in _in_batches(numbers):
        session.connection().execute(sa.update(_TABLE).where(_TABLE.c.seq.in_(batch)).values(**values))


def mark_sent(session: Session, numbers: Iterable[int], task: int) -> None:
    """A task carries them now."""
    mark(session, numbers, state=Owed.SENT, task_uid=task, attempts=_TABLE.c.attempts + 1)


def send_again(session: Session, states: Sequence[Owed]) -> None:
    """Whatever is in these states is to be sent once more."""
    statement = sa.update(_TABLE).where(_TABLE.c.state.in_(states)).values(state=Owed.WAITING, task_uid=None)
    session.connection().execute(statement)


def cover(session: Session) -> None:
    """What is under way now need not be sent: the index that is about to be filled reads these rows. Only changes that
    are committed are seen here, so a row that is being written stays owed."""
    session.connection().execute(sa.update(_TABLE).where(_TABLE.c.state.in_(UNDERWAY)).values(state=Owed.COVERED))


def uncover(session: Session) -> None:
    """The index that was filled has taken over: forget what it covers."""
    session.connection().execute(sa.delete(_TABLE).where(_TABLE.c.state == Owed.COVERED))


def settle(session: Session, rows: dict[Key, list[int]]) -> None:
    """The server has these rows: forget the changes, and earlier ones of the same rows that it had refused."""
    for batch in _in_batches(number for numbers in rows.values() for number in numbers):
        session.connection().execute(sa.delete(_TABLE).where(_TABLE.c.seq.in_(batch)))
    parked = keys(session, [Owed.PARKED]) & set(rows)
    for kind, row_id in parked:
        row = (_TABLE.c.kind == kind) & (_TABLE.c.row_id == row_id) & (_TABLE.c.seq < max(rows[kind, row_id]))
        session.connection().execute(sa.delete(_TABLE).where(_TABLE.c.state == Owed.PARKED, row))


def park(session: Session, numbers: Sequence[int], error: str) -> None:
    """The server refuses this row alone: keep the newest change as the note of it."""
    newest = max(numbers)
    mark(session, [newest], state=Owed.PARKED, task_uid=None, error=error[:500])
    session.connection().execute(sa.delete(_TABLE).where(_TABLE.c.seq.in_([n for n in numbers if n != newest])))


def owe(session: Session, rows: Iterable[Key]) -> None:
    """Note rows by hand: what a comparison found to differ."""
    moment = clock.now()
    session.add_all(OwedChange(kind=kind, row_id=row_id, created_at=moment) for kind, row_id in rows)
    session.flush()


def depth(session: Session) -> Depth:
    """How much is owed now."""
    parked = _TABLE.c.state == Owed.PARKED
    row = (
        session.connection()
        .execute(
            sa.select(
                sa.func.count(sa.case((sa.not_(parked), 1))),
                sa.func.count(sa.case((parked, 1))),
                sa.func.min(sa.case((_TABLE.c.state.in_(UNDERWAY), _TABLE.c.created_at))),
            )
        )
        .one()
    )
    return Depth(row[0], row[1], row[2])


def oldest(session: Session) -> datetime | None:
    """When the oldest change that is under way was made; one look into an index."""
    statement = sa.select(_TABLE.c.created_at).where(_TABLE.c.state.in_(UNDERWAY)).order_by(_TABLE.c.seq).limit(1)
    found: datetime | None = session.connection().execute(statement).scalar()
    return found


def parked(session: Session, limit: int = 50) -> list[OwedChange]:
    """Documents that the server refuses, newest first."""
    statement = select(OwedChange).where(OwedChange.state == Owed.PARKED).order_by(col(OwedChange.seq).desc())
    return list(session.exec(statement.limit(limit)))


def _by_key(rows: Iterable[Any]) -> dict[Key, list[int]]:
    found: dict[Key, list[int]] = {}
    for seq, kind, row_id in rows:
        found.setdefault((kind, row_id), []).append(seq)
    return found


def _in_batches(numbers: Iterable[int]) -> Iterable[list[int]]:
    wanted = list(numbers)
    return (wanted[start : start + 500] for start in range(0, len(wanted), 500))
