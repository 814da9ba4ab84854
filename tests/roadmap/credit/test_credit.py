"""Thanks for what shipped: shared once, whole, and taken back when it moves back."""

import pytest
from sqlmodel import select

from cocreate.core import clock
from cocreate.core.actor import Role
from cocreate.identity.members.models import Member
from cocreate.identity.members.service import blank_member
from cocreate.points import queries as points
from cocreate.points.models import PointEntry, RuleSetting
from forum.comments.models import Comment
from forum.comments.service import call_useful
from forum.merging.service import merge_posts
from roadmap.credit import service
from roadmap.credit.models import ItemCredit
from tests.cocreate.points.test_service import check_books
from tests.factories.forum import acting


def held(runtime, *members):
    with runtime.database.write() as session:
        for member in members:
            check_books(session, member.id)
        return [points.balance(session, member.id) for member in members]


@pytest.fixture
def agent(make_member):
    return make_member("客服", Role.AGENT)


@pytest.fixture
def helped(runtime, make_comment, make_member, agent):
    """`helped(post)`: an owner whose comment below the post staff called useful."""

    def help_out(post):
        helper = make_member("热心")
        comment = make_comment(post, "拆开看过，是风道共振", author=helper)
        with runtime.database.write() as session:
            row = session.get_one(Comment, comment.id)
            call_useful(session, row, True, by=acting(runtime, agent, Role.AGENT))
        return helper

    return help_out


@pytest.fixture
def wish(voices, make_item, helped):
    """An item from lin (first), chen, and a helper; wu only voted."""
    voices.helper = helped(voices.posts[0])
    voices.item = make_item("座椅降噪", themes=[voices.theme])
    return voices


def test_what_ships_is_shared_by_the_published_formula(runtime, worker, client, wish, step):
    before = held(runtime, wish.helper)[0]
    step(wish.item, "rolling_out")
    worker.drain()
    assert held(runtime, wish.lin, wish.chen, wish.wu, wish.helper) == [150, 90, 0, before + 60]
    page = client.get(f"/roadmap/{wish.item.id}", actor=wish.lin).text
    assert "你的这份贡献得到 150 积分" in page
    assert "300 积分已分给提出它的人" in client.get(f"/roadmap/{wish.item.id}").text
    assert "你参与的想法上线了" in client.get("/me/points", actor=wish.lin).text


def test_further_steps_while_it_is_shipped_bring_nothing_more(runtime, worker, wish, step):
    for stage in ("rolling_out", "arrived", "verified"):
        step(wish.item, stage)
        worker.drain()
    assert held(runtime, wish.lin, wish.chen) == [150, 90]
    with runtime.database.read() as session:
        assert len(session.exec(select(ItemCredit)).all()) == 1


def test_what_moves_back_is_taken_back_and_shipping_again_pays_again(runtime, worker, client, wish, step):
    step(wish.item, "arrived")
    worker.drain()
    step(wish.item, "studied")
    worker.drain()
    assert held(runtime, wish.lin, wish.chen) == [0, 0]
    with runtime.database.read() as session:
        assert service.standing(session, wish.item.id) is None
    assert "收回：条目退回" in client.get("/me/points", actor=wish.lin).text
    step(wish.item, "rolling_out")
    worker.drain()
    assert held(runtime, wish.lin, wish.chen) == [150, 90]


def test_steps_that_follow_quickly_end_where_the_item_stands(runtime, worker, wish, step):
    for stage in ("rolling_out", "studied", "arrived", "built"):
        step(wish.item, stage)
    worker.drain()
    assert held(runtime, wish.lin, wish.chen) == [0, 0]


def test_a_second_run_of_the_job_changes_nothing(runtime, worker, wish, step):
    step(wish.item, "arrived")
    worker.drain()
    for _ in range(3):
        service.settle_credit(runtime, item_id=wish.item.id)
    assert held(runtime, wish.lin, wish.chen) == [150, 90]


def test_a_payment_that_was_cut_off_is_finished_with_the_same_shares(
    runtime, worker, wish, step, join_theme, put_post, monkeypatch
):
    monkeypatch.setattr(service, "CHUNK", 1)
    step(wish.item, "arrived")
    with runtime.database.write() as session:
        credit = service._decide(session, wish.item.id)
    with runtime.database.write() as session:
        service._pay(session, credit)
    join_theme(wish.theme, put_post("后来的人", author=wish.wu))
    service.settle_credit(runtime, item_id=wish.item.id)
    worker.drain()
    assert sum(held(runtime, wish.lin, wish.chen)) == 240
    with runtime.database.read() as session:
        assert sum(points.shares(session, credit.key).values()) == 300


