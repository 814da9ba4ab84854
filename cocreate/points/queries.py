"""Reading points: balances, the history of a member, what expires when, what is offered and what waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.tables import columns
from cocreate.points import ledger
from cocreate.points.models import (
    EntryKind,
    PointAccount,
    PointEntry,
    PointGrant,
    PointLot,
    Redemption,
    RedemptionState,
    Reward,
)
from cocreate.web.paging import Listing, after, cut, decode_cursor

LISTED = 100


@dataclass(frozen=True)
class Line:
    """One entry of a member's history. `words`: the reason of a gift, or the reward that was paid for."""

    id: int
    kind: EntryKind
    rule: str
    amount: int
    wanted: int
    about: str
    balance: int
    at: datetime
    expires_at: datetime | None
    why: str = ""
    words: str = ""


def balance(session: Session, member_id: int) -> int:
    """The member's points, 0 before the first."""
    found = session.exec(select(PointAccount.balance).where(PointAccount.member_id == member_id)).first()
    return found or 0


def history(session: Session, member_id: int, *, cursor: str | None = None, limit: int = 25) -> Listing[Line]:
    """A page of what changed the member's balance, newest first; two statements beside it for gifts and rewards."""
    statement = columns(
        PointEntry.id, PointEntry.kind, PointEntry.rule, PointEntry.amount, PointEntry.wanted, PointEntry.about,
        PointEntry.balance, PointEntry.at, PointEntry.expires_at, PointEntry.why,
    ).where(PointEntry.member_id == member_id)  # fmt: skip
    if cursor:
        statement = statement.where(after([col(PointEntry.id)], decode_cursor(cursor, 1)))
    rows: list[Any] = list(session.exec(statement.order_by(col(PointEntry.id).desc()).limit(limit + 1)))
    words = _words(session, {row[5] for row in rows})
    return cut([Line(*(*row, words.get(row[5], ""))) for row in rows], limit, lambda line: [line.id])


def _words(session: Session, abouts: set[str]) -> dict[str, str]:
    ids = {
        kind: [int(about.partition(":")[2]) for about in abouts if about.startswith(f"{kind}:")]
        for kind in ("grant", "redemption")
    }
    found: dict[str, str] = {}
    if ids["grant"]:
        gifts = columns(PointGrant.id, PointGrant.reason).where(col(PointGrant.id).in_(ids["grant"]))
        found |= {f"grant:{row[0]}": row[1] for row in session.exec(gifts)}
    if ids["redemption"]:
        paid = columns(Redemption.id, Redemption.title).where(col(Redemption.id).in_(ids["redemption"]))
        found |= {f"redemption:{row[0]}": row[1] for row in session.exec(paid)}
    return found


def expiring(session: Session, member_id: int, *, most: int = 6) -> list[tuple[datetime, int]]:
    """When points of the member expire next, and how many each time."""
    statement = (
        columns(PointLot.expires_at, sa.func.sum(PointLot.remaining))
        .where(PointLot.member_id == member_id, col(PointLot.remaining) > 0, col(PointLot.expires_at).is_not(None))
        .group_by(col(PointLot.expires_at))
        .order_by(col(PointLot.expires_at))
    )
    by_day: dict[object, tuple[datetime, int]] = {}
    for moment, amount in session.exec(statement):
        first, total = by_day.get(moment.date(), (moment, 0))
        by_day[moment.date()] = (first, total + int(amount))
    return list(by_day.values())[:most]


def earned_for(session: Session, member_id: int, abouts: Sequence[str]) -> dict[str, int]:
    """What each of these things has brought the member, taken back parts left out; what brought nothing is left out."""
    kinds = (EntryKind.EARNED, EntryKind.GRANTED, EntryKind.REVERSED)
    statement = (
        columns(PointEntry.about, sa.func.sum(PointEntry.amount))
        .where(
            PointEntry.member_id == member_id, col(PointEntry.about).in_(list(abouts)), col(PointEntry.kind).in_(kinds)
        )
        .group_by(col(PointEntry.about))
    )  # fmt: skip
    return {about: int(total) for about, total in session.exec(statement) if total}


def shares(session: Session, key: str) -> dict[int, int]:
    """Who got how much of an award under this key, by member, most first; what was taken back is left out."""
    entries = ledger.standing(session, key, (EntryKind.EARNED, EntryKind.GRANTED))
    return {entry.member_id: entry.amount for entry in sorted(entries, key=lambda one: (-one.amount, one.id or 0))}


def offers(session: Session, *, all_of_them: bool = False) -> list[Reward]:
    """What points can be spent on, cheapest first; staff see what is not offered as well."""
    statement = select(Reward).order_by(col(Reward.active).desc(), col(Reward.cost), col(Reward.id))
    return list(session.exec(statement if all_of_them else statement.where(col(Reward.active))))


def my_redemptions(session: Session, member_id: int, *, most: int = 20) -> list[Redemption]:
    """What the member has redeemed: open ones first, then the newest."""
    still_open = sa.case((col(Redemption.state) == RedemptionState.OPEN, 0), else_=1)
    statement = select(Redemption).where(Redemption.member_id == member_id)
    return list(session.exec(statement.order_by(still_open, col(Redemption.id).desc()).limit(most)))


def redemptions(session: Session, state: RedemptionState) -> list[Redemption]:
    """What waits to be handed over, oldest first, or what was settled, newest first."""
    order = col(Redemption.id) if state == RedemptionState.OPEN else col(Redemption.id).desc()
    return list(session.exec(select(Redemption).where(Redemption.state == state).order_by(order).limit(LISTED)))


def grants(session: Session) -> list[PointGrant]:
    """Gifts by hand: those that wait first, then the newest."""
    waits = sa.case((col(PointGrant.state) == "waiting", 0), else_=1)
    return list(session.exec(select(PointGrant).order_by(waits, col(PointGrant.id).desc()).limit(LISTED)))


@dataclass(frozen=True)
class Totals:
    """The whole ledger in one line: held by members, earned and spent since the beginning."""

    held: int
    earned: int
    spent: int
    members: int


def totals(session: Session) -> Totals:
    """What stands in all accounts together."""
    kind = col(PointEntry.kind)
    earned = sa.case((kind.in_([EntryKind.EARNED, EntryKind.GRANTED, EntryKind.REVERSED]), col(PointEntry.amount)))
    spent = sa.case((kind.in_([EntryKind.SPENT, EntryKind.RETURNED]), -col(PointEntry.amount)))
    row = session.exec(
        columns(
            sa.func.coalesce(sa.func.sum(PointEntry.amount), 0), sa.func.coalesce(sa.func.sum(earned), 0),
            sa.func.coalesce(sa.func.sum(spent), 0), sa.func.count(sa.distinct(col(PointEntry.member_id))),
        )
    ).one()  # fmt: skip
    return Totals(*(int(value) for value in row))
