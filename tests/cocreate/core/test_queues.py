"""The worker over each real queue: in memory, PostgreSQL and Redis; an effect arrives soon after its commit."""

import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from cocreate.core import outbox
from cocreate.core.config import Settings
from cocreate.core.events import Event
from cocreate.core.jobs import Worker, make_queue
from cocreate.core.module import Module
from cocreate.core.runtime import Runtime


@dataclass(frozen=True)
class BellRang(Event):
    times: int


def _assembled(runtime: Runtime, heard: list[int], rang: threading.Event, **settings: str) -> Runtime:
    def hear(_session: object, event: BellRang) -> None:
        heard.append(event.times)
        rang.set()

    module = Module(name="bell", listeners={BellRang: [hear]})
    chosen = Settings(_env_file=None, home=Path("unused"), database_url=runtime.database.url, **settings)  # type: ignore[call-arg]
    made = Runtime(chosen, (module,))
    made.__dict__["database"] = runtime.database
    return made


@pytest.mark.parametrize("queue", ["own", "redis"])
def test_an_effect_arrives_soon_after_its_commit_and_once(runtime, queue, request):
    heard: list[int] = []
    rang = threading.Event()
    extra = {"redis_url": f"unix://{request.getfixturevalue('redis_socket')}"} if queue == "redis" else {}
    assembled = _assembled(runtime, heard, rang, **extra)
    worker = Worker(assembled, sole=True)
    expected = {"redis": "RedisHuey", "own": "MemoryHuey" if runtime.database.is_sqlite else "PostgresHuey"}
    assert type(worker.queue).__name__ == expected[queue]
    worker.start()
    try:
        with runtime.database.write() as session:
            outbox.publish(session, BellRang(7))
        assert rang.wait(10), "the listener was not called"
    finally:
        worker.stop()
    assert heard == [7]
    with runtime.database.read() as session:
        assert outbox.backlog(session) == {"waiting": 0, "parked": 0}


def test_a_queue_that_is_away_delays_an_effect_and_loses_none(runtime):
    heard: list[int] = []
    assembled = _assembled(runtime, heard, threading.Event(), redis_url="redis://127.0.0.1:1")
    worker = Worker(assembled, sole=False, queue=make_queue(assembled))
    with runtime.database.write() as session:
        outbox.publish(session, BellRang(1))
    assert heard == []
    assert worker.drain() == 2
    assert heard == [1]
    worker.stop()


def test_what_a_command_wrote_in_another_process_is_found_by_the_sweep(runtime, monkeypatch):
    monkeypatch.setattr("cocreate.core.jobs.SWEEP_SECONDS", 0.05)
    heard: list[int] = []
    rang = threading.Event()
    assembled = _assembled(runtime, heard, rang)
    worker = Worker(assembled, sole=True)
    worker.start()
    try:
        runtime.database.after_commit.remove(worker.poke)
        with runtime.database.write() as session:
            outbox.publish(session, BellRang(3))
        assert rang.wait(10), "nobody swept"
    finally:
        worker.stop()
