"""Words that many posts hold and no dictionary knows are suggested; known ones and chance neighbours are not."""

import itertools

from sqlmodel import select

from cocreate.core import clock
from cocreate.core.actor import Actor
from cocreate.core.runtime import Runtime
from cocreate.text.lexicon import Lexicon
from search.api import SearchDoc, prepare, put
from search.lexicon import service
from search.lexicon.models import LexiconSuggestion
from search.lexicon.unknown import Counting, find_suggestions

BEFORE = ["新的", "后备箱里的", "展车的", "冬天", "一到雨天", "高速上", "昨天", "听说"]
AFTER = ["坏了", "真不错", "怎么关", "太贵", "没反应", "有异响", "可以加装吗", "掉了一块"]
TEXTS = [
    f"{before}云晶舱{after}" for before, after in zip(BEFORE + BEFORE[::-1], AFTER + AFTER[3:] + AFTER[:3], strict=True)
]
PARTS = ["座椅通风", "大灯", "蓝牙钥匙", "胎噪", "后视镜", "雨刮"]
OTHERS = [f"{before}{part}{after}" for before, part, after in itertools.product(BEFORE, PARTS, AFTER)]


def found(texts: list[str], lexicon: Lexicon | None = None) -> dict[str, int]:
    counting = Counting(lexicon or Lexicon.default())
    for text in texts:
        counting.add(text)
    return dict(counting.words())


def test_an_unknown_word_is_suggested_with_its_posts() -> None:
    assert found(TEXTS + OTHERS)["云晶舱"] == len(TEXTS)


def test_no_piece_of_it_is_suggested_beside_it() -> None:
    assert not {"云晶", "晶舱"} & set(found(TEXTS + OTHERS))


def test_what_the_lexicon_knows_is_not_suggested() -> None:
    assert "云晶舱" not in found(TEXTS + OTHERS, Lexicon.default().ignoring(["云晶舱"]))
    assert "座椅通风" not in found(TEXTS + OTHERS)


def test_a_word_of_few_posts_is_not_suggested() -> None:
    assert "云晶舱" not in found(TEXTS[:4] + OTHERS)


def test_suggestions_are_kept_and_refusals_last(runtime: Runtime, by: Actor) -> None:
    with runtime.database.write() as session:
        docs = [SearchDoc("post", number, text, "", clock.now()) for number, text in enumerate(TEXTS + OTHERS, 1)]
        put(session, prepare(session, docs))
    find_suggestions(runtime)
    with runtime.database.write() as session:
        assert session.get(LexiconSuggestion, "云晶舱").posts == len(TEXTS)  # type: ignore[union-attr]
        service.refuse_suggestion(session, "云晶舱", by=by)
    find_suggestions(runtime)
    with runtime.database.read() as session:
        row = session.get(LexiconSuggestion, "云晶舱")
        assert row is not None
        assert row.refused_at is not None
        assert len(list(session.exec(select(LexiconSuggestion).where(LexiconSuggestion.word == "云晶舱")))) == 1
