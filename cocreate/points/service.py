"""Earning, taking back, paying, expiring. Every change is an entry of the ledger; nothing is ever counted twice."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.actor import STAFF
from cocreate.core.errors import Conflict
from cocreate.core.runtime import Runtime
from cocreate.core.text_marks import N_
from cocreate.identity.members.models import Member, MemberRole
from cocreate.points import laws, ledger
from cocreate.points.models import EntryKind, PointEntry, PointLot
from cocreate.points.rules import DAY, WEEK, PointsRule, in_force

CHUNK, EXPIRE_CHUNK = 200, 25
GONE = N_("It was deleted or hidden, or the mark was taken back.")
AWARDS = (EntryKind.EARNED, EntryKind.GRANTED)


class NotEnough(Conflict):
    code = "not_enough_points"
    message = N_("You do not have enough points for this yet.")


def earners(session: Session, member_ids: Iterable[int]) -> set[int]:
    """Those of the members who may earn points: with an account that is open, and not working for the brand."""
    wanted = sorted(set(member_ids))
    works = select(MemberRole.member_id).where(col(MemberRole.role).in_(STAFF))
    found: set[int] = set()
    for start in range(0, len(wanted), CHUNK):
        statement = select(Member.id).where(
            col(Member.id).in_(wanted[start : start + CHUNK]), col(Member.deleted_at).is_(None),
            col(Member.suspended_at).is_(None), col(Member.id).not_in(works),
        )  # fmt: skip
        found.update(member_id for member_id in session.exec(statement) if member_id is not None)
    return found


def award(
    session: Session,
    member_id: int,
    rule: PointsRule,
    *,
    key: str,
    amount: int | None = None,
    about: str = "",
    at: datetime | None = None,
) -> int:
    """Points by a rule, at most what its caps leave; how many were given. The same `key` again changes nothing.

    amount: instead of the rule's own, for a share of something larger; what was decided on is paid although the rule
    has been switched off since. at: when it was earned, for news that arrives
    late; caps and expiry count from then. An award that a cap cut to nothing is an entry
    too: the same key brings nothing later either.
    """
    rule = in_force(session, rule)
    if (amount is None and not rule.active) or not earners(session, [member_id]):
        return 0
    balance = ledger.lock(session, member_id)
    if key in ledger.keys_like(session, member_id, key):
        return 0
    wanted = rule.amount if amount is None else amount
    moment = at or clock.now()
    given = max(0, min(wanted, _room(session, member_id, rule, moment)))
    entry = ledger.book(
        session,
        PointEntry(
            member_id=member_id, kind=EntryKind.EARNED, rule=rule.name, amount=given, wanted=wanted, key=key,
            about=about, balance=balance + given, at=moment, expires_at=months_later(moment, rule.months),
        ),
    )  # fmt: skip
    if given:
        ledger.open_lot(session, entry)
    return given


def settle(
    session: Session,
    member_id: int,
    rule: PointsRule,
    *,
    key: str,
    deserved: bool,
    about: str = "",
    at: datetime | None = None,
) -> None:
    """Make the ledger say what is true now: awarded while deserved, taken back while not, however often that changes.

    For what may come, go and return, such as a post that a moderator hides and shows again. Asks only for the state, so
    the order in which news arrives does not matter.
    """
    known = ledger.keys_like(session, member_id, key)
    stands = [one for one, (_, standing) in known.items() if standing]
    if deserved and not stands:
        again = f"{key}#{len(known) + 1}" if known else key
        award(session, member_id, rule, key=again, about=about, at=None if known else at)
    elif not deserved:
        for one in stands:
            reverse(session, one, why=GONE)


def grant(
    session: Session,
    member_id: int,
    amount: int,
    *,
    key: str,
    about: str,
    months: int | None,
    at: datetime | None = None,
) -> int:
    """Points that a person decided on; no cap. The same `key` again changes nothing."""
    balance = ledger.lock(session, member_id)
    if key in ledger.keys_like(session, member_id, key):
        return 0
    moment = at or clock.now()
    entry = ledger.book(
        session,
        PointEntry(
            member_id=member_id, kind=EntryKind.GRANTED, rule="points.grant", amount=amount, wanted=amount, key=key,
            about=about, balance=balance + amount, at=moment, expires_at=months_later(moment, months),
        ),
    )  # fmt: skip
    ledger.open_lot(session, entry)
    return amount


def reverse(session: Session, key: str, *, why: str = "", most: int | None = None) -> int:
    """Take back what was awarded under this key, from everybody who shared in it; how many points that is.

    why: a msgid that they read beside it. most: only from so many of them now, for thousands in steps.
    What has expired is gone already. What was spent makes the balance negative, and the next award pays for it.
    """
    taken = 0
    for award_entry in ledger.standing(session, key, AWARDS)[:most]:
        taken += _reverse(session, award_entry, why)
    return taken


def _reverse(session: Session, awarded: PointEntry, why: str) -> int:
    balance = ledger.lock(session, awarded.member_id)
    if all(entry.id != awarded.id for entry in ledger.standing(session, awarded.key, AWARDS)):
        return 0  # somebody else took it back while this one waited for the account
    lot = session.get(PointLot, awarded.id, populate_existing=True)
    amount = awarded.amount - (lot.expired if lot else 0)
    if session.get_one(Member, awarded.member_id, populate_existing=True).deleted_at is not None:
        amount = 0  # whoever left has lost it already, and owes nothing
    ledger.book(
        session,
        PointEntry(
            member_id=awarded.member_id, kind=EntryKind.REVERSED, rule=awarded.rule, amount=-amount, wanted=-amount,
            key=f"undo:{awarded.id}", about=awarded.about, balance=balance - amount, reverses_id=awarded.id, why=why,
        ),
    )  # fmt: skip
    lots = ledger.lots_of(session, awarded.member_id)
    ledger.move_lots(session, laws.take(amount, lots, first=awarded.id), sign=-1)
    return amount


def spend(session: Session, member_id: int, amount: int, *, key: str, about: str = "") -> PointEntry:
    """Pay with what expires soonest; NotEnough when the balance is smaller."""
    balance = ledger.lock(session, member_id)
    if balance < amount:
        raise NotEnough(f"{balance} of {amount}")
    entry = ledger.book(
        session,
        PointEntry(
            member_id=member_id, kind=EntryKind.SPENT, rule="points.reward", amount=-amount, wanted=-amount, key=key,
            about=about, balance=balance - amount,
        ),
    )  # fmt: skip
    taken = laws.take(amount, ledger.lots_of(session, member_id))
    ledger.move_lots(session, taken, sign=-1)
    ledger.note_uses(session, entry.id or 0, taken)
    return entry


def give_back(session: Session, key: str) -> int:
    """Undo a payment: the points are back where they came from, with the days they still have; once."""
    returned = 0
    for paid in ledger.standing(session, key, [EntryKind.SPENT]):
        balance = ledger.lock(session, paid.member_id)
        if all(entry.id != paid.id for entry in ledger.standing(session, key, [EntryKind.SPENT])):
            continue
        amount = -paid.amount
        ledger.book(
            session,
            PointEntry(
                member_id=paid.member_id, kind=EntryKind.RETURNED, rule=paid.rule, amount=amount, wanted=amount,
                key=f"undo:{paid.id}", about=paid.about, balance=balance + amount, reverses_id=paid.id,
            ),
        )  # fmt: skip
        free = max(balance + amount, 0) - max(balance, 0)
        back = laws.put_back(free, ledger.uses_of(session, paid.id or 0))
        ledger.move_lots(session, back, sign=+1)
        returned += amount
    return returned


def expire_due(runtime: Runtime) -> None:
    """Job: let points go whose time is over, in steps that other writers can pass: what thousands earned on one day
    goes on one day too."""
    done = EXPIRE_CHUNK
    while done == EXPIRE_CHUNK:
        with runtime.database.write() as session:
            done = expire(session, most=EXPIRE_CHUNK)


def expire(session: Session, *, most: int | None = None) -> int:
    """Let points go whose time is over, those that are left of them; of how many members, at most `most`."""
    moment = clock.now()
    over = select(PointLot.member_id).where(col(PointLot.remaining) > 0, col(PointLot.expires_at) <= moment)
    due = session.exec(over.distinct().order_by(col(PointLot.member_id)).limit(most)).all()
    for member_id in due:
        balance = ledger.lock(session, member_id)
        for lot in ledger.lots_of(session, member_id):
            if lot.expires_at is None or lot.expires_at > moment:
                continue
            known = ledger.keys_like(session, member_id, f"expire:{lot.id}")
            balance -= lot.remaining
            ledger.book(
                session,
                PointEntry(
                    member_id=member_id, kind=EntryKind.EXPIRED, rule="points.expiry", amount=-lot.remaining,
                    wanted=-lot.remaining, key=f"expire:{lot.id}" + (f"#{len(known) + 1}" if known else ""),
                    balance=balance, at=moment,
                ),
            )  # fmt: skip
            session.connection().execute(
                sa.update(PointLot)
                .where(col(PointLot.entry_id) == lot.id)
                .values(remaining=0, expired=col(PointLot.expired) + lot.remaining)
            )
    return len(due)


def close_account(session: Session, member_id: int) -> None:
    """Whoever leaves has no points any more; the ledger keeps its sums."""
    balance = ledger.lock(session, member_id)
    if balance:
        ledger.book(
            session,
            PointEntry(
                member_id=member_id, kind=EntryKind.LEFT, rule="points.left", amount=-balance, wanted=-balance,
                key="left", balance=0,
            ),
        )  # fmt: skip
    session.connection().execute(
        sa.update(PointLot).where(col(PointLot.member_id) == member_id).values(remaining=0)
    )  # fmt: skip


def months_later(moment: datetime, months: int | None) -> datetime | None:
    """The same day so many months later, or the last one of a shorter month; None: never."""
    if months is None:
        return None
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    for day in range(moment.day, 27, -1):
        try:
            return moment.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return moment.replace(year=year, month=month + 1)


def _room(session: Session, member_id: int, rule: PointsRule, moment: datetime) -> int:
    room = [
        cap - ledger.earned_since(session, member_id, rule.name, moment - window)
        for cap, window in ((rule.day_cap, DAY), (rule.week_cap, WEEK))
        if cap is not None
    ]
    return min(room, default=2**31)
