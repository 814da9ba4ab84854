"""A new index takes the place of the old one without a gap, and comparing finds whatever differs."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from cocreate.core.db import Database
from search.api import remove
from search.meili import documents, pump, rebuild, settings, state
from search.meili.documents import document, row_key, spaced
from search.meili.server import Away, Server
from search.models import IndexedRow
from tests.search.meili.conftest import Pumping
from tests.search.meili.fake import FakeMeilisearch

Index = Callable[..., int]
Start = Callable[[Server], Pumping]
Expected = Callable[[], dict[str, str]]


def want_rebuild(running: Pumping) -> None:
    with running.database.write() as session:
        state.want_rebuild(session, "asked")


def test_what_is_written_during_a_rebuild_is_there_after_it(
    pumping: Start, remote: Server, index_doc: Index, expected: Expected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "AT_ONCE", 5)
    numbers = [index_doc(f"第 {number} 条") for number in range(12)]
    running = pumping(remote)
    running.settle()
    following = documents.following

    def busy(session: Any, after: int) -> Any:
        # Between two batches somebody writes a new row, changes one that was read already, and removes another.
        found = following(session, after)
        if found[0] and 0 < after < 11 and running.known().rebuild_total:
            index_doc("中途新写")
            index_doc("中途改过", row_id=numbers[0])
            with running.database.write() as writing:
                remove(writing, "post", [numbers[1]])
        return found

    exchange = rebuild._exchange
    before: list[dict[str, str]] = []

    def looked(pumped: Any, beside: str) -> str:
        monkeypatch.setattr(documents, "following", following)
        before.extend([dict(remote.versions_of(beside)), expected()])
        return exchange(pumped, beside)

    monkeypatch.setattr(documents, "following", busy)
    monkeypatch.setattr(rebuild, "_exchange", looked)
    want_rebuild(running)
    running.pump.round()
    assert before[0] == before[1]  # readers see no difference at the exchange
    assert len(before[0]) > 11
    running.settle()
    assert running.held() == expected()
    assert running.known().check_differences == 0


def test_a_change_queued_for_the_live_index_just_before_the_exchange_is_not_lost(
    pumping: Start, remote: Server, index_doc: Index, expected: Expected, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_doc("早就有的")
    running = pumping(remote)
    running.settle()
    exchange = rebuild._exchange

    def queued_first(pumped: Any, beside: str) -> str:
        index_doc("交换前一刻")
        with monkeypatch.context() as patched:
            patched.setattr(pump.Pump, "_settle", lambda *_args, **_named: None)  # its end is not seen
            pumped.send(keep=True)
        return exchange(pumped, beside)

    monkeypatch.setattr(rebuild, "_exchange", queued_first)
    want_rebuild(running)
    running.settle()
    assert running.held() == expected()
    assert running.known().check_differences == 0  # sent once more at once, not found missing later


def test_readers_keep_the_live_index_until_the_exchange(
    pumping: Start, fake: FakeMeilisearch, index_doc: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = index_doc("一直找得到")
    running = pumping(Server(fake.url, fake.key, "x"))
    running.settle()
    seen: list[bool] = []
    landed = rebuild._landed

    def watched(*args: Any) -> int:
        seen.append(f"post-{number}" in fake.documents("x") and running.known().ready_at is not None)
        return landed(*args)

    monkeypatch.setattr(rebuild, "_landed", watched)
    want_rebuild(running)
    running.settle()
    assert seen
    assert all(seen)


def test_the_old_index_stays_for_a_day_and_unfinished_ones_go(
    pumping: Start, fake: FakeMeilisearch, index_doc: Index
) -> None:
    index_doc("一")
    running = pumping(Server(fake.url, fake.key, "x"))
    running.settle()
    fake._make("x-99")  # left behind by a process that died
    fake._make("xanadu-1")  # somebody else's
    want_rebuild(running)
    running.settle()
    besides = [name for name in fake.indexes if name.startswith("x-")]
    assert len(besides) == 1
    assert "xanadu-1" in fake.indexes
    with running.database.write() as session:
        known = state.load(session)
        assert known.rebuilt_at is not None
        state.change(session, rebuilt_at=known.rebuilt_at - rebuild.OLD_KEPT)
        state.want_check(session)
    running.settle()
    running.held()
    assert [name for name in fake.indexes if name.startswith("x-")] == []
    assert "xanadu-1" in fake.indexes


def test_a_rebuild_that_is_cut_off_begins_anew(
    pumping: Start, fake: FakeMeilisearch, index_doc: Index, expected: Expected, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_doc("一")
    running = pumping(Server(fake.url, fake.key, "x"))
    running.settle()

    def cut(*_: Any) -> str:
        raise Away("connection broken")

    with monkeypatch.context() as patched:
        patched.setattr(rebuild, "_exchange", cut)
        want_rebuild(running)
        running.pump.round()
    assert running.known().rebuild_wanted_at is not None
    assert running.known().ready_at is not None  # the live index serves on
    running.try_now()
    running.settle()
    assert running.held() == expected()
    assert running.told().count("rebuilt") == 2


def test_a_wiped_server_is_filled_anew(
    pumping: Start, fake: FakeMeilisearch, index_doc: Index, expected: Expected
) -> None:
    index_doc("一")
    running = pumping(Server(fake.url, fake.key, "x"))
    running.settle()
    fake.wipe()
    index_doc("二")
    running.settle()
    assert running.held() == expected()
    assert running.known().rebuild_reason == "lost"


def test_an_index_of_our_name_that_we_did_not_build_is_replaced(
    pumping: Start, remote: Server, index_doc: Index, expected: Expected
) -> None:
    index_doc("一")
    running = pumping(remote)
    running.settle()
    # Gone, and made again by somebody who only wrote a document: no settings, not ours.
    remote.wait(remote.drop(remote.index), 10)
    remote.wait(remote.put([{"id": "stranger"}]), 10)
    index_doc("二")
    running.settle()
    assert running.held() == expected()


def test_another_set_up_is_another_index(
    pumping: Start, fake: FakeMeilisearch, index_doc: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_doc("一")
    running = pumping(Server(fake.url, fake.key, "x"))
    running.settle()
    monkeypatch.setitem(settings.SETTINGS, "searchCutoffMs", 151)
    index_doc("二")
    running.settle()
    assert running.known().rebuild_reason == "settings"
    assert fake.indexes["x"]["settings"]["searchCutoffMs"] == 151


def test_comparing_finds_what_is_missing_stale_and_left_over(
    pumping: Start, remote: Server, index_doc: Index, expected: Expected
) -> None:
    for number in range(1, 7):
        index_doc(f"第 {number} 条", row_id=number)
    running = pumping(remote)
    running.settle()
    remote.wait(remote.remove(["post-1"]), 10)
    remote.wait(remote.put([{"id": "post-2", "v": "old"}, {"id": "post-99", "v": "x"}, {"id": "stranger"}]), 10)
    running.want_check()
    running.settle()
    assert running.known().check_differences == 4
    assert running.held() == expected()
    running.want_check()
    running.settle()
    assert running.known().check_differences == 0


def test_what_is_on_its_way_is_no_drift(
    pumping: Start, fake: FakeMeilisearch, index_doc: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = pumping(Server(fake.url, fake.key, "x"))
    running.settle()
    index_doc("刚写的")
    with running.database.write() as session:
        state.want_check(session)
    running.settle()
    assert running.known().check_differences == 0


@pytest.mark.meilisearch
def test_a_key_for_our_indexes_alone_is_enough(
    pumping: Start, meilisearch_server: Any, index_doc: Index, expected: Expected
) -> None:
    from meilisearch import Client

    admin = Client(meilisearch_server.url, meilisearch_server.key)
    key = admin.create_key({
        "name": "cocreate", "indexes": ["lonely*"], "expiresAt": None,
        "actions": [
            "search", "documents.*", "indexes.*", "settings.*", "tasks.get", "tasks.delete", "version",
        ],
    })  # fmt: skip
    running = pumping(Server(meilisearch_server.url, key.key, "lonely"))
    index_doc("一")
    running.settle()
    index_doc("二")
    want_rebuild(running)
    running.settle()
    assert running.held() == expected()


def test_texts_are_folded_and_scripts_apart() -> None:
    assert spaced("極氪001怎麼樣") == "极氪 001 怎么样"
    assert spaced("NOP+變道") == "nop+ 变道"
    assert spaced("開ES8去") == "开 es8 去"


@pytest.mark.parametrize("name", ["post", "post-", "-3", "post-x", "post-3-", "post-99999999999999999999"])
def test_a_name_that_we_never_give_is_no_row(name: str) -> None:
    assert row_key(name) is None


def test_a_document_tells_states_apart_and_keeps_tags_out_of_the_text(database: Database, index_doc: Index) -> None:
    number = index_doc("Model Y 座椅", "i-Cockpit", hidden_words="通风")
    with database.read() as session:
        row = session.exec(select(IndexedRow)).one()
    made = document(row)
    assert made["id"] == f"post-{number}"
    assert {"modely", "icockpit", "通风"} <= set(made["terms"].split())
    assert "通风" not in made["title"] + made["body"]
    row.votes = 1
    assert document(row)["v"] != made["v"]


def test_what_the_new_index_reads_anyway_is_not_sent_once_more(
    pumping: Start, fake: FakeMeilisearch, index_doc: Index, expected: Expected
) -> None:
    running = pumping(Server(fake.url, fake.key, "x"))
    for number in range(5):
        index_doc(f"第 {number} 条")
    assert running.depth().waiting == 5
    running.settle()
    assert running.held() == expected()
    sent = [task["indexUid"] for task in fake.tasks if task["type"] == "documentAdditionOrUpdate"]
    assert sent == ["x-1"]


def test_a_first_rebuild_that_is_cut_off_forgets_nothing(
    pumping: Start, fake: FakeMeilisearch, index_doc: Index, expected: Expected, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = pumping(Server(fake.url, fake.key, "x"))
    index_doc("一")

    def cut(*_: Any) -> str:
        raise Away("connection broken")

    with monkeypatch.context() as patched:
        patched.setattr(rebuild, "_exchange", cut)
        running.pump.round()
    assert running.depth().waiting == 1
    running.try_now()
    running.settle()
    assert running.held() == expected()
