"""The server dies, loses its disk, refuses our key: readers notice nothing, and nothing is lost."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from cocreate.core.db import Database
from cocreate.core.runtime import Runtime
from search.api import Scope, SearchQuery
from search.meili import bench, breaker, pump, remote, state
from search.meili.breaker import Breaker
from search.meili.server import ASK_SECONDS, Server
from tests.search.meili.conftest import Pumping
from tests.search.meili.fake import KEY, FakeMeilisearch

Index = Callable[..., int]


@pytest.mark.meilisearch
@pytest.mark.slow
def test_killed_wiped_and_locked_out(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pump, "LISTEN_SECONDS", 0.3)  # the clock runs faster: 60 s of outage are 5
    monkeypatch.setattr(breaker, "OPEN_SECONDS", 1.0)
    found = bench.outage(runtime, seconds=5.0, writes=60, searches=60, posts=200)
    assert (found["lost_writes"], found["failed_searches"], found["drift"]) == (0, 0, 0)
    assert found["degraded_searches"] > 30
    assert found["wrong_key"]["halted"] == "key"
    assert found["wrong_key"]["collected"] >= 6
    told = found["diary"]
    for story in (["away", "back", "checked"], ["rebuild_began", "rebuilt"], ["halted_key", "back"]):
        assert all(line in told for line in story)
    assert told.index("away") < told.index("halted_key")


def reader_over(runtime: Runtime, server: Server) -> remote.Reader:
    reader = remote.Reader(server)
    runtime.memory[remote.MEMORY] = reader
    return reader


def ask(runtime: Runtime, text: str = "座椅") -> Any:
    with runtime.database.read() as session:
        return remote.search(session, runtime, SearchQuery(text, Scope(staff=False)))


@pytest.fixture
def served(runtime: Runtime, fake: FakeMeilisearch, index_doc: Index, monkeypatch: pytest.MonkeyPatch) -> Pumping:
    monkeypatch.setattr(remote, "LOOKED_SECONDS", 0.0)
    index_doc("座椅加热")
    running = Pumping(runtime.database, Server(fake.url, KEY, "x"))
    running.settle()
    return running


def test_the_server_answers_while_it_is_fit_and_the_database_otherwise(
    runtime: Runtime, served: Pumping, fake: FakeMeilisearch
) -> None:
    reader_over(runtime, served.server)
    page = ask(runtime)
    assert (page.engine, page.degraded, len(page.hits)) == ("meilisearch", False, 1)
    fake.status = 500
    page = ask(runtime)
    assert page.engine != "meilisearch"
    assert (page.degraded, len(page.hits)) == (True, 1)
    fake.status = None
    assert ask(runtime).engine == "meilisearch"


def test_no_server_configured_is_no_degradation(runtime: Runtime, index_doc: Index) -> None:
    index_doc("座椅加热")
    page = ask(runtime)
    assert (page.degraded, len(page.hits)) == (False, 1)


def test_an_index_that_is_not_complete_is_not_asked(runtime: Runtime, served: Pumping, fake: FakeMeilisearch) -> None:
    reader_over(runtime, served.server)
    with served.database.write() as session:
        state.change(session, ready_at=None)
    before = len(fake.asked)
    assert ask(runtime).degraded
    assert len(fake.asked) == before


def test_a_server_that_lacks_old_changes_is_not_asked(
    runtime: Runtime, served: Pumping, fake: FakeMeilisearch, index_doc: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader_over(runtime, served.server)
    number = index_doc("座椅通风")
    assert ask(runtime, "座椅通风").engine == "meilisearch"  # a moment behind is what a server is
    monkeypatch.setattr(remote, "LATE", remote.LATE * 0)
    time.sleep(0.01)
    page = ask(runtime, "座椅通风")
    assert page.degraded
    assert [hit.id for hit in page.hits][:1] == [number]


def test_after_three_failures_nobody_waits_and_one_tries_again_later(
    runtime: Runtime, served: Pumping, fake: FakeMeilisearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader_over(runtime, served.server)
    fake.status = 503
    before = len(fake.asked)
    for _ in range(10):
        assert ask(runtime).degraded
    assert len(fake.asked) - before == breaker.FAILURES
    fake.status = None
    assert ask(runtime).degraded  # still open
    monkeypatch.setattr(time, "monotonic", lambda real=time.monotonic: real() + breaker.OPEN_SECONDS + 1)
    assert not ask(runtime).degraded


def test_of_many_readers_one_alone_tries_after_the_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Breaker()
    for _ in range(breaker.FAILURES):
        assert made.may_ask()
        made.failed()
    assert made.open
    assert not made.may_ask()
    monkeypatch.setattr(time, "monotonic", lambda real=time.monotonic: real() + breaker.OPEN_SECONDS + 1)
    assert [made.may_ask() for _ in range(5)] == [True, False, False, False, False]
    made.worked()
    assert all(made.may_ask() for _ in range(5))


def test_a_host_that_swallows_everything_costs_a_reader_less_than_half_a_second(database: Database) -> None:
    import socket

    assert sum(ASK_SECONDS) <= 0.4
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        server = Server(f"http://127.0.0.1:{deaf.getsockname()[1]}", KEY, "x")
        started = time.perf_counter()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("search.meili.server.ASK_SECONDS", ASK_SECONDS)
            assert not server.healthy()
        assert time.perf_counter() - started < 1.5  # 0.3 s and what a busy machine adds


def test_the_pump_of_a_process_begins_and_ends_with_it(
    runtime: Runtime, fake: FakeMeilisearch, index_doc: Index, expected: Callable[[], dict[str, str]]
) -> None:
    index_doc("座椅加热")
    server = Server(fake.url, KEY, "x")
    reader_over(runtime, server)
    over = threading.Event()
    thread = threading.Thread(target=pump.run, args=(runtime, over))
    thread.start()
    try:
        until = time.monotonic() + 20
        while time.monotonic() < until and ("x" not in fake.indexes or fake.documents("x").keys() != expected().keys()):
            time.sleep(0.05)
        assert fake.documents("x").keys() == expected().keys()
    finally:
        over.set()
        thread.join(timeout=20)
    assert not thread.is_alive()
    runtime.memory.clear()
    pump.run(runtime, threading.Event())  # started again without the setting: ends at once
    with runtime.database.read() as session:
        assert state.load(session).active is False
