"""What every engine has to do; each test runs on SQLite and on PostgreSQL."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cocreate.core import clock
from cocreate.core.db import Database
from search.api import Hit, Scope, SearchDoc, matching_ids, prepare, put, remove, search, similar

PUBLIC, STAFF = Scope(staff=False), Scope(staff=True)
Index = Callable[..., int]


def find(database: Database, text: str, *, scope: Scope = PUBLIC, **wishes: Any) -> list[Hit]:
    with database.read() as session:
        return search(session, text, scope=scope, **wishes).hits


def literal(database: Database, text: str, **wishes: Any) -> list[int]:
    return [hit.id for hit in find(database, text, **wishes) if hit.via == "literal"]


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
        "cover": ("充电口盖子结冰打不开", "零下二十度"),
    }
    return {key: index_doc(*pair) for key, pair in texts.items()}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("通风", "ventilation"),
        ("座椅通风", "ventilation"),
        ("椅通", "ventilation"),
        ("座椅通風", "ventilation"),
        ("風噪", "ventilation"),
        ("加", "heating"),
        ("電吹風", "ventilation"),
        ("es8", "es8"),
        ("ES 8", "es8"),
        ("ES", "es8"),
        ("极氪 001", "zeekr"),
        ("nop+", "nop"),
        ("充电桩", "charging"),
        ("座椅 噪音", "ventilation"),
    ],
)
def test_what_is_typed_is_found(database: Database, corpus: dict[str, int], typed: str, expected: str) -> None:
    assert corpus[expected] in literal(database, typed)


def test_traditional_rows_are_found_by_simplified_words(database: Database, index_doc: Index) -> None:
    row = index_doc("方向盤加熱什麼時候有")
    assert literal(database, "方向盘加热") == [row]


def test_a_substring_across_two_fields_is_no_hit(database: Database, index_doc: Index) -> None:
    index_doc("前排座椅", "加热方向盘")
    assert literal(database, "座椅加热") == []


def test_words_in_another_order_come_after_the_text_as_typed(database: Database, index_doc: Index) -> None:
    turned = index_doc("通风时座椅会响")
    exact = index_doc("座椅通风会响")
    hits = find(database, "座椅通风")
    assert [(hit.id, hit.via) for hit in hits] == [(exact, "literal"), (turned, "words")]
    assert 1 >= hits[0].score > hits[1].score > 0


def test_a_title_outranks_a_body(database: Database, index_doc: Index) -> None:
    inside = index_doc("冬天的烦恼", "方向盘加热太慢")
    above = index_doc("方向盘加热太慢", "冬天的烦恼")
    assert literal(database, "方向盘加热") == [above, inside]


def test_an_empty_text_asks_for_the_newest(database: Database, index_doc: Index) -> None:
    old = index_doc("旧的", created_at=clock.now() - timedelta(days=2))
    new = index_doc("新的")
    assert [hit.id for hit in find(database, "  ")] == [new, old]


def test_a_text_without_a_word_finds_nothing(database: Database, corpus: dict[str, int]) -> None:
    assert find(database, "？！…") == []


def test_a_row_put_again_is_found_by_its_new_words_only(database: Database, index_doc: Index) -> None:
    row = index_doc("后排出风口不出风")
    index_doc("音响低音太闷", row_id=row)
    assert literal(database, "出风口") == []
    assert literal(database, "低音") == [row]


def test_a_row_given_twice_at_once_keeps_its_last_words(database: Database) -> None:
    docs = [SearchDoc("post", 1, title, "", clock.now()) for title in ("雨刷太慢", "大灯太暗")]
    with database.write() as session:
        put(session, prepare(session, docs))
    assert (literal(database, "雨刷"), literal(database, "大灯")) == ([], [1])


def test_a_removed_row_is_not_found(database: Database, index_doc: Index) -> None:
    row = index_doc("后排出风口不出风")
    with database.write() as session:
        remove(session, "post", [row, 987654])
    assert find(database, "出风口") == []


def test_the_index_is_sound_after_changes(database: Database, index_doc: Index) -> None:
    rows = [index_doc(f"第{n}条 座椅通风") for n in range(5)]
    index_doc("改过的", row_id=rows[0])
    with database.write() as session:
        remove(session, "post", rows[1:3])
        if database.is_sqlite:
            session.connection().execute(
                sa.text("INSERT INTO search_fts(search_fts, rank) VALUES ('integrity-check', 1)")
            )
    assert sorted(literal(database, "座椅通风")) == rows[3:]


def test_what_is_rolled_back_is_not_found(database: Database) -> None:
    def fail_after_put() -> None:
        with database.write() as session:
            put(session, prepare(session, [SearchDoc("post", 1, "后排出风口", "", clock.now())]))
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        fail_after_put()
    assert find(database, "出风口") == []


def test_what_is_for_staff_is_found_by_staff_alone(database: Database, index_doc: Index) -> None:
    hidden = index_doc("内部：召回讨论", visibility="staff")
    for ask in ("召回讨论", "", "讨论召回的内部消息"):
        assert hidden not in {hit.id for hit in find(database, ask)}
    assert literal(database, "召回讨论", scope=STAFF) == [hidden]
    with database.read() as session:
        assert similar(session, "召回讨论", scope=PUBLIC) == []
        assert matching_ids(session, "召回讨论", scope=PUBLIC, kind="post") == []
        assert [hit.id for hit in similar(session, "召回讨论", scope=STAFF)] == [hidden]
        assert matching_ids(session, "召回讨论", scope=STAFF, kind="post") == [hidden]


def test_kinds_narrow_the_search(database: Database, index_doc: Index) -> None:
    post = index_doc("座椅通风", kind="post", row_id=7)
    item = index_doc("座椅通风", kind="roadmap_item", row_id=7)
    assert {(hit.kind, hit.id) for hit in find(database, "座椅通风")} == {("post", post), ("roadmap_item", item)}
    assert [(hit.kind, hit.id) for hit in find(database, "座椅通风", kinds=["post"])] == [("post", post)]


def test_the_limit_holds_and_nothing_is_named_twice(database: Database, index_doc: Index) -> None:
    for number in range(12):
        index_doc(f"座椅通风第{number}次反馈", "通风时座椅有声音" if number % 2 else "")
    hits = find(database, "座椅通风", limit=8)
    assert len(hits) == len({hit.id for hit in hits}) == 8
    everything = find(database, "座椅通风的声音", limit=50)
    assert len(everything) == len({hit.id for hit in everything})


def test_similar_finds_the_same_wish_in_other_words(database: Database, corpus: dict[str, int]) -> None:
    with database.read() as session:
        hits = similar(session, "座椅通风的噪音太吵了", scope=PUBLIC)
    assert hits
    assert hits[0].id == corpus["ventilation"]
    assert 0 < hits[0].score <= 1
    assert hits[0].via == "similar"


def test_similar_leaves_out_what_it_is_told_to(database: Database, corpus: dict[str, int]) -> None:
    with database.read() as session:
        hits = similar(session, "座椅通风噪音", scope=PUBLIC, exclude=[corpus["ventilation"]])
    assert corpus["ventilation"] not in {hit.id for hit in hits}


def test_similar_answers_nothing_rather_than_anything(database: Database, corpus: dict[str, int]) -> None:
    with database.read() as session:
        assert similar(session, "请问周末哪里可以钓鱼", scope=PUBLIC) == []


def test_a_list_filter_takes_the_text_and_its_words_but_nothing_alike(database: Database, index_doc: Index) -> None:
    exact, turned = index_doc("座椅通风会响"), index_doc("通风时座椅会响")
    index_doc("座椅太硬")
    with database.read() as session:
        assert matching_ids(session, "座椅通风", scope=PUBLIC, kind="post") == [exact, turned]


SIGNS = st.text(
    alphabet=st.one_of(
        st.sampled_from(list("\"'*()^{}:+-#&|!<>\\~%_.,;? \t\n\x00座椅通风通風充電桩esES8ＥＳ①²ªﬁ𠮷👍")),
        st.characters(),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=SIGNS, title=SIGNS)
def test_no_text_breaks_an_engine(database: Database, text: str, title: str) -> None:
    text, title = _storable(text), _storable(title)
    with database.write() as session:
        put(session, prepare(session, [SearchDoc("post", 1, title, text, clock.now())]))
    with database.read() as session:
        page = search(session, text, scope=PUBLIC)
        assert all(0 <= hit.score <= 1 for hit in page.hits)
        similar(session, text, scope=PUBLIC)
        matching_ids(session, text, scope=PUBLIC, kind="post")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet="座椅通风加热充电桩导航地图更新慢冷", min_size=2, max_size=20), st.data())
def test_every_part_of_a_chinese_title_finds_it(database: Database, title: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(title) - 1))
    end = data.draw(st.integers(start + 1, len(title)))
    with database.write() as session:
        put(session, prepare(session, [SearchDoc("post", 1, title, "", clock.now())]))
    assert literal(database, title[start:end]) == [1]


def _storable(text: str) -> str:
    """As forms and imports hand texts on: without NUL and lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()
