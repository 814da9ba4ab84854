"""The ledger: exact under many hands, once per key, capped, expiring, and taken back without a trace in the balance."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from cocreate.core.actor import Actor, Role
from cocreate.identity.members.models import Member
from cocreate.identity.members.service import blank_member
from cocreate.points import service
from cocreate.points.models import EntryKind, PointAccount, PointEntry, PointLot, RuleSetting
from cocreate.points.rules import PointsRule

POST = PointsRule("test.post", "A post", 5, day_cap=15, week_cap=30, months=12)
FREE = PointsRule("test.free", "Anything", 7, months=None)
NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)


def balance(session, member_id):
    row = session.get(PointAccount, member_id, populate_existing=True)
    return row.balance if row else 0


def lots(session, member_id):
    """What is left of each award, by its entry."""
    statement = select(PointLot.entry_id, PointLot.remaining).where(PointLot.member_id == member_id)
    return {entry_id: left for entry_id, left in session.exec(statement) if left}


def check_books(session, member_id):
    """The laws that hold after every step."""
    total = session.exec(
        select(sa.func.coalesce(sa.func.sum(PointEntry.amount), 0)).where(PointEntry.member_id == member_id)
    ).one()
    held = balance(session, member_id)
    assert total == held
    assert sum(lots(session, member_id).values()) == max(held, 0)
    last = select(PointEntry.balance).where(PointEntry.member_id == member_id).order_by(col(PointEntry.id).desc())
    assert (session.exec(last.limit(1)).first() or 0) == held
    rows = session.exec(
        select(PointLot.remaining, PointLot.expired, PointEntry.amount)
        .join(PointEntry, col(PointEntry.id) == PointLot.entry_id)
        .where(PointLot.member_id == member_id)
    )
    assert all(left >= 0 and left + gone <= amount for left, gone, amount in rows)


def in_parallel(runtime, work, numbers):
    """Run `work(session, number)` for all numbers at once, each in a transaction of its own."""

    def one(number):
        with runtime.database.write() as session:
            return work(session, number)

    with ThreadPoolExecutor(40) as pool:
        return list(pool.map(one, numbers))


def test_100_events_at_once_are_each_counted_once(runtime, make_member):
    member_id = make_member().id
    given = in_parallel(
        runtime, lambda session, n: service.award(session, member_id, FREE, key=f"e:{n % 50}"), range(100)
    )
    assert sum(given) == 50 * 7
    with runtime.database.write() as session:
        assert balance(session, member_id) == 50 * 7
        check_books(session, member_id)


def test_100_events_at_once_never_pass_the_cap(runtime, make_member):
    member_id = make_member().id
    given = in_parallel(runtime, lambda session, n: service.award(session, member_id, POST, key=f"p:{n}"), range(100))
    assert sum(given) == 15
    with runtime.database.write() as session:
        assert balance(session, member_id) == 15
        assert len(session.exec(select(PointEntry)).all()) == 100
        check_books(session, member_id)


def test_100_payments_at_once_never_overdraw(runtime, make_member):
    member_id = make_member().id
    with runtime.database.write() as session:
        service.grant(session, member_id, 100, key="g", about="", months=None)

    def pay(session, number):
        try:
            service.spend(session, member_id, 7, key=f"s:{number}")
        except service.NotEnough:
            return 0
        return 7

    assert sum(in_parallel(runtime, pay, range(100))) == 98
    with runtime.database.write() as session:
        assert balance(session, member_id) == 2
        check_books(session, member_id)


def test_100_reversals_at_once_take_back_once(runtime, make_member):
    people = [make_member().id for _ in range(4)]
    with runtime.database.write() as session:
        for member_id in people:
            service.award(session, member_id, FREE, key="shared")
    taken = in_parallel(runtime, lambda session, n: service.reverse(session, "shared"), range(100))
    assert sum(taken) == 4 * 7
    with runtime.database.write() as session:
        for member_id in people:
            assert balance(session, member_id) == 0
            check_books(session, member_id)


def test_a_reversal_restores_the_balance_the_lots_and_the_room_below_the_cap(session, make_member):
    member_id = make_member().id
    service.award(session, member_id, FREE, key="before")
    before = balance(session, member_id), lots(session, member_id)
    assert service.award(session, member_id, POST, key="p") == 5
    assert service.reverse(session, "p") == 5
    assert (balance(session, member_id), lots(session, member_id)) == before
    assert [service.award(session, member_id, POST, key=f"p{n}") for n in range(4)] == [5, 5, 5, 0]
    assert service.reverse(session, "p") == 0
    assert service.award(session, member_id, POST, key="p") == 0
    check_books(session, member_id)


def test_what_was_spent_and_is_taken_back_is_owed_openly_and_paid_by_the_next_award(session, make_member):
    member_id = make_member().id
    service.award(session, member_id, FREE, key="a")
    service.spend(session, member_id, 6, key="s")
    service.reverse(session, "a")
    assert balance(session, member_id) == -6
    service.award(session, member_id, FREE, key="b")
    assert balance(session, member_id) == 1
    assert sum(lots(session, member_id).values()) == 1
    check_books(session, member_id)


def test_caps_look_back_a_day_and_a_week(session, make_member, time_machine):
    member_id = make_member().id
    time_machine.move_to(NOON, tick=False)
    assert [service.award(session, member_id, POST, key=f"a{n}") for n in range(4)] == [5, 5, 5, 0]
    time_machine.move_to(NOON + timedelta(hours=23), tick=False)
    assert service.award(session, member_id, POST, key="b") == 0
    time_machine.move_to(NOON + timedelta(hours=24), tick=False)
    assert [service.award(session, member_id, POST, key=f"c{n}") for n in range(4)] == [5, 5, 5, 0]
    time_machine.move_to(NOON + timedelta(days=3), tick=False)
    assert service.award(session, member_id, POST, key="d") == 0  # the week's 30 are reached
    time_machine.move_to(NOON + timedelta(days=7), tick=False)
    assert service.award(session, member_id, POST, key="e") == 5


def test_a_cap_cuts_the_last_award_and_the_entry_says_so(session, make_member):
    member_id = make_member().id
    rule = PointsRule("test.cut", "Cut", 4, day_cap=6)
    assert [service.award(session, member_id, rule, key=f"k{n}") for n in range(3)] == [4, 2, 0]
    rows = session.exec(select(PointEntry.amount, PointEntry.wanted).order_by(col(PointEntry.id))).all()
    assert [tuple(row) for row in rows] == [(4, 4), (2, 4), (0, 4)]
    assert service.award(session, member_id, rule, key="k2") == 0
    check_books(session, member_id)


def test_what_expires_for_many_on_one_day_goes_in_steps(runtime, make_member, time_machine, monkeypatch):
    time_machine.move_to(NOON, tick=False)
    people = [make_member().id for _ in range(5)]
    with runtime.database.write() as session:
        for member_id in people:
            service.award(session, member_id, PointsRule("t.year", "Year", 10, months=12), key="k")
    time_machine.move_to(NOON + timedelta(days=366), tick=False)
    steps, expire = [], service.expire
    monkeypatch.setattr(service, "EXPIRE_CHUNK", 2)
    monkeypatch.setattr(service, "expire", lambda *args, **words: steps.append(expire(*args, **words)) or steps[-1])
    job = runtime.jobs["points.expire"]
    assert job.own_sessions
    job.run(runtime)
    assert steps == [2, 2, 1]
    with runtime.database.write() as session:
        assert [balance(session, member_id) for member_id in people] == [0] * 5


def test_whoever_left_owes_nothing_when_something_is_taken_back_later(runtime, worker, make_member):
    member = make_member()
    with runtime.database.write() as session:
        service.award(session, member.id, FREE, key="k")
    with runtime.database.write() as session:
        blank_member(session, session.get_one(Member, member.id), by=Actor())
    worker.drain()
    with runtime.database.write() as session:
        service.reverse(session, "k")
        assert balance(session, member.id) == 0
        check_books(session, member.id)


def test_points_expire_oldest_first_and_only_what_is_left(session, make_member, time_machine):
    member_id = make_member().id
    time_machine.move_to(NOON, tick=False)
    service.award(session, member_id, PointsRule("t.year", "Year", 10, months=12), key="old")
    service.award(session, member_id, PointsRule("t.two", "Two", 10, months=24), key="new")
    service.spend(session, member_id, 4, key="s")
    time_machine.move_to(datetime(2027, 6, 1, 3, 59, tzinfo=UTC), tick=False)
    service.expire(session)
    assert balance(session, member_id) == 16
    time_machine.move_to(datetime(2027, 6, 1, 4, tzinfo=UTC), tick=False)
    service.expire(session)
    service.expire(session)
    assert balance(session, member_id) == 10
    kinds = session.exec(select(PointEntry.kind, PointEntry.amount).order_by(col(PointEntry.id))).all()
    assert tuple(kinds[-1]) == (EntryKind.EXPIRED, -6)
    service.reverse(session, "old")  # six are gone already: four, which were spent, are taken back
    assert balance(session, member_id) == 6
    check_books(session, member_id)


@pytest.mark.parametrize(
    ("moment", "months", "then"),
    [
        (datetime(2026, 1, 31, tzinfo=UTC), 1, datetime(2026, 2, 28, tzinfo=UTC)),
        (datetime(2027, 12, 31, tzinfo=UTC), 2, datetime(2028, 2, 29, tzinfo=UTC)),
        (datetime(2026, 11, 15, tzinfo=UTC), 24, datetime(2028, 11, 15, tzinfo=UTC)),
        (datetime(2026, 12, 1, tzinfo=UTC), 1, datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_months_end_on_the_same_day_or_the_last(moment, months, then):
    assert service.months_later(moment, months) == then


def test_a_cancelled_payment_is_back_where_it_came_from(session, make_member, time_machine):
    member_id = make_member().id
    time_machine.move_to(NOON, tick=False)
    for months in (12, 24):
        service.award(session, member_id, PointsRule(f"t.{months}", "x", 10, months=months), key=f"k{months}")
    before = balance(session, member_id), lots(session, member_id)
    service.spend(session, member_id, 14, key="s")
    assert sorted(lots(session, member_id).values()) == [6]
    assert service.give_back(session, "s") == 14
    assert service.give_back(session, "s") == 0
    assert (balance(session, member_id), lots(session, member_id)) == before
    check_books(session, member_id)


def test_staff_suspended_members_and_those_who_left_earn_nothing(session, make_member):
    staff, away = make_member("员工", Role.AGENT), make_member(suspended=True)
    gone, owner = make_member(), make_member()
    session.get(Member, gone.id).deleted_at = NOON
    session.flush()
    assert service.earners(session, [staff.id, away.id, gone.id, owner.id]) == {owner.id}
    assert service.award(session, staff.id, FREE, key="k") == 0
    assert service.award(session, gone.id, FREE, key="k") == 0


def test_a_rule_stands_as_staff_have_set_it(session, make_member):
    member_id = make_member().id
    session.add(RuleSetting(name=FREE.name, amount=3))
    session.flush()
    assert service.award(session, member_id, FREE, key="a") == 3
    session.get(RuleSetting, FREE.name).active = False
    session.flush()
    assert service.award(session, member_id, FREE, key="b") == 0
    assert balance(session, member_id) == 3


def test_what_comes_and_goes_is_awarded_while_it_is_deserved(session, make_member):
    member_id = make_member().id
    seen = []
    for deserved in (True, True, False, False, True, False, True):
        service.settle(session, member_id, FREE, key="post:1", deserved=deserved)
        seen.append(balance(session, member_id))
    assert seen == [7, 7, 0, 0, 7, 0, 7]
    service.settle(session, member_id, FREE, key="post:11", deserved=False)
    assert balance(session, member_id) == 7
    check_books(session, member_id)


def test_whoever_leaves_has_no_points(session, make_member):
    member_id = make_member().id
    service.award(session, member_id, FREE, key="a")
    service.close_account(session, member_id)
    service.close_account(session, member_id)
    assert balance(session, member_id) == 0
    check_books(session, member_id)


def test_the_ledger_refuses_to_be_changed(runtime, make_member):
    member_id = make_member().id
    with runtime.database.write() as session:
        service.award(session, member_id, FREE, key="a")
    for statement in (sa.update(PointEntry).values(amount=700), sa.delete(PointEntry)):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), runtime.database.write() as session:
            session.connection().execute(statement)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["award", "award", "capped", "spend", "reverse", "back", "expire", "wait"]),
        st.integers(0, 7), st.integers(1, 30),
    ),
    min_size=4, max_size=25,
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_happens_the_books_are_balanced(runtime, make_member, time_machine, steps):
    member_id = make_member().id
    moment = NOON
    time_machine.move_to(moment, tick=False)
    with runtime.database.write() as session:
        for number, (kind, which, amount) in enumerate(steps):
            if kind == "award":
                rule = PointsRule("t.any", "x", amount, months=which or None)
                service.award(session, member_id, rule, key=f"a{which}:{number % 4}")
            elif kind == "capped":
                service.award(session, member_id, POST, key=f"c{number}")
            elif kind == "spend":
                try:
                    service.spend(session, member_id, amount, key=f"s{which}:{number}")
                except service.NotEnough:
                    assert balance(session, member_id) < amount
            elif kind == "reverse":
                service.reverse(session, f"a{which}:{amount % 4}")
            elif kind == "back":
                for paid in range(number):
                    service.give_back(session, f"s{which}:{paid}")
            elif kind == "wait":
                moment += timedelta(days=amount)
                time_machine.move_to(moment, tick=False)
            else:
                service.expire(session)
            check_books(session, member_id)
