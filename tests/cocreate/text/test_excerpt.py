"""A title derived from a body is its first sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocreate.text.excerpt import first_sentence


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("座椅通风太吵。夏天不敢开。", "座椅通风太吵"),
        ("为什么又推迟？等了两个月", "为什么又推迟"),
        ("\n\n  第一行\n第二行", "第一行"),
        ("！！！蓝牙断连", "蓝牙断连"),
        ("Model Y 2.4 很好", "Model Y 2.4 很好"),
        ("。。。", ""),
        ("", ""),
    ],
)
def test_the_first_sentence_that_says_something(body: str, title: str) -> None:
    assert first_sentence(body) == title


def test_a_long_sentence_is_cut_with_its_mark_inside_the_limit() -> None:
    title = first_sentence("续航" * 100)
    assert (len(title), title[-1]) == (60, "…")


@given(st.text(), st.integers(1, 80))
def test_never_longer_than_the_limit(body: str, limit: int) -> None:
    assert len(first_sentence(body, limit)) <= limit
