"""Points for staff: what earns how much, gifts by hand, what is offered, what waits to be handed over."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from cocreate.core.errors import Invalid, NotFound
from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import people
from cocreate.points import grants, queries, rewards
from cocreate.points.forms import GrantForm, RewardForm, RuleForm
from cocreate.points.labels import GRANT_LABELS, REDEMPTION_LABELS, rules_of
from cocreate.points.models import GrantState, RedemptionState
from cocreate.points.rules import in_force, reset_rule, set_rule
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage

router = APIRouter(include_in_schema=False)
MANAGE, GIVE = [allow("points.manage")], [allow("points.give")]
BoundRule = Annotated[BoundForm[RuleForm], Depends(bind(RuleForm))]
BoundGrant = Annotated[BoundForm[GrantForm], Depends(bind(GrantForm))]
BoundReward = Annotated[BoundForm[RewardForm], Depends(bind(RewardForm))]


@router.get("/points", dependencies=GIVE)
def show_points(db: ReadDb, page: CurrentPage) -> Response:
    """What earns points, by which rules, and how many there are."""
    rules = [in_force(db, rule) for rule in rules_of(page).values()]
    return page.render("points/staff_rules.html", rules=rules, totals=queries.totals(db))


@router.get("/points/rules/{name}", dependencies=MANAGE)
def edit_points_rule(name: str, db: ReadDb, page: CurrentPage) -> Response:
    """A form with the rule as it stands."""
    return _rule_page(page, db, name, None)


@router.post("/points/rules/{name}", dependencies=MANAGE)
def save_points_rule(name: str, form: BoundRule, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Let the rule stand like this from now on; what was earned stays."""
    rule = rules_of(page).get(name)
    if rule is None:
        raise NotFound(f"rule {name}")
    if form.value is None:
        return _rule_page(page, db, name, form, status=422)
    set_rule(db, rule, form.value, by=actor)
    page.flash(N_("Saved. It counts from now on; what was earned before stays."), level="success")
    return page.redirect("show_points")


