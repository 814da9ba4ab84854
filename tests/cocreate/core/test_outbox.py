"""Effects after the commit: handed out once each, tried again with growing pauses, never lost."""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlmodel import select

from cocreate.core import clock, jobs, outbox
from cocreate.core.events import Event
from cocreate.core.module import Job, Module, Timer
from cocreate.core.outbox import OutboxEntry


@dataclass(frozen=True)
class BellRang(Event):
    times: int


class Notes(list):
    """What listeners heard."""

    def first(self, session, event):
        self.append(("first", event.times))

    def second(self, session, event):
        self.append(("second", event.times))


NOTES = Notes()


def hear_first(session, event):
    NOTES.first(session, event)


def hear_second(session, event):
    NOTES.second(session, event)


def fail(session, event):
    NOTES.append(("failed", event.times))
    raise ValueError("no")


@pytest.fixture(autouse=True)
def empty_notes():
    NOTES.clear()


def rows(runtime):
    with runtime.database.read() as session:
        return session.exec(select(OutboxEntry).order_by(OutboxEntry.id)).all()


def ring(runtime, times=1):
    with runtime.database.write() as session:
        outbox.publish(session, BellRang(times))


def test_every_listener_hears_an_event_once(runtime, make_worker):
    worker = make_worker(Module("test", listeners={BellRang: [hear_first, hear_second]}))
    ring(runtime, 3)
    worker.drain()
    worker.drain()
    assert sorted(NOTES) == [("first", 3), ("second", 3)]


def test_an_event_of_a_rolled_back_transaction_is_never_heard(runtime, make_worker):
    worker = make_worker(Module("test", listeners={BellRang: [hear_first]}))

    def stumble():
        with runtime.database.write() as session:
            outbox.publish(session, BellRang(1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stumble()
    worker.drain()
    assert NOTES == []
    assert rows(runtime) == []


def test_a_failing_listener_does_not_silence_the_other(runtime, make_worker):
    worker = make_worker(Module("test", listeners={BellRang: [fail, hear_first]}))
    ring(runtime)
    worker.drain()
    assert ("first", 1) in NOTES
    waiting = [row for row in rows(runtime) if row.finished_at is None]
    assert [row.last_error for row in waiting] == ["ValueError: no"]


def test_the_effect_of_a_failing_listener_is_rolled_back(runtime, make_worker, make_member):
    member = make_member("vorher")

    def half(session, event):
        from cocreate.identity.members.models import Member

        session.get(Member, member.id).name = "halb"
        session.flush()
        raise ValueError

    worker = make_worker(Module("test", listeners={BellRang: [half]}))
    ring(runtime)
    worker.drain()
    with runtime.database.read() as session:
        assert session.get(type(member), member.id).name == "vorher"


def test_the_pauses_grow_until_the_entry_is_parked(runtime, make_worker):
    worker = make_worker(Module("test", listeners={BellRang: [fail]}))
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    pauses = []
    with time_machine.travel(start, tick=False) as traveller:
        ring(runtime)
        worker.drain()
        while (row := rows(runtime)[-1]).parked_at is None:
            pauses.append((row.run_after - clock.now()).total_seconds())
            traveller.move_to(row.run_after - timedelta(seconds=1))
            assert worker.drain() == 0  # not before its time
            traveller.move_to(row.run_after)
            worker.drain()
        traveller.shift(timedelta(days=2))
        assert worker.drain() == 0
    assert pauses == [2, 4, 8, 16, 32, 64, 128]
    assert len(NOTES) == outbox.MAX_ATTEMPTS
    with runtime.database.read() as session:
        assert outbox.backlog(session) == {"waiting": 0, "parked": 1}


def test_a_leased_entry_belongs_to_one_worker_until_the_lease_ends(runtime):
    with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC), tick=False) as traveller:
        ring(runtime)
        with runtime.database.write() as session:
            taken = outbox.claim(session, outbox.FAST)
        with runtime.database.write() as session:
            assert outbox.claim(session, outbox.FAST) is None
        traveller.shift(outbox.LEASE + timedelta(seconds=1))
        with runtime.database.write() as session:
            again = outbox.claim(session, outbox.FAST)
    assert (again.id, again.attempts) == (taken.id, 2)


