"""Every step of the ladder at its frozen moment: warned, due, leadership; each once, none after an answer."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from cocreate.clocks import service
from cocreate.clocks.ladder import climb, rewind
from cocreate.clocks.models import CalendarDay, QueueTime, ResponseClock
from cocreate.core import clock
from cocreate.identity.departments.models import Department
from cocreate.identity.members.models import MemberRole
from cocreate.notify.deliveries.models import Channel, Delivery, State
from cocreate.notify.robots.models import Robot, Vendor

QUEUE = "test.answer"
pytestmark = pytest.mark.usefixtures("queue")


@pytest.fixture
def start(runtime):
    """`start(1, department_id=…)`: somebody waits from now on."""

    def begin(subject_id=1, **values):
        with runtime.database.write() as session:
            return service.start(session, QUEUE, subject_id, title="一封信", url="/letters/1", **values)

    return begin


def stop(runtime, subject_id=1, **values):
    with runtime.database.write() as session:
        return service.stop(session, QUEUE, subject_id, **values)


def state(runtime, subject_id=1):
    with runtime.database.read() as session:
        return service.read(session, QUEUE, [subject_id])[subject_id].state


def test_the_whole_ladder_minute_by_minute(runtime, clock_at, tick, start, people, told, steps):
    clock_at("2026-03-10 10:00")  # a Tuesday
    row = start(department_id=people["department"], member_id=people["agent"])
    assert row.due_at == clock_at("2026-03-11 10:00")
    tick("2026-03-10 16:59")
    assert told() == []
    assert state(runtime) == "running"

    tick("2026-03-10 17:00")  # two working hours before it is due
    assert told() == [(people["agent"], "clocks.warned")]
    assert state(runtime) == "warned"
    tick("2026-03-11 09:59")
    assert len(told()) == 1

    tick("2026-03-11 10:00")
    assert told()[1:] == [(people["head"], "clocks.due")]
    assert state(runtime) == "escalated"
    tick("2026-03-12 09:59")
    assert len(told()) == 2

    tick("2026-03-12 10:00")  # one period of nine working hours later
    assert told()[2:] == [(people["lead"], "clocks.leadership")]
    for later in ("2026-03-12 10:05", "2026-03-20 10:00", "2026-06-20 10:00"):
        tick(later)
    assert len(told()) == 3
    assert steps() == [(1, "03-10 17:00"), (2, "03-11 10:00"), (3, "03-12 10:00")]


def test_weekends_and_holidays_stop_the_ladder(runtime, clock_at, tick, start, people, told, steps):
    clock_at("2026-02-14 12:00")  # a Saturday at work, the last day before the Spring Festival
    row = start(department_id=people["department"])
    assert row.due_at == clock_at("2026-02-24 12:00")
    for resting in ("2026-02-14 18:05", "2026-02-17 12:00", "2026-02-23 18:00", "2026-02-24 09:59"):
        tick(resting)
        assert told() == []
    tick("2026-02-24 10:00")
    tick("2026-02-24 12:00")
    tick("2026-02-25 11:59")
    tick("2026-02-25 12:00")
    assert [step for step, _ in steps()] == [1, 2, 3]
    assert [notice for _, notice in told()] == ["clocks.warned"] * 2 + ["clocks.due", "clocks.leadership"]


@pytest.mark.parametrize(
    ("answered_at", "notices", "ended"),
    [
        ("2026-03-10 16:00", [], "met"),
        ("2026-03-10 17:30", ["clocks.warned"], "met"),
        ("2026-03-11 10:30", ["clocks.warned", "clocks.due"], "late"),
    ],
)
def test_the_first_human_answer_ends_it_at_every_step(
    runtime, clock_at, tick, start, people, told, answered_at, notices, ended
):
    clock_at("2026-03-10 10:00")
    start(department_id=people["department"], member_id=people["agent"])
    for moment in ("2026-03-10 17:00", "2026-03-11 10:00"):
        if moment < answered_at:
            tick(moment)
    clock_at(answered_at)
    assert stop(runtime, by=people["agent"])
    assert not stop(runtime, by=people["agent"])
    for moment in ("2026-03-12 10:00", "2026-03-13 10:00", "2026-03-30 10:00"):
        tick(moment)
    assert [notice for _, notice in told()] == notices
    assert state(runtime) == ended


def test_after_a_standstill_a_clock_takes_one_step_a_period(runtime, clock_at, tick, start, people, told, steps):
    clock_at("2026-03-10 10:00")
    start(department_id=people["department"], member_id=people["agent"])
    tick("2026-03-20 15:00")  # no worker ran for ten days; a warning would come after the time
    assert told() == [(people["head"], "clocks.due")]
    tick("2026-03-20 15:05")
    tick("2026-03-23 14:59")
    assert len(told()) == 1
    tick("2026-03-23 15:00")  # nine working hours after the head was told, not ten days before
    assert told()[1:] == [(people["lead"], "clocks.leadership")]
    assert steps() == [(1, "03-20 15:00"), (2, "03-20 15:00"), (3, "03-23 15:00")]


def test_a_round_that_is_run_again_tells_nobody_again(runtime, clock_at, tick, start, people, told):
    clock_at("2026-03-10 10:00")
    for subject_id in (1, 2):
        start(subject_id, department_id=people["department"], member_id=people["agent"])
    for _ in range(3):
        tick("2026-03-10 17:00")
    assert told() == [(people["agent"], "clocks.warned")] * 2


def test_many_that_take_a_step_at_once_are_told_of_once(runtime, clock_at, tick, start, people, told, steps):
    clock_at("2026-03-10 10:00")
    for subject_id in range(1, 31):
        start(subject_id, department_id=people["department"], member_id=people["agent"])
    tick("2026-03-10 17:00")
    tick("2026-03-10 17:05")
    assert told() == [(people["agent"], "clocks.warned_many")]
    assert steps() == [(1, "03-10 17:00")] * 30


def test_workers_that_race_take_each_step_once(runtime, clock_at, start, people, told, steps):
    clock_at("2026-03-10 10:00")
    for subject_id in (1, 2, 3):
        start(subject_id, department_id=people["department"], member_id=people["agent"])
    clock_at("2026-03-10 17:00")
    threads = [threading.Thread(target=climb, args=(runtime,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert steps() == [(1, "03-10 17:00")] * 3
    assert told() == [(people["agent"], "clocks.warned")] * 3


def test_where_nobody_is_named_the_queues_crew_is_warned_and_the_leadership_told(
    runtime, clock_at, tick, start, people, told, crew
):
    crew.append(people["agent"])
    clock_at("2026-03-10 10:00")
    start()
    tick("2026-03-10 17:00")
    tick("2026-03-11 10:00")
    tick("2026-03-12 10:00")
    assert told() == [
        (people["agent"], "clocks.warned"),
        (people["lead"], "clocks.due"),
        (people["lead"], "clocks.leadership"),
    ]


def test_an_assignee_who_was_shut_out_is_replaced_by_the_department(
    runtime, clock_at, tick, start, people, told, make_member
):
    gone = make_member("走了", suspended=True)
    clock_at("2026-03-10 10:00")
    start(department_id=people["department"], member_id=gone.id)
    tick("2026-03-10 17:00")
    assert set(told()) == {(people["agent"], "clocks.warned"), (people["head"], "clocks.warned")}


def test_a_time_shorter_than_the_warnings_lead_is_not_warned_of(runtime, clock_at, tick, start, people, told):
    clock_at("2026-03-10 10:00")
    start(department_id=people["department"], hours=1)
    tick("2026-03-10 10:30")
    assert told() == []
    tick("2026-03-10 11:00")
    assert told() == [(people["head"], "clocks.due")]


def test_starting_again_while_it_runs_changes_nothing_and_after_a_stop_is_another_wait(runtime, clock_at, start):
    began = clock_at("2026-03-10 10:00")
    first = start()
    clock_at("2026-03-10 12:00")
    again = start()
    assert (again.id, again.started_at) == (first.id, began)
    stop(runtime)
    later = start()
    assert (later.occurrence, later.started_at) == (2, clock_at("2026-03-10 12:00"))
    assert state(runtime) == "running"


def test_news_that_come_late_stop_the_clock_when_it_was_answered(runtime, clock_at, start):
    clock_at("2026-03-10 10:00")
    start()
    answered = clock_at("2026-03-11 09:30")
    clock_at("2026-03-11 15:00")
    stop(runtime, at=answered)
    assert state(runtime) == "met"


def test_what_went_away_is_neither_met_nor_late(runtime, clock_at, start):
    clock_at("2026-03-10 10:00")
    start()
    stop(runtime, answered=False)
    assert state(runtime) == "gone"


def test_a_part_of_a_queue_has_its_own_times_and_department(runtime, clock_at, start, people):
    with runtime.database.write() as session:
        session.add(QueueTime(queue=QUEUE, scope_id=0, hours=18, warn_hours=2, period_hours=9))
        session.add(
            QueueTime(
                queue=QUEUE, scope_id=7, hours=4, warn_hours=1, period_hours=9, department_id=people["department"]
            )
        )
    now = clock_at("2026-03-10 10:00")
    assert start(1).due_at == now + timedelta(days=2)
    cockpit = start(2, scope_id=7)
    assert (cockpit.due_at, cockpit.department_id) == (now + timedelta(hours=4), people["department"])


def test_a_holiday_entered_later_moves_what_is_not_due_yet(runtime, clock_at, tick, start, people, told):
    clock_at("2026-03-10 10:00")
    start(1, department_id=people["department"], member_id=people["agent"])
    late = start(2, hours=1)
    tick("2026-03-10 15:00")
    with runtime.database.write() as session:
        session.add(CalendarDay(day=clock.now().date() + timedelta(days=1), works=False, name="厂休"))
    rewind(runtime)
    rewind(runtime)
    with runtime.database.read() as session:
        rows = session.exec(select(ResponseClock).order_by(col(ResponseClock.subject_id))).all()
    assert rows[0].due_at == clock_at("2026-03-12 10:00")
    assert rows[1].due_at == late.due_at
    tick("2026-03-11 10:00")
    assert "clocks.due" not in [notice for member, notice in told() if member == people["head"]]
    tick("2026-03-12 10:00")
    assert (people["head"], "clocks.due") in told()


def test_who_is_no_longer_of_the_brand_hears_nothing(runtime, clock_at, start, tick, people, told):
    clock_at("2026-03-10 10:00")
    with runtime.database.write() as session:
        session.get_one(Department, people["department"]).leadership = True
        session.execute(sa.delete(MemberRole).where(MemberRole.member_id.in_([people["agent"], people["head"]])))
    start(1, member_id=people["agent"], department_id=people["department"])
    tick("2026-03-10 17:30")
    tick("2026-03-11 10:00")
    tick("2026-03-12 10:00")
    assert told() == [
        (people["lead"], "clocks.warned"), (people["lead"], "clocks.due"), (people["lead"], "clocks.leadership")
    ]  # fmt: skip


def test_every_step_reaches_the_robot_that_hears_of_it(runtime, tick, start, people, clock_at):
    with runtime.database.write() as session:
        sealed = {"vendor": Vendor.WECOM, "host": "robots.example", "sealed_url": "x", "sealed_secret": ""}
        own = Robot(name="座舱群", department_id=people["department"], **sealed)
        house = Robot(name="管理群", **sealed)
        session.add_all([own, house])
    clock_at("2026-03-10 10:00")
    start(department_id=people["department"], member_id=people["agent"])
    for moment in ("2026-03-10 17:00", "2026-03-11 10:00", "2026-03-12 10:00", "2026-03-12 10:05"):
        tick(moment)
    with runtime.database.read() as session:
        said = session.exec(select(Delivery).where(Delivery.channel == Channel.ROBOT).order_by(col(Delivery.id))).all()
    assert [(row.robot_id, row.notice, row.state) for row in said] == [
        (own.id, "clocks.warned", State.PLANNED), (own.id, "clocks.due", State.PLANNED),
        (house.id, "clocks.leadership", State.PLANNED),
    ]  # fmt: skip
    assert {(row.params["what"], row.url) for row in said} == {("一封信", "/letters/1")}
