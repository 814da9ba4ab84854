"""Points by hand need a reason and, where it is many, a second person; rewards cost points, no piece is sold twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import col, select

from cocreate.core import clock
from cocreate.core.actor import Role
from cocreate.identity.members.models import Member
from cocreate.identity.members.service import blank_member
from cocreate.notify.inbox.models import InboxMessage
from cocreate.points import queries, rewards, service
from cocreate.points.models import GrantState, PointGrant, Redemption, RedemptionState, Reward, RuleSetting
from cocreate.points.rules import PointsRule, in_force
from tests.cocreate.points.test_service import check_books
from tests.factories.forum import acting


@pytest.fixture
def pm(make_member):
    return make_member("产品", Role.PM)


@pytest.fixture
def agent(make_member):
    return make_member("客服", Role.AGENT)


@pytest.fixture
def rich(runtime, make_member):
    """An owner with 100 points."""
    member = make_member("小周")
    with runtime.database.write() as session:
        service.grant(session, member.id, 100, key="start", about="", months=None)
    return member


@pytest.fixture
def make_reward(runtime):
    def make(cost=40, stock=None, **values):
        with runtime.database.write() as session:
            row = Reward(title=values.pop("title", "车模"), cost=cost, stock=stock, **values)
            session.add(row)
        return row

    return make


def held(runtime, member):
    with runtime.database.write() as session:
        check_books(session, member.id)
        return queries.balance(session, member.id)


def test_a_small_gift_is_given_at_once_with_its_reason(client, runtime, agent, make_member):
    owner = make_member("小林")
    answer = client.post("/points/gifts", actor=agent, data={"who": "小林", "amount": "200", "reason": "带路试驾"})
    assert answer.status_code == 303
    assert held(runtime, owner) == 200
    assert "带路试驾" in client.get("/me/points", actor=owner).text
    with runtime.database.read() as session:
        (message,) = session.exec(select(InboxMessage)).all()
    assert message.params == {"amount": 200, "words": "带路试驾"}


def test_many_points_wait_for_another_hand(client, runtime, agent, pm, make_member):
    owner = make_member("小林")
    data = {"who": str(owner.id), "amount": "300", "reason": "活动"}
    client.post("/points/gifts", actor=agent, data=data)
    client.post("/points/gifts", actor=agent, data=data)  # 600 in a day: the second one waits
    assert held(runtime, owner) == 300
    with runtime.database.read() as session:
        waiting = session.exec(select(PointGrant).where(PointGrant.state == GrantState.WAITING)).one()
    assert client.post(f"/points/gifts/{waiting.id}/give", actor=agent).status_code == 409
    assert held(runtime, owner) == 300
    assert client.post(f"/points/gifts/{waiting.id}/give", actor=pm).status_code == 303
    assert held(runtime, owner) == 600
    assert client.post(f"/points/gifts/{waiting.id}/give", actor=pm).status_code == 409
    assert client.post(f"/points/gifts/{waiting.id}/take-back", actor=agent).status_code == 303
    assert held(runtime, owner) == 300
    assert "收回：误发" in client.get("/me/points", actor=owner).text


def test_whoever_was_suspended_meanwhile_gets_nothing_but_a_no(client, runtime, agent, pm, make_member):
    owner = make_member("小林")
    client.post("/points/gifts", actor=agent, data={"who": str(owner.id), "amount": "600", "reason": "活动"})
    with runtime.database.write() as session:
        session.get_one(Member, owner.id).suspended_at = clock.now()
        waiting = session.exec(select(PointGrant)).one()
    assert client.post(f"/points/gifts/{waiting.id}/give", actor=pm).status_code == 422
    with runtime.database.read() as session:
        assert session.get_one(PointGrant, waiting.id).state == GrantState.WAITING
    assert held(runtime, owner) == 0
    assert client.post(f"/points/gifts/{waiting.id}/decline", actor=pm).status_code == 303


def test_a_reward_that_is_saved_keeps_what_was_redeemed_while_it_was_open(client, runtime, pm, rich, make_reward):
    reward = make_reward(cost=40, stock=5)
    form = client.get(f"/points/rewards/{reward.id}", actor=pm).text
    assert '<input type="hidden" name="seen" value="5">' in form
    client.post(f"/me/rewards/{reward.id}", actor=rich, data={"cost": "40", "balance": "100"})
    said = {"title": "车模", "cost": "45", "active": "1", "seen": "5"}

    def stock():
        with runtime.database.read() as session:
            row = session.get_one(Reward, reward.id)
            return row.stock, row.cost

    assert client.post(f"/points/rewards/{reward.id}", actor=pm, data={**said, "stock": "5"}).status_code == 303
    assert stock() == (4, 45), "another price, and the piece that went stays gone"
    moved = {**said, "cost": "50", "stock": "9"}
    assert client.post(f"/points/rewards/{reward.id}", actor=pm, data=moved).status_code == 409
    assert stock() == (4, 45)
    for seen, to, left in (("4", "9", 9), ("9", "", None), ("", "2", 2)):
        moved = {**said, "seen": seen, "stock": to}
        assert client.post(f"/points/rewards/{reward.id}", actor=pm, data=moved).status_code == 303
        assert stock() == (left, 45)


def test_a_gift_without_reason_or_to_staff_is_refused(client, runtime, agent, pm):
    assert client.post("/points/gifts", actor=agent, data={"who": "产品", "amount": "5"}).status_code == 422
    answer = client.post("/points/gifts", actor=agent, data={"who": "产品", "amount": "5", "reason": "谢谢"})
    assert answer.status_code == 422
    assert "员工" in answer.text
    assert (
        client.post("/points/gifts", actor=agent, data={"who": "无名", "amount": "5", "reason": "谢谢"}).status_code
        == 422
    )
    with runtime.database.read() as session:
        assert session.exec(select(PointGrant)).all() == []


def test_owners_may_not_give(client, make_member):
    owner = make_member()
    assert client.get("/points", actor=owner).status_code == 403
    assert client.post("/points/gifts", actor=owner, data={"who": "1"}).status_code == 403
    assert client.get("/me/points").status_code == 303  # to the sign-in page


def test_a_redeemed_reward_is_paid_handed_over_and_told(client, runtime, agent, rich, make_reward):
    reward = make_reward(cost=40, stock=1)
    page = client.get("/me/rewards", actor=rich)
    assert "车模" in page.text
    answer = client.post(f"/me/rewards/{reward.id}", actor=rich, data={"cost": "40", "balance": "100"})
    assert answer.status_code == 303
    assert held(runtime, rich) == 60
    with runtime.database.read() as session:
        row = session.exec(select(Redemption)).one()
        assert session.get(Reward, reward.id).stock == 0
    assert row.code in client.get("/me/points", actor=rich).text
    assert row.code in client.get("/points/handout", actor=agent).text
    assert client.post(f"/points/handout/{row.id}", actor=agent).status_code == 303
    assert client.post(f"/me/redemptions/{row.id}/cancel", actor=rich).status_code == 409
    assert held(runtime, rich) == 60
    with runtime.database.read() as session:
        assert [message.notice for message in session.exec(select(InboxMessage))] == ["points.handed_out"]


def test_a_cancelled_redemption_restores_points_and_stock(client, runtime, rich, make_reward, make_member):
    reward = make_reward(cost=40, stock=1)
    client.post(f"/me/rewards/{reward.id}", actor=rich, data={"cost": "40", "balance": "100"})
    with runtime.database.read() as session:
        row = session.exec(select(Redemption)).one()
    assert client.post(f"/me/redemptions/{row.id}/cancel", actor=make_member()).status_code == 404
    assert client.post(f"/me/redemptions/{row.id}/cancel", actor=rich).status_code == 303
    assert client.post(f"/me/redemptions/{row.id}/cancel", actor=rich).status_code == 409
    assert held(runtime, rich) == 100
    with runtime.database.read() as session:
        assert session.get(Reward, reward.id).stock == 1


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"cost": "30", "balance": "100"}, "price_changed"),
        ({"cost": "40", "balance": "99"}, "price_changed"),
        ({}, "price_changed"),
    ],
)
def test_what_was_not_seen_is_not_agreed_to(client, runtime, rich, make_reward, data, code):
    reward = make_reward(cost=40, stock=5)
    answer = client.post(f"/me/rewards/{reward.id}", actor=rich, data=data)
    assert answer.status_code == 409
    assert held(runtime, rich) == 100
    with runtime.database.read() as session:
        assert session.get(Reward, reward.id).stock == 5


def test_what_one_cannot_pay_or_what_is_gone_is_refused_and_changes_nothing(client, runtime, rich, make_reward):
    dear, gone, hidden = make_reward(cost=400, stock=5), make_reward(stock=0), make_reward(active=False)
    for reward, cost in ((dear, 400), (gone, 40), (hidden, 40)):
        answer = client.post(f"/me/rewards/{reward.id}", actor=rich, data={"cost": str(cost), "balance": "100"})
        assert answer.status_code == 409
    assert held(runtime, rich) == 100
    with runtime.database.read() as session:
        assert session.exec(select(Reward.stock).order_by(col(Reward.id))).all() == [5, 0, None]
        assert session.exec(select(Redemption)).all() == []


def test_the_stock_never_falls_below_zero_however_many_press_at_once(runtime, make_member, make_reward):
    reward = make_reward(cost=10, stock=3)
    people = [make_member() for _ in range(20)]
    with runtime.database.write() as session:
        for one in people:
            service.grant(session, one.id, 10, key="start", about="", months=None)

    def press(one):
        try:
            with runtime.database.write() as session:
                rewards.redeem(session, reward.id, by=acting(runtime, one), cost=10, balance=10)
        except rewards.OutOfStock:
            return 0
        return 1

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(press, people)) == 3
    with runtime.database.read() as session:
        assert session.get(Reward, reward.id).stock == 0
        assert sum(queries.balance(session, one.id) for one in people) == 170


def test_whoever_leaves_collects_nothing_and_is_named_in_no_reason(runtime, worker, client, agent, rich, make_reward):
    reward = make_reward(cost=40, stock=1)
    client.post("/points/gifts", actor=agent, data={"who": "小周", "amount": "5", "reason": "带路"})
    client.post(f"/me/rewards/{reward.id}", actor=rich, data={"cost": "40", "balance": "105"})
    with runtime.database.write() as session:
        blank_member(session, session.get_one(type(rich), rich.id), by=acting(runtime, rich))
    worker.drain()
    assert held(runtime, rich) == 0
    with runtime.database.read() as session:
        assert session.exec(select(Redemption.state)).one() == RedemptionState.CANCELLED
        assert session.get(Reward, reward.id).stock == 1
        assert session.exec(select(PointGrant.reason)).one() == ""


def test_a_rule_is_changed_and_set_back(client, runtime, pm, agent):
    name = "forum.post"
    data = {"amount": "9", "day_cap": "18", "week_cap": "", "months": "6", "active": "1"}
    assert client.post(f"/points/rules/{name}", actor=agent, data=data).status_code == 403
    assert client.post(f"/points/rules/{name}", actor=pm, data=data).status_code == 303
    with runtime.database.read() as session:
        rule = in_force(session, PointsRule(name, "x", 5, day_cap=1, week_cap=1))
    assert (rule.amount, rule.day_cap, rule.week_cap, rule.months, rule.active) == (9, 18, None, 6, True)
    assert client.post(f"/points/rules/{name}", actor=pm, data={"amount": "-1"}).status_code == 422
    assert client.post("/points/rules/none.such", actor=pm, data=data).status_code == 404
    assert client.post(f"/points/rules/{name}/reset", actor=pm).status_code == 303
    with runtime.database.read() as session:
        assert session.exec(select(RuleSetting)).all() == []


def test_rewards_are_offered_and_changed(client, runtime, pm, agent):
    data = {"title": "钥匙扣", "cost": "30", "stock": "2", "active": "1"}
    assert client.post("/points/rewards", actor=agent, data=data).status_code == 403
    assert client.post("/points/rewards", actor=pm, data=data).status_code == 303
    assert client.post("/points/rewards", actor=pm, data={"title": "", "cost": "0"}).status_code == 422
    with runtime.database.read() as session:
        row = session.exec(select(Reward)).one()
    answer = client.post(f"/points/rewards/{row.id}", actor=pm, data={"title": "钥匙扣", "cost": "35", "seen": "2"})
    assert answer.status_code == 303
    with runtime.database.read() as session:
        changed = session.exec(select(Reward)).one()
    assert (changed.cost, changed.stock, changed.active) == (35, None, False)


def test_what_expires_when_is_told(runtime, session, make_member, time_machine):
    member_id = make_member().id
    for months in (1, 1, 2):
        rule = PointsRule(f"t{months}", "x", 10, months=months)
        service.award(session, member_id, rule, key=f"k{months}")
        service.award(session, member_id, rule, key=f"k{months}b")
    assert [points for _, points in queries.expiring(session, member_id)] == [20, 20]
