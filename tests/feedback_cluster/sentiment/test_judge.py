"""What the judge hears in sentences about cars."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocreate.text.fold import fold
from feedback_cluster.sentiment.judge import LONGEST, polarity, stance
from feedback_cluster.sentiment.lexicon import WORDS, Role, entries

COMPLAINTS = [
    "油耗高", "高油耗", "动力不足", "座椅有异响", "后排空间有点小", "价格太高", "充电太慢", "刹车失灵",
    "不推荐", "不太满意", "不是很好", "没有宝马好看", "不如宝马好看", "识别率低", "升级之后更卡了", "毛病不少",
    "续航短",
]  # fmt: skip
PRAISES = [
    "油耗很低", "动力十足", "没有异响", "没有明显的异响", "静音做得好", "空间大", "油耗不高", "比上一代省油",
    "车机不卡顿", "毛病很少", "价格便宜", "高速上很稳", "推荐购买", "噪音很小",
]  # fmt: skip
NEITHER = [
    "你好，请问导航怎么升级", "能不能加个方向盘加热？", "这车油耗高吗？", "建议增加夜间模式",
    "希望下次更新带上这个功能", "今天提车", "高速公路", "周末从上海开到杭州", "", "？？？",
]  # fmt: skip


@pytest.mark.parametrize("text", COMPLAINTS)
def test_a_complaint_is_below_zero(text: str) -> None:
    assert polarity(text) < -0.2


@pytest.mark.parametrize("text", PRAISES)
def test_praise_is_above_zero(text: str) -> None:
    assert polarity(text) > 0.2


@pytest.mark.parametrize("text", NEITHER)
def test_questions_wishes_and_plain_facts_are_neither(text: str) -> None:
    assert stance(polarity(text)) == 0
    assert abs(polarity(text)) < 0.2


def test_what_comes_after_but_weighs_more() -> None:
    assert polarity("外观好看，但是内饰太差") < -0.2 < 0.2 < polarity("内饰太差，但是外观好看")
    assert polarity("除了油耗高，其他都很满意") > 0.4


def test_a_wish_after_a_complaint_does_not_soften_it() -> None:
    assert polarity("发动机异响要求尽快解决") == polarity("发动机异响") < -0.4
    assert polarity("变速箱漏油低速抖动严重") < polarity("变速箱漏油") < -0.4
    assert abs(polarity("希望座椅更舒服")) < 0.2


def test_a_thing_waits_for_its_amount_over_a_comma() -> None:
    assert polarity("油耗嘛，有点高") < -0.2 < 0.2 < polarity("空间嘛，挺大")


def test_emphasis_counts() -> None:
    assert polarity("非常满意") > polarity("满意") > polarity("有点满意") > 0
    assert polarity("太吵了，异响，还漏油") < polarity("异响") < 0


def test_traditional_script_is_heard_alike() -> None:
    assert polarity("油耗太高，後排有異響") == polarity("油耗太高，后排有异响") < -0.4


@given(st.text(max_size=200))
def test_any_text_has_a_polarity_and_the_same_one_each_time(text: str) -> None:
    value = polarity(text)
    assert -1 <= value <= 1
    assert value == polarity(text)
    assert stance(value) in (-1, 0, 1)


@given(st.sampled_from(COMPLAINTS + PRAISES), st.text(alphabet="甲乙丙丁", max_size=40))
def test_a_name_in_front_changes_nothing(text: str, name: str) -> None:
    assert polarity(f"{name}。{text}") == polarity(text)


def test_only_the_beginning_of_a_novel_is_read() -> None:
    assert polarity("。" * LONGEST + "油耗太高") == 0 > polarity("。" * (LONGEST - 10) + "油耗太高")


def test_the_words_are_spelled_as_texts_are_folded() -> None:
    assert len(entries()) > 1_500
    assert [word for word in entries() if fold(word) != word] == []


def test_no_word_praises_and_complains() -> None:
    said: dict[str, set[str]] = {}
    section = ""
    for line in WORDS.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif not line.startswith("#"):
            for word in line.split():
                said.setdefault(word, set()).add(section)
    assert [w for w, where in said.items() if where & {"good", "great"} and where & {"poor", "awful"}] == []
    assert entries()["异响"].role is Role.BURDEN
    assert entries()["异响"].value < 0 == entries()["油耗"].value


def test_it_is_quick() -> None:
    polarity("热身")
    texts = [*COMPLAINTS, *PRAISES, "森林" * 10 + "油耗高，但是空间大，" * 4] * 60
    began = time.process_time()
    for text in texts:
        polarity(text)
    # 35,000 texts a second were measured alone; tests share the processor with others.
    assert len(texts) / max(time.process_time() - began, 1e-9) > 2_000
