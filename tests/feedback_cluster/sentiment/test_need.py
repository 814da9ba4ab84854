"""Urgency, and words of danger that are meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_cluster.sentiment.need import SAFETY_WORDS, clean_words, danger, is_urgent


@pytest.mark.parametrize(("text", "word"), [
    ("高速上突然失速", "失速"), ("停车场里自燃了", "自燃"), ("刹车失灵，差点追尾", "刹车失灵"),
    ("高速上失去動力", "失去动力"),
    ("希望电池不会自燃", ""), ("从来没有断电过", ""), ("避免追尾的功能", ""), ("今天提车", ""), ("", ""),
    ("之前不会失速，现在失速了", "失速"),
])  # fmt: skip
def test_danger_is_heard_unless_it_is_denied(text: str, word: str) -> None:
    assert danger(text) == word


def test_a_brand_has_its_own_words() -> None:
    assert danger("尾门夹手", ["夹手"]) == "夹手"
    assert danger("高速上失速", ["夹手"]) == danger("高速上失速", []) == ""


def test_words_are_kept_once_and_folded() -> None:
    assert clean_words([" 失速 ", "失速", "斷電", "", "ABS 失效"]) == ["失速", "断电", "abs 失效"]
    assert tuple(clean_words(SAFETY_WORDS)) == SAFETY_WORDS


def test_urgency() -> None:
    assert all(map(is_urgent, ["强烈要求增加", "反馈了三次还没解决", "請儘快修復"]))
    assert not any(map(is_urgent, ["建议增加", ""]))


@given(st.text(max_size=80), st.lists(st.text(min_size=1, max_size=6), max_size=6))
def test_any_words_may_be_typed(text: str, words: list[str]) -> None:
    kept = clean_words(words)
    assert danger(text, kept) in {"", *kept}
