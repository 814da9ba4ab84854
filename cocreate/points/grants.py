"""Points by hand: with a reason, and with a second person where it is many."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict, Invalid, NotFound
from cocreate.core.text_marks import N_
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.service import tell
from cocreate.points import ledger, service
from cocreate.points.models import GrantState, PointGrant

MONTHS = 24
MISTAKE = N_("It had been given by mistake.")


class NoSuchOwner(Invalid):
    code = "no_such_owner"
    message = N_("There is no such member. Write the number or the whole name.")


class NameTwice(Invalid):
    code = "name_twice"
    message = N_("Several members have this name. Write the number.")


class EarnsNothing(Invalid):
    code = "earns_nothing"
    message = N_("Whoever works for the brand, is suspended or has left takes part in no points.")


class SameHand(Conflict):
    code = "same_hand"
    message = N_("A second person decides about this, not the one who proposed it.")


class DecidedAlready(Conflict):
    code = "decided_already"
    message = N_("This has been decided already.")


def find_owner(session: Session, who: str) -> int:
    """Id of the member with this number or whole name; refuses where that is nobody or several."""
    wanted = who.strip().lstrip("#")
    named = select(Member.id).where(Member.name == wanted, col(Member.deleted_at).is_(None))
    found = [member_id for member_id in session.exec(named.limit(2)) if member_id is not None]
    if len(found) > 1:
        raise NameTwice(fields={"who": NameTwice.message})
    if not found and wanted.isdecimal() and len(wanted) < 19 and session.get(Member, int(wanted)) is not None:
        found = [int(wanted)]
    if not found:
        raise NoSuchOwner(fields={"who": NoSuchOwner.message})
    return found[0]


def propose(session: Session, member_id: int, amount: int, reason: str, *, by: Actor, alone: int) -> PointGrant:
    """Give points with a reason. More than `alone` within a day, from one hand to one member, wait for a second one."""
    if not service.earners(session, [member_id]):
        raise EarnsNothing(fields={"who": EarnsNothing.message})
    ledger.lock(session, member_id)  # two small gifts at once must not pass for one
    given = select(sa.func.coalesce(sa.func.sum(PointGrant.amount), 0)).where(
        PointGrant.member_id == member_id, PointGrant.by_id == by.member_id,
        col(PointGrant.state).in_([GrantState.GIVEN, GrantState.WAITING]),
        col(PointGrant.at) > clock.now() - timedelta(days=1),
    )  # fmt: skip
    waits = int(session.exec(given).one()) + amount > alone
    row = PointGrant(
        member_id=member_id, amount=amount, reason=reason, by_id=by.member_id,
        state=GrantState.WAITING if waits else GrantState.GIVEN,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(session, by, "points.propose", "point_grant", row.id, amount=amount, waits=waits)
    if not waits:
        _give(session, row)
    return row


def decide(session: Session, grant_id: int, *, give: bool, by: Actor) -> PointGrant:
    """The second person's word; never that of who proposed it, or of who would receive it. Whoever has been suspended,
    has left or joined the brand since gets nothing; it can be declined."""
    row = _grant(session, grant_id)
    if by.member_id in (row.by_id, row.member_id):
        raise SameHand(f"grant {grant_id}")
    if give and not service.earners(session, [row.member_id]):
        raise EarnsNothing(f"member {row.member_id}")
    _move(session, row, GrantState.WAITING, GrantState.GIVEN if give else GrantState.DECLINED, by=by)
    if give:
        _give(session, row)
    return row


def take_back(session: Session, grant_id: int, *, by: Actor) -> PointGrant:
    """A gift that was a mistake is reversed; the ledger keeps both entries."""
    row = _grant(session, grant_id)
    _move(session, row, GrantState.GIVEN, GrantState.TAKEN_BACK, by=by)
    service.reverse(session, f"grant:{grant_id}", why=MISTAKE)
    return row


def forget_grants(session: Session, member_id: int) -> None:
    """Reasons name what somebody did; they go when the person does."""
    execute = session.connection().execute
    mine = col(PointGrant.member_id) == member_id
    waiting = (mine, col(PointGrant.state) == GrantState.WAITING)
    execute(sa.update(PointGrant).where(*waiting).values(state=GrantState.DECLINED, decided_at=clock.now()))
    execute(sa.update(PointGrant).where(mine).values(reason=""))


def _grant(session: Session, grant_id: int) -> PointGrant:
    row = session.get(PointGrant, grant_id, populate_existing=True)
    if row is None:
        raise NotFound(f"grant {grant_id}")
    return row


def _move(session: Session, row: PointGrant, before: GrantState, after: GrantState, *, by: Actor) -> None:
    statement = (
        sa.update(PointGrant)
        .where(col(PointGrant.id) == row.id, col(PointGrant.state) == before)
        .values(state=after, decided_by=by.member_id, decided_at=clock.now())
    )
    result: Any = session.connection().execute(statement)
    if result.rowcount != 1:
        raise DecidedAlready(f"grant {row.id} is no longer {before}")
    session.refresh(row)
    audit.record(session, by, f"points.{after.value}", "point_grant", row.id, amount=row.amount)


def _give(session: Session, row: PointGrant) -> None:
    key = f"grant:{row.id}"
    service.grant(session, row.member_id, row.amount, key=key, about=key, months=MONTHS)
    tell(
        session, [row.member_id], "points.granted", key=f"points.{key}", url="/me/points",
        params={"amount": row.amount, "words": row.reason}, topic="points", own=[row.member_id],
    )  # fmt: skip
