"""Folding gives texts that mean the same one spelling, and does so once and for all."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pypinyin.constants import PINYIN_DICT

from cocreate.text.clutter import SYLLABLES
from cocreate.text.fold import fold
from cocreate.text.rewrite_sounds import readings

OWNERS_CHARACTERS = st.text(
    alphabet=st.one_of(
        st.characters(), st.sampled_from("這個軟體車機後裡妳壹萬圓貳著乾徵么程式檔案影像ＡＢ\u200b①㎞İß⻋気")
    )
)
CLUTTER = st.lists(
    st.sampled_from(
        ["座", "翥", "車", "壹", "(", ")", "（", "）", "zuo", "zhù", "es8", " ", "<", "b", "br", "/", ">", "&", "lt",
         "nbsp", ";", "amp", "#65", "\u200b", "\u0301", "ü", "1", "'"]
    ),
    max_size=24,
).map("".join)  # fmt: skip


@given(OWNERS_CHARACTERS)
@example("薴")  # simplified in two steps: 苧, then 苎
@example("\u3164")  # its compatibility form is invisible as well
def test_folding_twice_is_folding_once(text: str) -> None:
    once = fold(text)
    assert fold(once) == once


@settings(deadline=None)  # the first bracket loads the dictionary of pinyin
@given(CLUTTER)
@example("座(zuo)(zuo)椅")
@example("&amp;lt;br&amp;gt;")
@example("<<b>b>b>")
def test_folding_away_clutter_is_done_once_and_for_all(text: str) -> None:
    once = fold(text)
    assert fold(once) == once


@pytest.mark.parametrize(
    ("raw", "folded"),
    [
        ("龙翥(zhù)大灯", "龙翥大灯"),
        ("座(zuo)椅加热", "座椅加热"),
        ("座椅（zuò yǐ）太硬", "座椅太硬"),
        ("鼻（bi2）子", "鼻子"),
        ("绿(lǜ)光，掠(lve)过", "绿光,掠过"),
        ("长(cháng)安", "长安"),
        ("第一行<br>第二行</p>&nbsp;完", "第一行 第二行  完"),
        ('座椅<font color="red">通风</font>', "座椅通风"),
        ("P&amp;amp;R", "p&r"),
        ("座\U000e0100椅\x08", "座椅"),
        ("祢和牠", "你和它"),
        ("⻋⻔漏⻛", "车门漏风"),
        ("気门黒烟", "气门黑烟"),
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


@pytest.mark.parametrize(
    "text",
    [
        "极氪(001)",
        "蔚来(es8)",
        "续航(km)",
        "咖啡(café)",
        "大灯(led)",
        "油耗<8升>6升",
        "a<b",
        "<求助>",
        "r&d",
        "问(wen3yi)",
    ],
)
def test_what_only_looks_like_clutter_stays(text: str) -> None:
    assert fold(text) == text


def test_a_plain_one_is_read_as_one() -> None:
    assert fold("壹个愿望") == "一个愿望"


@pytest.mark.parametrize("amount", ["壹万元整", "贰佰壹拾元", "壹仟", "伍拾壹"])
def test_amounts_in_financial_numerals_survive(amount: str) -> None:
    assert fold(amount) == amount


def test_every_reading_passes_for_letters_that_may_be_one() -> None:
    spoken = {reading for code in PINYIN_DICT for reading in readings(chr(code))}
    assert len(spoken) > 400
    assert [reading for reading in sorted(spoken) if not SYLLABLES.fullmatch(reading)] == []
    assert not any(map(SYLLABLES.fullmatch, ("epc", "abs", "suv", "km", "carplay")))
