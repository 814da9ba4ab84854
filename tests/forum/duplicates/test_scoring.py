"""How alike two posts are: laws that hold for any texts, and pairs that people would judge at once."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cocreate.text.lexicon import Lexicon, Term
from forum.duplicates.comparing import LEAST
from forum.duplicates.profiles import Cutting, Voice, Weights, profile
from forum.duplicates.scoring import likeness

WEIGHTS = Weights(1000, {"变速器": 150, "异响": 200, "抖动": 60, "座椅": 90, "导航": 40, "车机": 120, "漏水": 20})
CUTTING = Cutting(Lexicon.default(), ["青川S7", "远山E5"])

_PIECES = "变速箱 异响 座椅 太硬 太软 左 右 前轮 后轮 天窗漏水 ES8 导航 希望厂家处理 ， 座椅通風"
PIECES = st.sampled_from([*_PIECES.split(), " "])
TEXTS = st.lists(PIECES, min_size=1, max_size=6).map("".join)
VOICES = st.builds(
    Voice, id=st.just(1), title=TEXTS, body=TEXTS | st.just(""), model=st.sampled_from(["", "青川S7", "远山E5"]),
    kind=st.sampled_from(["idea", "problem", "praise"]),
)  # fmt: skip


def alike(a, b, **both):
    """The likeness of two titles, or voices."""
    voices = [one if isinstance(one, Voice) else Voice(1, one, **both) for one in (a, b)]
    return likeness(*(profile(CUTTING.cut(voice), WEIGHTS) for voice in voices))


@settings(max_examples=150, deadline=None)
@given(VOICES, VOICES)
def test_likeness_does_not_depend_on_who_comes_first(a, b):
    assert alike(a, b) == alike(b, a)


@settings(max_examples=100, deadline=None)
@given(VOICES, VOICES)
def test_likeness_lies_between_nothing_and_one(a, b):
    assert 0 <= alike(a, b).value <= 1


@settings(max_examples=60, deadline=None)
@given(VOICES)
def test_a_post_is_as_alike_to_itself_as_can_be(voice):
    assume(CUTTING.cut(voice).words)
    assert alike(voice, voice).value == 1


@pytest.mark.parametrize(
    ("typed", "folded"),
    [("座椅通風太吵", "座椅通风太吵"), ("ＥＳ８ 導航卡頓", "es8 导航卡顿"), ("天窗漏水\u200b嚴重", "天窗漏水严重")],
)
def test_spellings_that_fold_alike_are_the_same_post(typed, folded):
    other = "导航卡顿 天窗漏水 座椅通风"
    assert alike(typed, other) == alike(folded, other)
    assert alike(typed, folded).value == 1


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("变速箱异响严重", "变速箱有异响，希望厂家处理"),
        ("天窗漏水问题严重", "天窗一直漏水"),
        ("冷车启动时发动机异响", "发动机冷车启动异响"),
        ("导航无法升级", "导航一直无法升级，要求厂家解决"),
    ],
)
def test_one_ticket_in_other_words_is_suggested(a, b):
    assert alike(a, b).value >= LEAST


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("变速箱异响希望厂家处理", "刹车异响希望厂家处理"),  # the part differs
        ("变速箱异响", "变速箱漏油"),  # the symptom differs
        ("座椅太硬", "座椅太软"),
        ("左前轮异响", "右后轮异响"),
        ("天窗漏水 方向盘抖动", "天窗漏水 导航卡顿"),  # each says something more
    ],
)
def test_two_tickets_are_not_suggested(a, b):
    assert alike(a, b).value < LEAST


@pytest.mark.parametrize(
    ("same", "other", "doubt"),
    [
        ("座椅靠背太硬", "座椅靠背太软", "opposite.hard"),
        ("左侧车门异响", "右侧车门异响", "opposite.side"),
        ("前排座椅异响", "后排座椅异响", "opposite.end"),
        ("主驾座椅加热坏了", "副驾座椅加热坏了", "opposite.seat"),
        ("建议增加自动启停", "建议取消自动启停", "opposite.add"),
    ],
)
def test_words_that_contradict_lower_the_likeness(same, other, doubt):
    found = alike(same, other)
    assert doubt in found.doubts
    assert found.value < 0.7 * alike(same, same).value


def test_other_cars_lower_the_likeness():
    here, there = Voice(1, "车门异响", model="青川S7"), Voice(2, "车门异响", model="远山E5")
    assert alike(here, there).value < LEAST < alike(here, here).value
    assert alike(here, there).doubts == ("model",)


def test_a_car_that_is_only_named_counts_as_well():
    found = alike("青川S7车门异响", "远山E5车门异响")
    assert found.doubts == ("name",)
    assert found.value < alike("青川S7车门异响", "青川S7的车门有异响").value


def test_the_car_alone_makes_nothing_alike():
    assert alike("青川S7变速箱顿挫", "青川S7天窗漏水").value < 0.2


def test_praise_and_a_complaint_are_not_one_wish():
    praise, problem = Voice(1, "座椅通风", kind="praise"), Voice(2, "座椅通风", kind="problem")
    assert alike(praise, problem).value < LEAST


def test_a_long_body_does_not_hide_that_the_titles_agree():
    story = "上周末带家人出门，高速上开了三百公里，服务区休息以后发现的，孩子都说难受。"
    a, b = Voice(1, "天窗漏水", body=story), Voice(2, "天窗漏水", body="洗车的时候看到的，去店里说没有配件要等。")
    assert alike(a, b).value >= LEAST
    assert alike(a, Voice(2, "导航卡顿", body=story)).value < LEAST


def test_a_synonym_of_the_lexicon_counts_almost_like_the_word():
    cutting = Cutting(Lexicon(terms=(Term("静音棉", synonyms=("隔音垫",)), Term("隔音垫"), Term("地毯"))))
    cut = [profile(cutting.cut(Voice(1, title)), WEIGHTS) for title in ("加装静音棉", "加装隔音垫", "加装地毯")]
    assert likeness(cut[0], cut[1]).value > likeness(cut[0], cut[2]).value + 0.2


def test_the_shared_words_are_named_the_most_telling_first():
    assert alike("天窗漏水异响", "天窗漏水 座椅异响").shared[:2] == ("天窗", "漏水")
