"""Other readings in a search, their place among the tiers, filters, orders and counts; on both databases."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from cocreate.core import clock
from cocreate.core.db import Database
from search import embedded, vocabulary
from search.api import Facts, Hit, Scope, SearchFilters, SearchPage, SearchQuery, matching_ids, refresh

PUBLIC, STAFF = Scope(staff=False), Scope(staff=True)
Index = Callable[..., int]


def page(database: Database, text: str, scope: Scope = PUBLIC, **wishes: Any) -> SearchPage:
    with database.read() as session:
        return embedded.search(session, SearchQuery(text, scope, **wishes))


def find(database: Database, text: str, scope: Scope = PUBLIC, **wishes: Any) -> list[tuple[int, str]]:
    return [(hit.id, hit.via) for hit in page(database, text, scope, **wishes).hits if hit.via != "similar"]


@pytest.fixture
def learned(database: Database, index_doc: Index) -> Iterator[Callable[[], None]]:
    """Call it when the rows are there: the vocabulary of the database is read."""

    def learn() -> None:
        with database.read() as session:
            vocabulary.learn(session)

    yield learn
    vocabulary._known.pop(database.engine.pool, None)


@pytest.mark.parametrize(
    ("text", "via"),
    [
        ("zuoyi tongfeng", "pinyin"), ("zuoyitongfeng", "pinyin"), ("zytf", "pinyin"), ("zuoyi通风", "pinyin"),
        ("zuòyǐ", "pinyin"), ("座倚通风", "homophone"), ("座椅通風", "literal"),
    ],
)  # fmt: skip
def test_the_same_posts_however_it_was_typed(database: Database, index_doc: Index, text: str, via: str) -> None:
    row = index_doc("座椅通风噪音太大")
    index_doc("方向盘加热太慢")
    assert find(database, text) == [(row, via)]


def test_synonyms_come_after_all_words_as_typed(database: Database, index_doc: Index) -> None:
    other = index_doc("行李箱漏水")
    turned = index_doc("漏水的是后备箱")
    exact = index_doc("后备箱漏水")
    assert find(database, "后备箱漏水") == [(exact, "literal"), (turned, "words"), (other, "synonym")]


def test_what_was_read_as_other_words_is_told(database: Database, index_doc: Index) -> None:
    index_doc("座椅通风噪音太大")
    told = page(database, "zuoyi").rewritten
    assert [(one.typed, one.words[0], one.via) for one in told] == [("zuoyi", "座椅", "pinyin")]
    assert page(database, "座椅").rewritten == ()
    assert page(database, "zhongkongping").rewritten == (), "no row holds 中控屏"


def test_exactly_means_no_other_reading_and_nothing_alike(database: Database, index_doc: Index) -> None:
    index_doc("座椅通风噪音太大")
    assert page(database, "zuoyi", exact=True).hits == []
    assert page(database, "通风的座椅", exact=True).hits == []


def test_a_far_more_frequent_word_comes_before_loose_words_and_half_words(
    database: Database, index_doc: Index, learned: Callable[[], None]
) -> None:
    for number in range(45):
        index_doc(f"座椅太硬 第{number}次")
    typed, begun = index_doc("zy 是什么意思"), index_doc("zyx 报错")
    learned()
    found = find(database, "zy", limit=60)
    assert found[0] == (typed, "literal")
    assert {via for _, via in found[1:46]} == {"pinyin"}
    assert found[46] == (begun, "literal")


def test_letters_that_many_posts_hold_stay_letters(
    database: Database, index_doc: Index, learned: Callable[[], None]
) -> None:
    index_doc("座椅太硬")
    rows = {index_doc(f"zy 模块报错 {number}") for number in range(3)}
    learned()
    answer = page(database, "zy")
    assert {hit.id for hit in answer.hits} == rows
    assert answer.rewritten == ()


def test_words_of_the_posts_are_learned(database: Database, index_doc: Index, learned: Callable[[], None]) -> None:
    rows = [index_doc(f"豆浆洒了 {number}") for number in range(3)]
    assert find(database, "doujiang") == []
    learned()
    assert {row for row, _ in find(database, "doujiang")} == set(rows)


def test_what_only_staff_wrote_is_never_offered(
    database: Database, index_doc: Index, learned: Callable[[], None]
) -> None:
    for number in range(5):
        index_doc(f"豆浆召回讨论 {number}", visibility="staff")
    learned()
    for scope in (PUBLIC, STAFF):
        assert page(database, "doujiang", scope).rewritten == ()
    index_doc("座椅召回", visibility="staff")
    told = page(database, "zuoyi")
    assert (told.hits, told.rewritten) == ([], ())
    assert page(database, "zuoyi", STAFF).rewritten
    with database.read() as session:
        assert vocabulary.posts_holding(session, "豆浆") == 0


def test_two_databases_know_their_own_words(database: Database, index_doc: Index, learned: Callable[[], None]) -> None:
    for number in range(3):
        index_doc(f"豆浆洒了 {number}")
    learned()
    other = Database(database.url, pool_size=2)
    try:
        assert find(other, "doujiang") == []
        assert find(database, "doujiang")
    finally:
        other.dispose()


def test_two_latin_words_are_one(database: Database, index_doc: Index) -> None:
    joined, apart = index_doc("CarPlay 掉线"), index_doc("Android Auto 连不上")
    assert joined in dict(find(database, "car play"))
    assert apart in dict(find(database, "androidauto"))


# -- filters, orders, counts


@pytest.fixture
def shelf(index_doc: Index) -> dict[str, int]:
    moment = clock.now()
    facts: dict[str, dict[str, Any]] = {
        "old": {"variety": "idea", "status": "open", "votes": 9, "board_id": 1, "model": "A1", "answered": True},
        "new": {"variety": "problem", "status": "open", "votes": 2, "board_id": 2, "model": "B2"},
        "done": {"variety": "idea", "status": "shipped", "votes": 5, "board_id": 1},
        "secret": {"variety": "idea", "status": "planned", "votes": 99, "visibility": "staff", "board_id": 7},
    }
    return {
        name: index_doc(f"座椅通风{name}", created_at=moment - timedelta(days=days), **values)
        for days, (name, values) in zip((30, 1, 10, 0), facts.items(), strict=True)
    }


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"variety": "idea"}, {"old", "done"}),
        ({"status": "open"}, {"old", "new"}),
        ({"board_id": 1, "status": "open"}, {"old"}),
        ({"model": "B2"}, {"new"}),
        ({"answered": True}, {"old"}),
        ({"answered": False}, {"new", "done"}),
        ({"since": 15}, {"new", "done"}),
        ({"until": 5}, {"old", "done"}),
        ({"model": "nothing"}, set()),
    ],
)
@pytest.mark.parametrize("text", ["座椅通风", "zuoyi", "", "通风的座椅"])
def test_filters_narrow_every_tier(
    database: Database, shelf: dict[str, int], filters: dict[str, Any], names: set[str], text: str
) -> None:
    values: dict[str, Any] = {
        key: clock.now() - timedelta(days=value) if key in ("since", "until") else value
        for key, value in filters.items()
    }
    hits = page(database, text, filters=SearchFilters(**values)).hits
    assert {hit.id for hit in hits} == {shelf[name] for name in names}


@pytest.mark.parametrize("text", ["座椅通风", "zuoyi", ""])
def test_hits_come_in_the_wished_order(database: Database, shelf: dict[str, int], text: str) -> None:
    order = {sort: [hit.id for hit in page(database, text, sort=sort).hits] for sort in ("new", "votes")}
    assert order["new"] == [shelf["new"], shelf["done"], shelf["old"]]
    assert order["votes"] == [shelf["old"], shelf["done"], shelf["new"]]
    assert [hit.id for hit in page(database, text, sort="votes", limit=1).hits] == [shelf["old"]]


@pytest.mark.parametrize("text", ["座椅通风", "zuoyi", ""])
def test_counts_are_of_what_the_reader_may_see(database: Database, shelf: dict[str, int], text: str) -> None:
    with database.read() as session:
        counted = embedded.facets(session, SearchQuery(text, PUBLIC))
        inside = embedded.facets(session, SearchQuery(text, STAFF))
    assert counted["variety"] == [("idea", 2), ("problem", 1)]
    assert counted["status"] == [("open", 2), ("shipped", 1)]
    assert counted["board_id"] == [(1, 2), (2, 1)]
    assert counted["model"] == [("A1", 1), ("B2", 1)]
    assert dict(counted["answered"]) == {False: 2, True: 1}
    assert counted["kind"] == [("post", 3)]
    assert (counted.total, counted.capped) == (3, False)
    assert dict(inside["status"])["planned"] == 1


def test_a_facet_is_counted_without_its_own_filter(database: Database, shelf: dict[str, int]) -> None:
    filters = SearchFilters(variety="idea")
    with database.read() as session:
        counted = embedded.facets(session, SearchQuery("座椅", PUBLIC, filters=filters, kinds=["post"]))
    assert counted["variety"] == [("idea", 2), ("problem", 1)]
    assert counted["status"] == [("open", 1), ("shipped", 1)]


def test_counts_of_many_rows_stop_and_say_so(
    database: Database, index_doc: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "MOST_COUNTED", 3)
    for number in range(5):
        index_doc(f"座椅 {number}", status="open")
    with database.read() as session:
        counted = embedded.facets(session, SearchQuery("座椅", PUBLIC))
    assert (counted["status"], counted.total, counted.capped) == ([("open", 3)], 3, True)


def test_facts_change_without_the_words(database: Database, shelf: dict[str, int]) -> None:
    with database.write() as session:
        refresh(session, "post", {shelf["new"]: Facts("planned", 50, True), 987654: Facts("open", 1, False)})
    assert [hit.id for hit in page(database, "座椅", sort="votes").hits][0] == shelf["new"]
    assert {hit.id for hit in page(database, "座椅", filters=SearchFilters(status="planned")).hits} == {shelf["new"]}


def test_a_list_filter_knows_other_readings(database: Database, shelf: dict[str, int]) -> None:
    with database.read() as session:
        ids = matching_ids(session, "zytf", scope=PUBLIC, kind="post")
    assert set(ids) == {shelf["old"], shelf["new"], shelf["done"]}


def test_likeness_reaches_past_rows_the_reader_may_not_see(
    database: Database, index_doc: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.engines.HEAVIEST", 3)
    public = index_doc("座椅通风噪音大")
    for number in range(6):
        index_doc(f"座椅通风噪音太大了 {number}", visibility="staff")
    with database.read() as session:
        hits: list[Hit] = embedded.similar(session, "座椅通风噪音太大了", scope=PUBLIC)
    assert [hit.id for hit in hits] == [public]
