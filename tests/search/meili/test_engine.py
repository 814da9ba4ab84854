"""What a reader gets is the same whoever answers: the database, a fake server, the real one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cocreate.core import clock
from cocreate.core.db import Database
from cocreate.core.errors import Unavailable
from search import embedded
from search.api import Scope, SearchFilters, SearchQuery
from search.meili.engine import MeiliEngine
from search.meili.process import OwnServer
from search.meili.server import Server
from search.port import Facets, SearchBackend, SearchPage
from tests.search.meili.conftest import Pumping
from tests.search.meili.fake import KEY, FakeMeilisearch

PUBLIC, STAFF = Scope(staff=False), Scope(staff=True)
Index = Callable[..., int]


class Embedded:
    """The database's own search as a backend."""

    name = "embedded"

    def search(self, session: Any, query: SearchQuery) -> SearchPage:
        return embedded.search(session, query)

    def facets(self, session: Any, query: SearchQuery) -> Facets:
        return embedded.facets(session, query)


class Asked:
    """A backend over a database, asked as a reader asks."""

    def __init__(self, backend: SearchBackend, database: Database, settle: Callable[[], None]) -> None:
        self.backend = backend
        self.database = database
        self.settle = settle

    def page(self, text: str, *, scope: Scope = PUBLIC, **wishes: Any) -> SearchPage:
        self.settle()
        with self.database.read() as session:
            return self.backend.search(session, SearchQuery(text, scope, **wishes))

    def ids(self, text: str, via: str = "", **wishes: Any) -> list[int]:
        return [
            hit.id for hit in self.page(text, **wishes).hits if hit.via == via or (not via and hit.via != "similar")
        ]


@pytest.fixture(params=["embedded", "fake", pytest.param("real", marks=pytest.mark.meilisearch)])
def asked(request: pytest.FixtureRequest, database: Database) -> Asked:
    if request.param == "embedded":
        return Asked(Embedded(), database, lambda: None)
    if request.param == "fake":
        server = Server(request.getfixturevalue("fake").url, KEY, "x")
    else:
        real: OwnServer = request.getfixturevalue("meilisearch_server")
        server = Server(real.url, real.key, f"test{id(request)}")
    running = Pumping(database, server)
    return Asked(MeiliEngine(server), database, running.settle)


@pytest.fixture
def corpus(index_doc: Index) -> dict[str, int]:
    texts = {
        "ventilation": ("座椅通风噪音太大", "夏天开二档就像电吹风"),
        "heating": ("希望增加座椅加热", "冬天上车冷"),
        "map": ("地图更新太慢", "新修的高速没有"),
        "es8": ("ES8 后排空间", "三个大人刚好"),
        "zeekr": ("极氪001怎么样", ""),
        "nop": ("NOP+ 变道犹豫", "高速上总是不敢变"),
        "charging": ("小区里装不了充电桩", "物业不同意"),
        "modely": ("Model Y 座椅太硬", ""),
        "cockpit": ("i-Cockpit 方向盘太小", ""),
    }
    return {key: index_doc(*pair) for key, pair in texts.items()}


def test_what_is_typed_is_found(asked: Asked, corpus: dict[str, int]) -> None:
    for typed, expected in {
        "通风": "ventilation", "座椅通风": "ventilation", "座椅通風": "ventilation", "電吹風": "ventilation",
        "椅通": "ventilation", "es8": "es8", "ES 8": "es8", "极氪 001": "zeekr", "極氪001": "zeekr", "001": "zeekr",
        "nop+": "nop", "充电桩": "charging", "座椅 噪音": "ventilation", "modely": "modely", "model y": "modely",
        "icockpit": "cockpit", "更新 地图": "map", "地图更": "map", "zuoyi tongfeng": "ventilation", "向盘": "cockpit",
    }.items():  # fmt: skip
        found = asked.ids(typed)
        assert found[:1] == [corpus[expected]], typed


def test_another_reading_is_told(asked: Asked, corpus: dict[str, int]) -> None:
    page = asked.page("zuoyi tongfeng")
    assert page.hits[0].via == "pinyin"
    assert any("座椅" in " ".join(one.words) for one in page.rewritten)


def test_words_in_another_order_come_after_the_text_as_typed(asked: Asked, index_doc: Index) -> None:
    other, typed = index_doc("更新一下地图"), index_doc("地图更新")
    page = asked.page("地图更新")
    assert [(hit.id, hit.via) for hit in page.hits[:2]] == [(typed, "literal"), (other, "words")]
    assert page.hits[0].score > page.hits[1].score