def test_what_was_committed_before_the_process_died_is_done_by_the_next(runtime, make_worker):
    ring(runtime)  # committed, and nobody was there to drain
    with runtime.database.write() as session:
        assert outbox.claim(session, outbox.FAST) is not None  # taken by a worker that died at once
    heard = threading.Event()

    def hear(session, event):
        NOTES.append(event.times)
        heard.set()

    worker = make_worker(Module("test", listeners={BellRang: [hear]}))
    worker.start()
    assert heard.wait(10)
    worker.stop()
    assert NOTES == [1]


def test_a_commit_wakes_the_worker_at_once(runtime, make_worker, monkeypatch):
    monkeypatch.setattr(jobs, "SWEEP_SECONDS", 60)
    heard = threading.Event()

    def hear(session, event):
        heard.set()

    worker = make_worker(Module("test", listeners={BellRang: [hear]}))
    worker.start()
    ring(runtime)
    assert heard.wait(10)
    time.sleep(1)  # whatever the start had asked for is over
    heard.clear()
    ring(runtime)
    assert heard.wait(5)
    worker.stop()


def note_job(session, *, text):
    NOTES.append(text)


def test_a_key_queues_a_job_once_for_ever(runtime, make_worker):
    worker = make_worker(Module("test", jobs=[Job("test.note", note_job)]))
    for _ in range(2):
        with runtime.database.write() as session:
            outbox.enqueue(session, "test.note", key="monday", text="hello")
        worker.drain()
    assert NOTES == ["hello"]


def test_a_job_waits_for_its_time(runtime, make_worker):
    worker = make_worker(Module("test", jobs=[Job("test.note", note_job)]))
    with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC), tick=False) as traveller:
        with runtime.database.write() as session:
            outbox.enqueue(session, "test.note", run_after=clock.now() + timedelta(minutes=5), text="later")
        assert worker.drain() == 0
        traveller.shift(timedelta(minutes=5))
        worker.drain()
    assert NOTES == ["later"]


def test_a_long_job_commits_in_steps(runtime, make_worker):
    def steps(own, *, number):
        for _ in range(number):
            with own.database.write() as session:
                outbox.publish(session, BellRang(1))
        raise ValueError("killed after the steps")

    worker = make_worker(Module("test", jobs=[Job("test.steps", steps, own_sessions=True, slow=True)]))
    with runtime.database.write() as session:
        outbox.enqueue(session, "test.steps", lane=outbox.SLOW, number=2)
    worker.drain()
    kinds = [(row.kind, row.finished_at is None) for row in rows(runtime)]
    assert kinds == [("job", True), ("event", False), ("event", False)]


def test_timers_run_at_their_hour_in_the_configured_zone_and_once(runtime, make_worker):
    module = Module(
        "test",
        jobs=[
            Job("test.daily", lambda session: NOTES.append("daily")),
            Job("test.often", lambda session: NOTES.append("often")),
        ],
        timers=[Timer("test.daily", hour="nightly_hour"), Timer("test.often", every_minutes=15)],
    )  # fmt: skip
    worker = make_worker(module)
    with time_machine.travel(datetime(2026, 3, 1, 18, 59, tzinfo=UTC), tick=False) as traveller:
        for _ in range(3):  # 02:59, 03:00, 03:01 in Shanghai
            worker._every_minute()
            worker._every_minute()  # two schedulers, or one that was restarted within the minute
            worker.drain()
            traveller.shift(timedelta(minutes=1))
    assert sorted(NOTES) == ["daily", "often"]


def test_done_entries_are_forgotten_after_two_weeks_but_keys_are_kept(runtime, make_worker):
    worker = make_worker(Module("test", jobs=[Job("test.note", note_job)]))
    with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC), tick=False) as traveller:
        with runtime.database.write() as session:
            outbox.enqueue(session, "test.note", text="a")
            outbox.enqueue(session, "test.note", key="kept", text="b")
        worker.drain()
        traveller.shift(timedelta(days=15))
        with runtime.database.write() as session:
            outbox.prune(session)
    assert [row.key for row in rows(runtime)] == ["kept"]


def test_the_sweep_finds_what_another_process_wrote(runtime, make_worker, monkeypatch):
    monkeypatch.setattr(jobs, "SWEEP_SECONDS", 0.2)
    heard = threading.Event()

    def hear(session, event):
        heard.set()

    worker = make_worker(Module("test", listeners={BellRang: [hear]}))
    worker.start()
    time.sleep(1)
    runtime.database.after_commit.clear()  # a command beside the server pokes nobody here
    ring(runtime)
    assert heard.wait(10)
    worker.stop()
