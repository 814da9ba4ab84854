"""What points are spent on: offered by staff, redeemed by members, handed over or cancelled. Points only, no money."""

import secrets
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cocreate.core import audit, clock
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict, NotFound
from cocreate.core.text_marks import N_
from cocreate.notify.inbox.service import tell
from cocreate.points import ledger, service
from cocreate.points.forms import RewardForm
from cocreate.points.models import Redemption, RedemptionState, Reward

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without what is mistaken for something else when it is read out."""


class OutOfStock(Conflict):
    code = "out_of_stock"
    message = N_("The last one has just gone. Nothing was taken from your points.")


class PriceChanged(Conflict):
    code = "price_changed"
    message = N_("This has changed in the meantime. Please look at it again; nothing was taken from your points.")


class StockMoved(Conflict):
    code = "stock_moved"
    message = N_("Pieces have gone or come back in the meantime. Please look at the number again; nothing was saved.")


class NotOpen(Conflict):
    code = "not_open"
    message = N_("This has been handed over or cancelled already.")


def save_reward(session: Session, form: RewardForm, *, by: Actor, reward_id: int | None = None) -> Reward:
    """A reward that staff offer, or an offer changed; who has redeemed it keeps what they agreed to. A stock that is
    left as it was seen counts on, whatever was redeemed meanwhile; another one is taken only over the one seen."""
    if reward_id is None:
        row = Reward(title=form.title, cost=form.cost, stock=form.stock)
    else:
        row = get_reward(session, reward_id)
        if form.stock != form.seen:
            _restock(session, row, form)
    row.title, row.about, row.cost, row.active = form.title, form.about, form.cost, form.active
    session.add(row)
    session.flush()
    audit.record(session, by, "points.reward", "reward", row.id, cost=row.cost, stock=row.stock, active=row.active)
    return row


def _restock(session: Session, row: Reward, form: RewardForm) -> None:
    unmoved = (col(Reward.id) == row.id, col(Reward.stock).is_not_distinct_from(form.seen))
    result: Any = session.connection().execute(sa.update(Reward).where(*unmoved).values(stock=form.stock))
    if result.rowcount != 1:
        raise StockMoved(f"reward {row.id} had {form.seen}")
    session.refresh(row)


def get_reward(session: Session, reward_id: int) -> Reward:
    row = session.get(Reward, reward_id)
    if row is None:
        raise NotFound(f"reward {reward_id}")
    return row


def redeem(session: Session, reward_id: int, *, by: Actor, cost: int, balance: int) -> Redemption:
    """One reward for the member's points. `cost` and `balance` are what they saw: a second press of the button, or a
    price that has changed, is refused. The stock never falls below zero, however many press at once."""
    if ledger.lock(session, by.member_id) != balance:
        raise PriceChanged(f"balance is not {balance} any more")
    offered = sa.update(Reward).where(col(Reward.id) == reward_id, col(Reward.active))
    left = sa.or_(col(Reward.stock).is_(None), col(Reward.stock) > 0)
    taken = session.connection().execute(
        offered.where(left).values(stock=col(Reward.stock) - 1).returning(col(Reward.title), col(Reward.cost))
    )
    found = taken.first()
    if found is None:
        raise OutOfStock(f"reward {reward_id}")
    title, price = found
    if price != cost:
        raise PriceChanged(f"{price}, not {cost}")
    row = Redemption(
        reward_id=reward_id, member_id=by.member_id, title=title, cost=price,
        code="".join(secrets.choice(LETTERS) for _ in range(8)),
    )  # fmt: skip
    session.add(row)
    session.flush()
    service.spend(session, by.member_id, price, key=_key(row), about=_key(row))
    audit.record(session, by, "points.redeem", "redemption", row.id, cost=price)
    return row


def cancel(session: Session, redemption_id: int, *, by: Actor) -> Redemption:
    """Take an open redemption back: the points and the piece are there again. By its owner or by staff."""
    row = _redemption(session, redemption_id)
    own = row.member_id == by.member_id
    if not own and not by.can("points.give"):
        raise NotFound(f"redemption {redemption_id}")
    ledger.lock(session, row.member_id)
    _close(session, row, RedemptionState.CANCELLED, by=by)
    _back_on_the_shelf(session, row.reward_id)
    service.give_back(session, _key(row))
    if not own:
        _tell(session, row, "points.cancelled")
    return row


def hand_out(session: Session, redemption_id: int, *, by: Actor) -> Redemption:
    """The owner has it now."""
    row = _redemption(session, redemption_id)
    _close(session, row, RedemptionState.HANDED_OUT, by=by)
    _tell(session, row, "points.handed_out")
    return row


def drop_redemptions(session: Session, member_id: int) -> None:
    """Whoever leaves collects nothing any more; what was kept for them can be had by others."""
    mine = (col(Redemption.member_id) == member_id, col(Redemption.state) == RedemptionState.OPEN)
    dropped = session.connection().execute(
        sa.update(Redemption).where(*mine).values(state=RedemptionState.CANCELLED, handled_at=clock.now())
        .returning(col(Redemption.reward_id))
    )  # fmt: skip
    for reward_id in sorted(dropped.scalars()):
        _back_on_the_shelf(session, reward_id)


def _redemption(session: Session, redemption_id: int) -> Redemption:
    row = session.get(Redemption, redemption_id, populate_existing=True)
    if row is None:
        raise NotFound(f"redemption {redemption_id}")
    return row


def _close(session: Session, row: Redemption, state: RedemptionState, *, by: Actor) -> None:
    statement = (
        sa.update(Redemption)
        .where(col(Redemption.id) == row.id, col(Redemption.state) == RedemptionState.OPEN)
        .values(state=state, handled_by=by.member_id, handled_at=clock.now())
    )
    result: Any = session.connection().execute(statement)
    if result.rowcount != 1:
        raise NotOpen(f"redemption {row.id}")
    session.refresh(row)
    audit.record(session, by, f"points.{state.value}", "redemption", row.id)


def _back_on_the_shelf(session: Session, reward_id: int) -> None:
    session.connection().execute(
        sa.update(Reward).where(col(Reward.id) == reward_id).values(stock=col(Reward.stock) + 1)
    )


def _tell(session: Session, row: Redemption, notice: str) -> None:
    tell(
        session, [row.member_id], notice, key=f"{notice}:{row.id}", url="/me/points", topic="points",
        own=[row.member_id], params={"reward": row.title, "cost": row.cost},
    )  # fmt: skip


def _key(row: Redemption) -> str:
    return f"redemption:{row.id}"