def test_scores_fall_and_nothing_is_named_twice(asked: Asked, index_doc: Index) -> None:
    for number in range(12):
        index_doc(f"座椅加热 {number}")
    page = asked.page("座椅加热", limit=5)
    assert len(page.hits) == 5
    assert len({(hit.kind, hit.id) for hit in page.hits}) == 5
    scores = [hit.score for hit in page.hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_what_is_for_staff_is_found_by_staff_alone(asked: Asked, index_doc: Index) -> None:
    hidden = index_doc("机密的座椅计划", visibility="staff")
    shown = index_doc("座椅很好")
    assert hidden not in [hit.id for hit in asked.page("座椅 机密").hits]
    assert hidden not in [hit.id for hit in asked.page("").hits]
    assert asked.ids("机密", scope=STAFF) == [hidden]
    assert set(asked.ids("座椅", scope=STAFF)) == {hidden, shown}


def test_an_empty_text_asks_for_the_newest(asked: Asked, index_doc: Index) -> None:
    moment = clock.now()
    numbers = [index_doc(f"第 {n} 条", created_at=moment - timedelta(days=n)) for n in (3, 1, 2)]
    assert [hit.id for hit in asked.page("  ").hits] == [numbers[1], numbers[2], numbers[0]]
    assert asked.page("？！").hits == []


def test_filters_narrow_and_orders_hold(asked: Asked, index_doc: Index) -> None:
    moment = clock.now()
    rows = {
        name: index_doc("座椅加热", **values)
        for name, values in {
            "old": {"created_at": moment - timedelta(days=9), "votes": 5, "variety": "idea", "board_id": 1},
            "new": {"created_at": moment - timedelta(days=1), "votes": 1, "variety": "problem", "status": "planned"},
            "top": {"created_at": moment - timedelta(days=5), "votes": 9, "model": 'A"8\\', "answered": True},
        }.items()
    }
    item = index_doc("座椅加热", kind="roadmap_item", created_at=moment - timedelta(days=30))

    def narrowed(**filters: Any) -> list[int]:
        return asked.ids("座椅加热", filters=SearchFilters(**filters))

    assert narrowed(variety="idea") == [rows["old"]]
    assert narrowed(status="planned") == [rows["new"]]
    assert narrowed(board_id=1) == [rows["old"]]
    assert narrowed(model='A"8\\') == [rows["top"]]
    assert narrowed(answered=True) == [rows["top"]]
    assert set(narrowed(answered=False)) == {rows["old"], rows["new"], item}
    assert set(narrowed(since=moment - timedelta(days=6))) == {rows["new"], rows["top"]}
    assert set(narrowed(until=moment - timedelta(days=6))) == {rows["old"], item}
    assert asked.ids("座椅加热", kinds=["roadmap_item"]) == [item]
    assert asked.ids("座椅加热", kinds=[]) == []
    assert asked.ids("座椅", kinds=["post"], sort="votes") == [rows["top"], rows["old"], rows["new"]]
    assert asked.ids("座椅", kinds=["post"], sort="new") == [rows["new"], rows["top"], rows["old"]]


def test_exactly_means_as_typed(asked: Asked, corpus: dict[str, int]) -> None:
    assert asked.page("zuoyi", exact=True).hits == []
    assert [hit.via for hit in asked.page("座椅", exact=True).hits] == ["literal"] * 3


def test_facets_count_what_may_be_seen(asked: Asked, index_doc: Index) -> None:
    index_doc("座椅加热", variety="idea")
    index_doc("座椅加热", variety="idea", visibility="staff")
    asked.settle()
    with asked.database.read() as session:
        counted = asked.backend.facets(session, SearchQuery("座椅", PUBLIC))
    assert counted["variety"] == [("idea", 1)]


def test_no_text_breaks_an_engine(asked: Asked, corpus: dict[str, int]) -> None:
    for typed in ('"', "\\", "a" * 4000, "座" * 600, "' OR 1=1", "*", "-", '{"q":1}', "座椅\x00加热", "AND OR NOT"):
        asked.page(typed)


def test_a_row_that_is_gone_from_the_database_is_not_shown_by_a_late_server(
    fake: FakeMeilisearch, database: Database, index_doc: Index
) -> None:
    from search.api import remove

    number = index_doc("座椅加热")
    server = Server(fake.url, KEY, "x")
    Pumping(database, server).settle()
    with database.write() as session:
        remove(session, "post", [number])
    with database.read() as session:
        assert MeiliEngine(server).search(session, SearchQuery("座椅", PUBLIC)).hits == []


def test_a_server_that_does_not_answer_is_unavailable(database: Database, fake: FakeMeilisearch) -> None:
    fake.status = 500
    with database.read() as session, pytest.raises(Unavailable):
        MeiliEngine(Server(fake.url, KEY, "x")).search(session, SearchQuery("座椅", PUBLIC))


def test_likeness_ranks_what_the_server_names(remote: Server, database: Database, corpus: dict[str, int]) -> None:
    Pumping(database, remote).settle()
    with database.read() as session:
        hits = MeiliEngine(remote).similar(session, "座椅通风的噪音太大了吧", scope=PUBLIC)
    assert hits[0].id == corpus["ventilation"]
    assert hits[0].score > 0.4