def test_staff_and_those_who_left_get_none_and_their_share_goes_on(
    runtime, worker, wish, step, put_post, join_theme, agent
):
    join_theme(wish.theme, put_post("员工也这么想", author=agent))
    with runtime.database.write() as session:
        row = session.get_one(Member, wish.lin.id)
        blank_member(session, row, by=acting(runtime, wish.lin))
    before = held(runtime, wish.helper)[0]
    worker.drain()
    step(wish.item, "arrived")
    worker.drain()
    # chen alone is left of the authors and is the first now: 50 to 20 with the helper, of 300
    assert held(runtime, wish.lin, wish.chen, agent, wish.helper) == [0, 214, 0, before + 86]


def test_authors_of_merged_posts_share(runtime, worker, put_post, make_item, make_member, step, agent):
    first, second = make_member("先"), make_member("后")
    target = put_post("通风吵", author=first)
    source = put_post("座椅风声", author=second)
    with runtime.database.write() as session:
        merge_posts(session, source.id, target.id, by=acting(runtime, agent, Role.AGENT))
    item = make_item("座椅降噪", posts=[target])
    step(item, "arrived")
    worker.drain()
    with runtime.database.read() as session:
        shared = [points.balance(session, one.id) for one in (first, second)]
    assert sum(shared) == 300
    assert shared == [188, 112]


def test_imported_voices_have_no_account(runtime, worker, put_post, make_item, make_member, step):
    put = put_post("导入的", source="weibo", external_id="1", author_label="某车主")
    item = make_item("条目", posts=[put])
    step(item, "arrived")
    worker.drain()
    with runtime.database.read() as session:
        assert session.exec(select(ItemCredit)).all() == []
        assert session.exec(select(PointEntry)).all() == []


def test_a_payment_ends_though_some_of_them_may_earn_nothing_any_more(runtime, worker, wish, step, monkeypatch):
    monkeypatch.setattr(service, "CHUNK", 1)
    step(wish.item, "arrived")
    before = held(runtime, wish.helper)[0]
    with runtime.database.write() as session:
        service._decide(session, wish.item.id)
    with runtime.database.write() as session:
        for member in (wish.lin, wish.chen):
            session.get_one(Member, member.id).suspended_at = clock.now()
        session.add(RuleSetting(name="roadmap.shipped", amount=300, active=True))
    calls, award = iter(range(9)), service.award
    monkeypatch.setattr(service, "award", lambda *args, **words: (next(calls), award(*args, **words))[1])
    service.settle_credit(runtime, item_id=wish.item.id)
    assert held(runtime, wish.lin, wish.chen, wish.helper) == [0, 0, before + 60]
    with runtime.database.read() as session:
        assert session.exec(select(ItemCredit)).one().paid_at is not None


def test_no_cap_cuts_a_share(runtime, worker, client, pm, wish, step):
    rule = {"amount": "300", "day_cap": "10", "week_cap": "20", "months": "36", "active": "1"}
    assert client.post("/points/rules/roadmap.shipped", actor=pm, data=rule).status_code == 303
    assert 'name="day_cap"' not in client.get("/points/rules/roadmap.shipped", actor=pm).text
    step(wish.item, "arrived")
    worker.drain()
    assert held(runtime, wish.lin, wish.chen) == [150, 90]


def test_a_taking_back_goes_in_steps_and_is_finished_after_a_crash(runtime, worker, wish, step, monkeypatch):
    step(wish.item, "arrived")
    worker.drain()
    monkeypatch.setattr(service, "CHUNK", 1)
    calls, reverse = iter(range(1)), service.reverse

    def taking(session, key, *, why, most):
        assert most == 1
        next(calls)
        return reverse(session, key, why=why, most=most)

    monkeypatch.setattr(service, "reverse", taking)
    step(wish.item, "studied")
    with pytest.raises(StopIteration):
        service.settle_credit(runtime, item_id=wish.item.id)
    assert sum(held(runtime, wish.lin, wish.chen)) in (90, 150, 240)
    monkeypatch.setattr(service, "reverse", reverse)
    service.settle_credit(runtime, item_id=wish.item.id)
    assert held(runtime, wish.lin, wish.chen) == [0, 0]


def test_a_rule_that_is_off_pays_nothing(runtime, worker, wish, step):
    with runtime.database.write() as session:
        session.add(RuleSetting(name="roadmap.shipped", amount=300, active=False))
    step(wish.item, "arrived")
    worker.drain()
    assert held(runtime, wish.lin, wish.chen) == [0, 0]


def test_the_formula_stands_on_the_page_before_it_ships(client, wish):
    page = client.get(f"/roadmap/{wish.item.id}").text
    assert "50 %" in page
    assert "按 50 : 30 : 20 分" in page
