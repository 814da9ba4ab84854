"""Other readings of a query: what was typed as sounds, initials, a wrong character, or in other words."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocreate.text.lexicon import Lexicon, Term
from cocreate.text.rewrite import Rewriter
from cocreate.text.rewrite_sounds import split, syllables, typed

LEXICON = Lexicon(
    terms=(
        Term("座椅"), Term("通风"), Term("座椅通风"), Term("加热"), Term("换电站"),
        Term("后备箱", ("尾箱",), ("行李箱",)),
        Term("空调", synonyms=("冷气",)), Term("记录仪"), Term("行车记录仪"), Term("西安"), Term("绿灯"),
        Term("抬头显示", ("hud",)), Term("暖气", synonyms=("制热", "暖风")),
    ),
    names=(Term("蔚来", ("nio",)),),
)  # fmt: skip
POSTS = {
    "座椅": 900, "通风": 300, "座椅通风": 60, "加热": 200, "换电站": 40, "后备箱": 100, "尾箱": 30, "行李箱": 20,
    "空调": 800, "行车记录仪": 40,
    "冷气": 9, "异响": 500, "运行": 50, "制热": 6, "暖风": 127, "hud": 12, "kt": 3, "suv": 90, "抬头显示": 15, "ktv": 7,
}  # fmt: skip


@pytest.fixture(scope="module")
def rewriter() -> Rewriter:
    return Rewriter(LEXICON, POSTS, words=["异响", "运行"])


def first(rewriter: Rewriter, text: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    found = rewriter.readings(text)
    return (found[0].words, found[0].rest) if found else None


@pytest.mark.parametrize(
    ("text", "words", "rest"),
    [
        ("zuoyi", ("座椅",), ()),
        ("ZuoYi", ("座椅",), ()),
        ("zuòyǐ", ("座椅",), ()),
        ("zuo4yi3", ("座椅",), ()),
        ("zuo yi", ("座椅",), ()),
        ("xi'an", ("西安",), ()),
        ("zuoyi tongfeng", ("座椅", "通风"), ()),
        ("zuoyitongfeng", ("座椅通风",), ()),
        ("zuoyijiare", ("座椅", "加热"), ()),
        ("zuo yi tong feng", ("座椅通风",), ()),
        ("zuoyi加热", ("座椅",), ("加热",)),
        ("加热zuoyi", ("座椅",), ("加热",)),
        ("huandianz", ("换电站",), ()),
        ("zytf", ("座椅通风",), ()),
        ("ZYTF", ("座椅通风",), ()),
        ("lvdeng", ("绿灯",), ()),
        ("lǜdēng", ("绿灯",), ()),
        ("yixiang", ("异响",), ()),
        ("yx", ("异响",), ()),
        ("zhuoyi", ("座椅",), ()),
        ("kongtiao hud", ("空调",), ("hud",)),
        ("座倚", ("座椅",), ()),
        ("形车记录仪", ("行车记录仪",), ()),
        ("行车记录义", ("行车记录仪",), ()),
        ("尾箱", ("后备箱",), ()),
        ("行李箱太小", ("后备箱",), ("太小",)),
        ("暖气", ("暖风",), ()),
    ],
)
def test_a_text_is_read_as_the_words_that_were_meant(
    rewriter: Rewriter, text: str, words: tuple[str, ...], rest: tuple[str, ...]
) -> None:
    assert first(rewriter, text) == (words, rest)


@pytest.mark.parametrize(
    "text", ["", "？", "座椅通风", "suv", "es8", "0x8004", "nio", "x", "https://a.cn/zuoyi1", "请问"]
)
def test_what_means_itself_is_left_alone(rewriter: Rewriter, text: str) -> None:
    assert [reading for reading in rewriter.readings(text) if reading.via != "synonym"] == []


def test_letters_that_posts_hold_are_a_word_unless_another_is_far_more_frequent(rewriter: Rewriter) -> None:
    assert first(rewriter, "kt") == (("空调",), ()), "3 posts hold kt, 800 hold 空调"
    known = Rewriter(LEXICON, {**POSTS, "kt": 41})
    assert known.readings("kt") == []


def test_a_word_that_many_posts_hold_is_no_misspelling() -> None:
    assert Rewriter(LEXICON, {**POSTS, "座倚": 44}).readings("座倚")
    assert Rewriter(LEXICON, {**POSTS, "座倚": 46}).readings("座倚") == []


def test_a_rare_word_of_no_lexicon_is_not_what_was_meant() -> None:
    lexicon = Lexicon()
    assert Rewriter(lexicon, {"运行": 19}, ["运行"]).readings("运形") == []
    assert Rewriter(lexicon, {"运行": 20}, ["运行"]).readings("运形")[0].words == ("运行",)


def test_the_lexicons_words_come_first_then_the_frequent_ones() -> None:
    posts = {"座椅": 5, "作业": 900, "资源": 30}
    words = [reading.words for reading in Rewriter(LEXICON, posts, ["资源", "作业"]).readings("zy")]
    assert words == [("座椅",), ("作业",), ("资源",)]


def test_a_word_that_no_post_holds_comes_last() -> None:
    words = [one.words for one in Rewriter(LEXICON, {"尾箱": 3, "后备箱": 0}).readings("行李箱")]
    assert words == [("尾箱",), ("后备箱",)]


def test_without_a_corpus_the_lexicon_alone_answers() -> None:
    alone = Rewriter(LEXICON)
    assert first(alone, "zuoyi tongfeng") == (("座椅", "通风"), ())
    assert alone.readings("zuoyi")[0].posts is None


def test_a_reading_tells_what_was_changed_and_how(rewriter: Rewriter) -> None:
    [reading, *_] = rewriter.readings("zuoyi加热")
    assert [(one.typed, one.words, one.via) for one in reading.changes] == [("zuoyi", ("座椅",), "pinyin")]
    assert (reading.text, reading.via, reading.posts) == ("座椅 加热", "pinyin", 900)


def test_the_usual_reading_of_a_set_phrase_counts() -> None:
    assert syllables("行车") == ("xing", "che")
    assert syllables("银行") == ("yin", "hang")
    assert typed("es8") == typed("carplay2") == ""
    assert split("zuoyi")
    assert not split("zytf")


def test_a_long_text_costs_little(rewriter: Rewriter) -> None:
    started = time.thread_time()
    for _ in range(20):
        rewriter.readings("方向盘抖动得厉害而且座倚也不加热了zuoyitongfengjiarekongtiao" * 3)
    assert (time.thread_time() - started) / 20 < 0.05


@settings(max_examples=150, deadline=None)
@given(
    st.text(alphabet=st.one_of(st.sampled_from("座椅通风倚形车zuoyitf '’0123456789àüǜ"), st.characters()), max_size=40)
)  # noqa: RUF001
def test_no_text_breaks_it(text: str) -> None:
    rewriter = Rewriter(LEXICON, POSTS)
    readings = rewriter.readings(text)
    assert len(readings) <= 8
    assert all(reading.words and reading.text for reading in readings)
