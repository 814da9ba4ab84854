"""What is owed reaches the server: once, whole, in the state the row has, whatever happens on the way."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlmodel import select

from cocreate.core import clock
from cocreate.core.db import Database
from search.api import SearchDoc, prepare, put, remove
from search.meili import outbox, pump, state
from search.meili.models import Halt, Owed, OwedChange
from search.meili.server import Away, Outcome, Server
from search.models import IndexedRow
from tests.search.meili.conftest import Pumping
from tests.search.meili.fake import FakeMeilisearch

Index = Callable[..., int]
Start = Callable[[Server], Pumping]


def owed(database: Database) -> list[OwedChange]:
    with database.read() as session:
        return list(session.exec(select(OwedChange).order_by(sa.text("seq"))))


def test_without_a_server_nothing_is_noted(database: Database, index_doc: Index) -> None:
    index_doc("座椅通风有噪音")
    assert owed(database) == []


def test_a_change_is_owed_in_the_transaction_of_its_row(database: Database) -> None:
    with database.write() as session:
        state.activate(session)

    def write_and_fail() -> None:
        with database.write() as session:
            put(session, prepare(session, [SearchDoc("post", 1, "座椅", "", clock.now())]))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert owed(database) == []
    with database.write() as session:
        put(session, prepare(session, [SearchDoc("post", 1, "座椅", "", clock.now())]))
    assert [(one.kind, one.row_id, one.state) for one in owed(database)] == [("post", 1, Owed.WAITING)]


def test_writing_the_same_again_owes_nothing(database: Database) -> None:
    doc = SearchDoc("post", 1, "座椅", "很吵", clock.now(), hidden_words="通风")
    with database.write() as session:
        state.activate(session)
        put(session, prepare(session, [doc]))
        put(session, prepare(session, [doc]))
    assert len(owed(database)) == 1
    with database.write() as session:
        # Another lexicon cuts otherwise; the server cuts for itself.
        session.connection().execute(sa.update(IndexedRow).values(cut="other"))
    assert len(owed(database)) == 1
    with database.write() as session:
        remove(session, "post", [1])
    assert len(owed(database)) == 2


def test_rows_arrive_change_and_go(
    pumping: Start, remote: Server, index_doc: Index, expected: Callable[[], dict[str, str]], database: Database
) -> None:
    first, second = index_doc("座椅通风有噪音"), index_doc("地图更新太慢")
    running = pumping(remote)
    running.settle()
    assert running.held() == expected()
    assert running.known().engine_version.startswith("1.")
    index_doc("座椅通风不吵了", row_id=first)
    third = index_doc("极氪001怎么样")
    with database.write() as session:
        remove(session, "post", [second])
    running.settle()
    assert running.held() == expected()
    assert set(running.held()) == {f"post-{first}", f"post-{third}"}
    assert owed(database) == []


def test_a_row_that_changed_thrice_goes_once(pumping: Start, fake: FakeMeilisearch, index_doc: Index) -> None:
    running = pumping(Server(fake.url, fake.key, "x"))
    running.settle()
    before = len(fake.tasks)
    for title in ("一", "二", "三"):
        index_doc(title, row_id=7)
    running.settle()
    added = [task for task in fake.tasks[before:] if task["type"] == "documentAdditionOrUpdate"]
    assert len(added) == 1
    assert fake.documents("x")["post-7"]["title"] == "三"


def test_one_bad_document_is_found_and_parked_and_all_others_arrive(
    pumping: Start, remote: Server, index_doc: Index, database: Database
) -> None:
    running = pumping(remote)
    running.settle()
    good = [index_doc(f"好的 {number}") for number in range(20)]
    bad = index_doc("坏的", kind="bad kind")
    good.append(index_doc("最后一个"))
    running.settle()
    assert set(running.held()) == {f"post-{number}" for number in good}
    [parked] = owed(database)
    assert (parked.kind, parked.row_id, parked.state) == ("bad kind", bad, Owed.PARKED)
    assert "document" in parked.error.lower()
    assert running.told().count("parked") == 1


def test_a_parked_document_in_a_rebuild_is_parked_once(pumping: Start, remote: Server, index_doc: Index) -> None:
    good, _bad = index_doc("好的"), index_doc("坏的", kind="bad kind")
    running = pumping(remote)
    running.settle()
    assert set(running.held()) == {f"post-{good}"}
    assert running.depth().parked == 1
    with running.database.write() as session:
        state.want_rebuild(session, "asked")
    running.settle()
    assert (set(running.held()), running.depth().parked) == ({f"post-{good}"}, 1)


def test_a_server_that_is_away_is_asked_again_ever_more_slowly_and_nothing_is_lost(
    pumping: Start, fake: FakeMeilisearch, index_doc: Index, expected: Callable[[], dict[str, str]]
) -> None:
    running = pumping(Server(fake.url, fake.key, "x"))
    running.settle()
    fake.status = 503
    pauses = []
    with time_machine.travel(clock.now(), tick=False) as moment:
        index_doc("停电时写的")
        for _ in range(14):
            running.pump.round()
            known = running.known()
            assert known.next_try_at is not None
            pauses.append((known.next_try_at - clock.now()).total_seconds())
            assert running.pump.round() is False  # not before its time
            moment.move_to(known.next_try_at + timedelta(milliseconds=1))
        assert pauses[0] <= 1 < pauses[3] < pauses[6] < pauses[8] <= 300
        assert max(pauses) <= 300
        assert running.known().failures == 14
        fake.status = None
        running.settle()
    assert dict(running.server.versions_of()) == expected()
    assert running.known().failures == 0
    assert [what for what in running.told() if what in ("away", "back")] == ["away", "back"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_overloaded_server_parks_nothing(
    pumping: Start, fake: FakeMeilisearch, index_doc: Index, status: int
) -> None:
    running = pumping(Server(fake.url, fake.key, "x"))
    running.settle()
    index_doc("一")
    fake.status = status
    running.pump.round()
    assert (running.depth().waiting, running.depth().parked) == (1, 0)


def test_a_refused_key_stops_everything_collects_on_and_is_told_once(
    pumping: Start, remote: Server, index_doc: Index, expected: Callable[[], dict[str, str]]
) -> None:
    good = pumping(remote)
    good.settle()
    wrong = Pumping(good.database, Server(remote.url, "wrong", remote.index))
    good.pump.let_go()
    for _ in range(3):
        index_doc("写着")
        wrong.try_now()
        wrong.pump.round()
    assert wrong.known().halted is Halt.KEY
    assert wrong.depth().waiting == 3
    assert wrong.told().count("halted_key") == 1
    wrong.pump.let_go()
    good.try_now()
    good.settle()
    assert good.held() == expected()
    assert good.known().halted is Halt.NONE


def test_a_server_that_is_too_old_is_left_alone(pumping: Start, fake: FakeMeilisearch, index_doc: Index) -> None:
    fake.version = "1.3.0"
    running = pumping(Server(fake.url, fake.key, "x"))
    index_doc("一")
    running.pump.round()
    assert running.known().halted is Halt.VERSION
    assert fake.tasks == []


def test_a_task_whose_end_was_not_seen_is_asked_for_after_a_crash(
    pumping: Start, fake: FakeMeilisearch, index_doc: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = pumping(Server(fake.url, fake.key, "x"))
    running.settle()
    fake.hold = True
    monkeypatch.setattr(pump, "SETTLE_SECONDS", 0.0)
    number = index_doc("一")
    running.pump.round()
    [sent] = owed(running.database)
    assert (sent.state, sent.attempts) == (Owed.SENT, 1)
    before = len(fake.tasks)
    running.pump.let_go()
    fake.hold = False
    again = Pumping(running.database, running.server)
    again.settle()
    assert owed(running.database) == []
    assert f"post-{number}" in fake.documents("x")
    assert [task["type"] for task in fake.tasks[before:]].count("documentAdditionOrUpdate") == 0


def test_a_task_number_that_the_server_does_not_know_or_gave_to_others_is_sent_again(
    pumping: Start, fake: FakeMeilisearch, index_doc: Index, database: Database
) -> None:
    running = pumping(Server(fake.url, fake.key, "x"))
    running.settle()
    lost, taken = index_doc("没人认识"), index_doc("别人的号")
    fake._enqueue("documentAdditionOrUpdate", "another", lambda: None)
    with database.write() as session:
        for one in session.exec(select(OwedChange)):
            one.state, one.task_uid = Owed.SENT, 999 if one.row_id == lost else len(fake.tasks) - 1
            session.add(one)
    running.settle()
    assert {f"post-{lost}", f"post-{taken}"} <= set(fake.documents("x"))


def test_a_task_that_failed_for_the_servers_own_reasons_is_tried_again(
    pumping: Start, fake: FakeMeilisearch, index_doc: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = pumping(Server(fake.url, fake.key, "x"))
    running.settle()
    index_doc("一")
    full = Outcome(ended=True, error="no space left on device")
    with monkeypatch.context() as patched:
        patched.setattr(Server, "wait", lambda *_args, **_named: full)
        running.pump.round()
    assert (running.depth().waiting, running.depth().parked) == (1, 0)
    assert "no space left" in running.known().last_error
    running.try_now()
    running.settle()
    assert running.depth().waiting == 0


def test_one_process_at_a_time_holds_the_lease(pumping: Start, fake: FakeMeilisearch, index_doc: Index) -> None:
    first = pumping(Server(fake.url, fake.key, "x"))
    first.settle()
    second = Pumping(first.database, first.server)
    index_doc("一")
    assert second.pump.round() is False
    assert second.depth().waiting == 1
    with time_machine.travel(clock.now() + state.LEASE * 2):
        second.settle()
    assert second.depth().waiting == 0


def test_without_the_setting_what_was_owed_is_forgotten_and_a_later_start_begins_anew(
    pumping: Start, fake: FakeMeilisearch, index_doc: Index, expected: Callable[[], dict[str, str]]
) -> None:
    running = pumping(Server(fake.url, fake.key, "x"))
    running.settle()
    index_doc("一")
    with running.database.write() as session:
        state.deactivate(session)
    assert owed(running.database) == []
    index_doc("没人记下")
    running.pump.let_go()
    again = Pumping(running.database, running.server)
    again.settle()
    assert again.held() == expected()


def test_a_server_back_from_an_outage_is_compared_at_once(
    pumping: Start, fake: FakeMeilisearch, index_doc: Index
) -> None:
    running = pumping(Server(fake.url, fake.key, "x"))
    number = index_doc("一")
    running.settle()
    fake.indexes["x"]["documents"].pop(f"post-{number}")  # a restored backup, say
    fake.status = 500
    running.want_check()
    running.pump.round()
    fake.status = None
    running.try_now()
    running.settle()
    assert f"post-{number}" in fake.documents("x")
    assert running.known().check_differences == 1


def test_a_broken_answer_is_an_absent_server(fake: FakeMeilisearch, monkeypatch: pytest.MonkeyPatch) -> None:
    def page(*_: Any) -> tuple[int, Any]:
        return 200, ["<html>"]

    monkeypatch.setattr(fake, "answer", page)
    with pytest.raises(Away):
        Server(fake.url, fake.key, "x").version()


def test_depth_tells_parked_from_waiting(database: Database) -> None:
    with database.write() as session:
        state.activate(session)
        outbox.owe(session, [("post", 1), ("post", 2), ("post", 3)])
        outbox.park(session, outbox.waiting(session, 10)["post", 1], "no")
        found = outbox.depth(session)
    assert (found.waiting, found.parked) == (2, 1)
    assert found.oldest is not None
