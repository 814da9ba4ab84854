"""The innermost room: one entry, one balance and the lots behind it change together, under the account's lock.

Whoever writes locks the account first (`lock`), so that caps, balance and lots are read as they stand; several accounts
are locked in the order of their ids.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.db import insert_once
from cocreate.core.tables import columns
from cocreate.points import laws
from cocreate.points.models import EntryKind, PointAccount, PointEntry, PointLot, PointUse


def lock(session: Session, member_id: int) -> int:
    """Hold the member's account until the transaction ends; its balance as it stands now."""
    insert_once(session, PointAccount(member_id=member_id))
    statement = (
        sa.update(PointAccount)
        .where(col(PointAccount.member_id) == member_id)
        .values(balance=col(PointAccount.balance))
        .returning(col(PointAccount.balance))
    )
    return int(session.connection().execute(statement).scalar_one())


def book(session: Session, entry: PointEntry) -> PointEntry:
    """Write the entry and move the balance by its amount. The caller holds the account and moves the lots."""
    session.add(entry)
    session.flush()
    session.connection().execute(
        sa.update(PointAccount)
        .where(col(PointAccount.member_id) == entry.member_id)
        .values(balance=col(PointAccount.balance) + entry.amount)
    )
    return entry


def open_lot(session: Session, entry: PointEntry) -> None:
    """What the entry brought can be used: all of it, or what remains after a debt is paid."""
    left = max(entry.balance, 0) - max(entry.balance - entry.amount, 0)
    session.add(
        PointLot(
            entry_id=entry.id or 0, member_id=entry.member_id, remaining=left, expires_at=entry.expires_at
        )
    )  # fmt: skip
    session.flush()


def lots_of(session: Session, member_id: int) -> list[laws.Lot]:
    """The member's lots with something left."""
    statement = columns(PointLot.entry_id, PointLot.remaining, PointLot.expires_at).where(
        PointLot.member_id == member_id, col(PointLot.remaining) > 0
    )
    return [laws.Lot(*row) for row in session.exec(statement)]


def move_lots(session: Session, moves: Mapping[int, int], *, sign: int) -> None:
    """Take points out of lots (sign -1) or put them back (+1)."""
    for lot_id, amount in sorted(moves.items()):
        session.connection().execute(
            sa.update(PointLot)
            .where(col(PointLot.entry_id) == lot_id)
            .values(remaining=col(PointLot.remaining) + sign * amount)
        )


def note_uses(session: Session, entry_id: int, taken: Mapping[int, int]) -> None:
    """Remember from which lots a payment came."""
    session.add_all(PointUse(entry_id=entry_id, lot_id=lot_id, amount=part) for lot_id, part in sorted(taken.items()))
    session.flush()


def uses_of(session: Session, entry_id: int) -> list[laws.Lot]:
    """From which lots a payment came."""
    statement = (
        columns(PointUse.lot_id, PointUse.amount, PointLot.expires_at)
        .join(PointLot, col(PointLot.entry_id) == PointUse.lot_id)
        .where(PointUse.entry_id == entry_id)
    )
    return [laws.Lot(*row) for row in session.exec(statement)]


def keys_like(session: Session, member_id: int, key: str) -> dict[str, tuple[int, bool]]:
    """The member's entries under this key and its repetitions `key#2`, `key#3` …: key → id, whether it still stands."""
    own = (col(PointEntry.key) == key) | col(PointEntry.key).startswith(f"{key}#", autoescape=True)
    statement = (
        columns(PointEntry.key, PointEntry.id, _reversal.c.id)
        .outerjoin(_reversal, _reversal.c.reverses_id == PointEntry.id)
        .where(PointEntry.member_id == member_id, own)
    )
    return {row[0]: (row[1], row[2] is None) for row in session.exec(statement)}


def standing(session: Session, key: str, kinds: Sequence[EntryKind]) -> list[PointEntry]:
    """Entries under this key, of all members, that nothing has taken back, in the order of locking."""
    statement = (
        select(PointEntry)
        .outerjoin(_reversal, _reversal.c.reverses_id == PointEntry.id)
        .where(PointEntry.key == key, col(PointEntry.kind).in_(kinds), _reversal.c.id.is_(None))
        .order_by(col(PointEntry.member_id))
    )
    return list(session.exec(statement))


def earned_since(session: Session, member_id: int, rule: str, since: datetime) -> int:
    """Points that a rule gave to the member since then and that were not taken back."""
    statement = (
        columns(sa.func.coalesce(sa.func.sum(PointEntry.amount), 0))
        .outerjoin(_reversal, _reversal.c.reverses_id == PointEntry.id)
        .where(
            PointEntry.member_id == member_id, PointEntry.rule == rule, PointEntry.kind == EntryKind.EARNED,
            col(PointEntry.at) > since, _reversal.c.id.is_(None),
        )
    )  # fmt: skip
    return int(session.exec(statement).one())


_reversal: Any = sa.alias(PointEntry.__table__, "reversal")  # type: ignore[attr-defined]