@router.post("/points/rules/{name}/reset", dependencies=MANAGE)
def reset_points_rule(name: str, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """The rule as it came with the program."""
    reset_rule(db, name, by=actor)
    page.flash(N_("The rule stands as it was delivered."))
    return page.redirect("show_points")


@router.get("/points/gifts", dependencies=GIVE)
def show_points_gifts(
    db: ReadDb, page: CurrentPage, member: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None
) -> Response:
    """Gifts by hand: those that wait for a second person first."""
    return _gifts_page(page, db, BoundForm.blank(who=str(member or "")))


@router.post("/points/gifts", dependencies=GIVE)
def give_points(form: BoundGrant, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Give points with a reason, or propose it to a second person where it is many."""
    if form.value is None:
        return _gifts_page(page, db, form, status=422)
    alone = page.renderer.runtime.settings.points_alone
    try:
        owner = grants.find_owner(db, form.value.who)
        row = grants.propose(db, owner, form.value.amount, form.value.reason, by=actor, alone=alone)
    except Invalid as refusal:
        return _gifts_page(page, db, BoundForm(None, form.values, refusal.fields), status=422)
    if row.state == GrantState.WAITING:
        page.flash(N_("Written down. As it is many points, a second person decides."))
    else:
        page.flash(N_("Given; the member has been told why."), level="success")
    return page.redirect("show_points_gifts")


@router.post("/points/gifts/{grant_id}/{word}", dependencies=GIVE)
def decide_gift(grant_id: RowId, word: str, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """give | decline: the second person's word; take-back: a mistake is reversed."""
    if word == "take-back":
        grants.take_back(db, grant_id, by=actor)
        page.flash(N_("Taken back; both entries stay in the ledger."))
    elif word in ("give", "decline"):
        grants.decide(db, grant_id, give=word == "give", by=actor)
        page.flash(N_("Decided."), level="success")
    else:
        raise NotFound(word)
    return page.redirect("show_points_gifts")


@router.get("/points/rewards", dependencies=GIVE)
def show_points_rewards(db: ReadDb, page: CurrentPage) -> Response:
    """Everything that is or was offered, and a form for one more."""
    return _rewards_page(page, db, BoundForm.blank(active="1"))


@router.post("/points/rewards", dependencies=MANAGE)
def add_reward(form: BoundReward, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Offer something for points."""
    if form.value is None:
        return _rewards_page(page, db, form, status=422)
    rewards.save_reward(db, form.value, by=actor)
    page.flash(N_("Saved."), level="success")
    return page.redirect("show_points_rewards")


@router.get("/points/rewards/{reward_id}", dependencies=MANAGE)
def edit_reward(reward_id: RowId, db: ReadDb, page: CurrentPage) -> Response:
    """A form with the offer as it stands."""
    row = rewards.get_reward(db, reward_id)
    values = {"title": row.title, "about": row.about, "cost": row.cost, "stock": row.stock, "seen": row.stock}
    form: BoundForm[RewardForm] = BoundForm.blank(**values, active="1" if row.active else "")
    return page.render("points/staff_reward.html", form=form, reward=row)


@router.post("/points/rewards/{reward_id}", dependencies=MANAGE)
def change_reward(reward_id: RowId, form: BoundReward, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Change an offer; who has redeemed it keeps what they agreed to."""
    if form.value is None:
        row = rewards.get_reward(db, reward_id)
        return page.render("points/staff_reward.html", form=form, reward=row, status=422)
    rewards.save_reward(db, form.value, by=actor, reward_id=reward_id)
    page.flash(N_("Saved."), level="success")
    return page.redirect("show_points_rewards")


@router.get("/points/handout", dependencies=GIVE)
def show_points_handout(db: ReadDb, page: CurrentPage) -> Response:
    """What members have redeemed and not yet received, oldest first."""
    waiting = queries.redemptions(db, RedemptionState.OPEN)
    done = queries.redemptions(db, RedemptionState.HANDED_OUT)[:20]
    return page.render(
        "points/staff_handout.html", waiting=waiting, done=done, labels=REDEMPTION_LABELS,
        names=people(db, [row.member_id for row in (*waiting, *done)]),
    )  # fmt: skip


@router.post("/points/handout/{redemption_id}", dependencies=GIVE)
def hand_out_reward(redemption_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """The owner has it now."""
    rewards.hand_out(db, redemption_id, by=actor)
    page.flash(N_("Handed over."), level="success")
    return page.redirect("show_points_handout")


def _rule_page(
    page: CurrentPage, db: ReadDb, name: str, form: BoundForm[RuleForm] | None, *, status: int = 200
) -> Response:
    rule = rules_of(page).get(name)
    if rule is None:
        raise NotFound(f"rule {name}")
    rule = in_force(db, rule)
    if form is None:
        values = {key: getattr(rule, key) for key in ("amount", "day_cap", "week_cap", "months")}
        form = BoundForm.blank(**values, active="1" if rule.active else "")
    return page.render("points/staff_rule.html", rule=rule, form=form, status=status)


def _gifts_page(page: CurrentPage, db: ReadDb, form: BoundForm[GrantForm], *, status: int = 200) -> Response:
    rows = queries.grants(db)
    ids = [one for row in rows for one in (row.member_id, row.by_id, row.decided_by)]
    return page.render(
        "points/staff_gifts.html", status=status, rows=rows, names=people(db, ids), form=form, labels=GRANT_LABELS,
        alone=page.renderer.runtime.settings.points_alone,
    )  # fmt: skip


def _rewards_page(page: CurrentPage, db: ReadDb, form: BoundForm[RewardForm], *, status: int = 200) -> Response:
    return page.render(
        "points/staff_rewards.html", offers=queries.offers(db, all_of_them=True), form=form, status=status
    )  # fmt: skip
