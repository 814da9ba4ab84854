"""Thanking those behind an item when it ships, and taking the thanks back when it moves back."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock, outbox
from cocreate.core.db import insert_once
from cocreate.core.runtime import Runtime
from cocreate.core.statements import prepared
from cocreate.core.tables import columns
from cocreate.core.text_marks import N_
from cocreate.points.queries import shares as shares_of
from cocreate.points.rules import in_force
from cocreate.points.service import award, earners, reverse
from forum import api as forum
from roadmap.credit.formula import share_out
from roadmap.credit.models import ItemCredit
from roadmap.credit.rules import SHIPPED
from roadmap.events import ItemStageChanged
from roadmap.items.models import ItemChange, ItemStatus, RoadmapItem
from roadmap.items.stages import STATUS_OF
from roadmap.links.models import ItemPost

CHUNK = 25
"""Awards in one transaction: so few that no page waits for the database meanwhile."""
MOVED_BACK = N_("The item has moved back.")


def queue_credit(session: Session, event: ItemStageChanged) -> None:
    """An item took a step: its thanks follow."""
    outbox.enqueue(session, "roadmap.settle_credit", lane=outbox.SLOW, item_id=event.item_id)


def settle_credit(runtime: Runtime, *, item_id: int) -> None:
    """Job: make the ledger say what the item's stage says now. Asks only how the item stands, so it may run at any time
    and any number of times; who gets what is decided once, and paid or taken back in steps."""
    with runtime.database.write() as session:
        over = _call_off(session, item_id, besides=shipped_since(session, item_id))
    while over:
        with runtime.database.write() as session:
            if shares_of(session, over[-1]):
                reverse(session, over[-1], why=MOVED_BACK, most=CHUNK)
            else:
                over.pop()
    with runtime.database.write() as session:
        credit = _decide(session, item_id)
    start = None if credit is None else 0
    while credit is not None and start is not None:
        with runtime.database.write() as session:
            start = _pay(session, credit, start)


def shipped_since(session: Session, item_id: int) -> int | None:
    """Id of the step by which the item shipped, as long as it has not moved back since; None while it has not."""
    since: int | None = None
    steps = columns(ItemChange.id, ItemChange.stage).where(ItemChange.item_id == item_id).order_by(col(ItemChange.id))
    for change_id, stage in session.exec(steps):
        shipped = STATUS_OF[stage] is ItemStatus.SHIPPED
        since = (since or change_id) if shipped else None
    return since


def standing(session: Session, item_id: int) -> ItemCredit | None:
    """The thanks that hold for this item, if it is shipped and there was anybody to thank."""
    credit: ItemCredit | None = _standing(session, item_id=item_id).first()
    return credit


@prepared
def _standing(*, item_id: int) -> Any:
    statement = select(ItemCredit).where(ItemCredit.item_id == item_id, col(ItemCredit.taken_back_at).is_(None))
    return statement.order_by(col(ItemCredit.id).desc()).limit(1)


def _call_off(session: Session, item_id: int, *, besides: int | None) -> list[str]:
    """Mark the thanks that hold no longer, on which a payment that is still under way stops; the keys of all that ever
    were called off: what had been paid under them goes back, also where an earlier run was cut off in between."""
    over = select(ItemCredit).where(ItemCredit.item_id == item_id, ItemCredit.change_id != (besides or 0))
    keys = []
    for credit in session.exec(over.order_by(col(ItemCredit.id))).all():
        credit.taken_back_at = credit.taken_back_at or clock.now()
        session.add(credit)
        keys.append(credit.key)
    return keys


def _decide(session: Session, item_id: int) -> ItemCredit | None:
    """The thanks as they are to be paid, decided once per shipping; None where there is nothing to pay."""
    change_id, item = shipped_since(session, item_id), session.get(RoadmapItem, item_id)
    rule = in_force(session, SHIPPED)
    if change_id is None or item is None or not rule.active or rule.amount <= 0:
        return None
    known = select(ItemCredit).where(ItemCredit.item_id == item_id, ItemCredit.change_id == change_id)
    row = session.exec(known).first()
    if row is None:
        posts = session.exec(select(ItemPost.post_id).where(ItemPost.item_id == item_id)).all()
        credit = forum.credit_behind(session, posts)
        may = earners(session, (*credit.authors, *credit.helpers))
        authors = [member_id for member_id in credit.authors if member_id in may]
        helpers = [member_id for member_id in credit.helpers if member_id in may]
        shares = share_out(rule.amount, authors, helpers)
        if not shares.members:
            return None
        insert_once(
            session,
            ItemCredit(
                item_id=item_id, change_id=change_id, amount=rule.amount, shares=sorted(shares.members.items()),
                first=shares.first, others=shares.others, helpers=shares.helpers,
                at=session.get_one(ItemChange, change_id).at, other_people=max(len(authors) - 1, 0),
                helping_people=len(helpers),
            ),
        )  # fmt: skip
        row = session.exec(known).one()
    return row if row.paid_at is None and row.taken_back_at is None else None


def _pay(session: Session, credit: ItemCredit, start: int = 0) -> int | None:
    """Pay the next shares from that place on; where to go on, None when all are paid or were taken back meanwhile.

    Goes by place and not by what is unpaid: whoever may earn nothing any more is passed over, not asked for ever.
    """
    held: Any = session.connection().execute(
        sa.update(ItemCredit)
        .where(col(ItemCredit.id) == credit.id, col(ItemCredit.taken_back_at).is_(None))
        .values(at=col(ItemCredit.at))
    )
    if held.rowcount != 1:
        return None
    for member_id, amount in credit.shares[start : start + CHUNK]:
        award(session, member_id, SHIPPED, key=credit.key, amount=amount, about=f"item:{credit.item_id}", at=credit.at)
    if start + CHUNK < len(credit.shares):
        return start + CHUNK
    session.connection().execute(
        sa.update(ItemCredit).where(col(ItemCredit.id) == credit.id).values(paid_at=clock.now())
    )
    return None
