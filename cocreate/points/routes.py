"""My points: how many, where from, what expires when, and what they can be spent on."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from cocreate.core.text_marks import N_
from cocreate.points import queries, rewards
from cocreate.points.forms import RedeemForm
from cocreate.points.labels import REDEMPTION_LABELS, rules_of, tell_lines
from cocreate.points.rules import in_force
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage

router = APIRouter(include_in_schema=False, dependencies=[allow("points.own")])
BoundRedeem = Annotated[BoundForm[RedeemForm], Depends(bind(RedeemForm))]


@router.get("/me/points")
def show_my_points(actor: CurrentActor, db: ReadDb, page: CurrentPage, cursor: str | None = None) -> Response:
    """The member's balance and history, and what earns points here."""
    rules = rules_of(page)
    lines = queries.history(db, actor.member_id, cursor=cursor)
    context: dict[str, Any] = {
        "lines": tell_lines(db, page, lines.items),
        "next_url": page.url("show_my_points", query={"cursor": lines.next_cursor}) if lines.next_cursor else None,
    }
    if cursor is not None and page.partial:
        return page.render("points/mine.html", block="lines", **context)
    return page.render(
        "points/mine.html",
        balance=queries.balance(db, actor.member_id),
        expiring=queries.expiring(db, actor.member_id),
        redemptions=queries.my_redemptions(db, actor.member_id),
        redemption_labels=REDEMPTION_LABELS,
        rules=[rule for rule in (in_force(db, rule) for rule in rules.values()) if rule.active and rule.amount],
        **context,
    )


@router.get("/me/rewards")
def show_rewards(actor: CurrentActor, db: ReadDb, page: CurrentPage) -> Response:
    """What points can be spent on."""
    return page.render(
        "points/rewards.html", offers=queries.offers(db), balance=queries.balance(db, actor.member_id)
    )  # fmt: skip


@router.post("/me/rewards/{reward_id}")
def redeem_reward(reward_id: RowId, form: BoundRedeem, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Spend points on one."""
    if form.value is None:
        raise rewards.PriceChanged("the form says no price")
    row = rewards.redeem(db, reward_id, by=actor, cost=form.value.cost, balance=form.value.balance)
    page.flash(N_("“%(reward)s” is yours. Your code is %(code)s."), level="success", reward=row.title, code=row.code)
    return page.redirect("show_my_points")


@router.post("/me/redemptions/{redemption_id}/cancel")
def cancel_redemption(redemption_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Give it back before it was handed over; by its owner or by staff."""
    row = rewards.cancel(db, redemption_id, by=actor)
    page.flash(N_("Cancelled; the points are there again."))
    return page.redirect("show_my_points" if row.member_id == actor.id else "show_points_handout")
