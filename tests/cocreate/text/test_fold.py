"""Folding gives texts that mean the same one spelling, and does so once and for all."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cocreate.text.fold import fold

OWNERS_CHARACTERS = st.text(
    alphabet=st.one_of(
        st.characters(), st.sampled_from("這個軟體車機後裡妳壹萬圓貳著乾徵么程式檔案影像ＡＢ\u200b①㎞İß")
    )
)


@given(OWNERS_CHARACTERS)
@example("薴")  # simplified in two steps: 苧, then 苎
@example("\u3164")  # its compatibility form is invisible as well
def test_folding_twice_is_folding_once(text: str) -> None:
    once = fold(text)
    assert fold(once) == once


@pytest.mark.parametrize(
    ("raw", "folded"),
    [
        ("ＮＯＰ＋　領航", "nop+ 领航"),
        ("妳的車機軟體更新後死機", "你的车机软件更新后死机"),
        ("後排空間太小", "后排空间太小"),
        ("蓝\u200b牙\ufeff断连", "蓝牙断连"),
        ("滑鼠和螢幕", "鼠标和屏幕"),
        ("４Ｓ店", "4s店"),
    ],
)
def test_spellings_of_one_text_meet(raw: str, folded: str) -> None:
    assert fold(raw) == folded


@pytest.mark.parametrize("text", ["360影像的程序和文件", "著名的乾隆", "什么时候推送", "干净的后视镜", "程式"])
def test_mainland_words_are_left_alone(text: str) -> None:
    assert fold(text) == text


def test_a_plain_one_is_read_as_one() -> None:
    assert fold("壹个愿望") == "一个愿望"


@pytest.mark.parametrize("amount", ["壹万元整", "贰佰壹拾元", "壹仟", "伍拾壹"])
def test_amounts_in_financial_numerals_survive(amount: str) -> None:
    assert fold(amount) == amount
