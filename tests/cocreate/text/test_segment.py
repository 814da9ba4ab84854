"""Segmenting: words and pairs for search, content words for grouping."""

import csv
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocreate.text.cutter import Cutter, FastEngine, ReferenceEngine, tile
from cocreate.text.fold import fold
from cocreate.text.lexicon import Lexicon
from cocreate.text.segment import RUN, content_words, grams, warm, words
from tests.realdata import REAL_DATA

SENTENCES = [
    "冬天续航缩水严重，充电口盖还结冰",
    "高速上方向盘抖动，四轮定位做了两次也没用",
    "希望座椅通风的噪音能小一点",
    "车机连不上蓝牙，重启三次才好",
    "四儿子店说没有配件，等了两个月还是推诿，要求退换车",
    "内饰板起泡质量太差，做工太糙，速度快一点时就共振",
    "提车半年左前大灯起雾，售后让自然晾干，客服不作为",
    "领航辅助在匝道汇入主路时犹豫，接管太突然，吓出一身冷汗",
    "充电桩拔不下来枪，应急拉索也没用，最后叫了道路救援",
    "语音助手听不懂方言，让它打开座椅加热却开了空调制冷",
    "后排出风口没有风，孩子说太闷，天窗遮阳帘也关不严",
    "更新之后续航掉了四十公里，表显和实际差得离谱",
    "自动泊车把轮毂蹭了，理赔还要自己先垫付",
    "雨刮器刮不干净而且吱吱响，换了胶条还是老样子",
    "变速箱低速顿挫，升级程序以后好了一阵又犯",
]


@pytest.mark.parametrize(
    ("typed", "tokens"),
    [
        ("ES8", ["es8", "es", "8"]),
        ("model Y", ["model", "y", "modely"]),
        ("NOP+", ["nop+", "nop"]),
        ("i-cockpit", ["i-cockpit", "icockpit", "i", "cockpit"]),
        ("OTA v2.4", ["ota", "v2.4", "v24", "v", "2", "4", "otav2.4"]),
        ("ota 2.4", ["ota", "2.4", "24", "2", "4", "ota2.4"]),
        ("Model Y", ["model", "y", "modely"]),
        ("DM-i", ["dm-i", "dmi", "dm", "i"]),
        ("极氪001怎么样", ["001"]),
        ("0x8004", ["0x8004", "0", "x", "8004"]),
        ("ＥＳ８", ["es8", "es", "8"]),
        ("a。b", ["a", "b"]),
        ("很好.", []),
    ],
)
def test_latin_tokens_come_in_every_spelling_an_owner_may_type(typed: str, tokens: list[str]) -> None:
    assert [token for token in grams(typed) if token.isascii()] == tokens
    assert [token for token in words(typed) if token.isascii()] == tokens


def test_pairs_overlap_and_the_last_character_stands_alone() -> None:
    assert grams("座椅异响，贵") == ["座椅", "椅异", "异响", "响", "贵"]


@given(st.text(alphabet="座椅通风异响蓝牙断连充电", min_size=1, max_size=12), st.data())
def test_any_piece_of_a_run_is_found_by_its_pairs(run: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(run) - 1))
    piece = run[start : data.draw(st.integers(start + 1, len(run)))]
    asked = grams(piece)[:-1] or [piece]
    indexed = grams(run)
    phrases = ["\n".join(indexed[i : i + len(asked)]) for i in range(len(indexed))]
    assert any(phrase.startswith("\n".join(asked)) for phrase in phrases)


def test_search_words_hold_the_short_words_inside_long_ones() -> None:
    assert {"座椅", "通风", "座椅通风"} <= set(words("座椅通风"))


def test_traditional_and_simplified_posts_share_their_words() -> None:
    assert words("座椅通風太吵") == words("座椅通风太吵")


def test_content_words_leave_out_what_says_nothing() -> None:
    assert content_words("楼主你好，请问 https://example.com/a?b=c 我的2021款车子蓝牙断连了吗") == ["蓝牙", "断连"]


def test_how_much_is_not_what_about() -> None:
    assert content_words("3000km 跑了两圈，等了十分钟，一百二才有胎噪，四驱") == ["胎噪", "四驱"]


def test_names_of_makers_say_nothing_about_the_subject() -> None:
    assert content_words("东风本田的天窗异响") == ["天窗", "异响"]


def test_other_spellings_come_as_the_word_kept_for_them() -> None:
    assert content_words("雨刷刮不干净")[:1] == content_words("雨刮器刮不干净")[:1] == ["雨刮"]


def test_a_compound_and_its_loose_spelling_are_one_subject() -> None:
    assert content_words("座椅通风") == content_words("座椅的通风") == ["座椅", "通风"]


def test_words_a_brand_ignores_say_nothing_for_it() -> None:
    assert content_words("澜星蓝牙断连", Lexicon.default().ignoring(["澜星"])) == ["蓝牙", "断连"]


def test_own_terms_are_kept_whole() -> None:
    lexicon = Lexicon.default().ignoring([])
    assert "胎噪" in words("胎噪很大", lexicon)
    assert "胎噪" not in words("胎噪很大", Lexicon())


@pytest.fixture(scope="module")
def engines() -> tuple[Cutter, Cutter]:
    spellings = tuple(sorted(Lexicon.default().spellings))
    return Cutter(FastEngine(spellings)), Cutter(ReferenceEngine(spellings))


def test_both_engines_cut_alike(engines: tuple[Cutter, Cutter]) -> None:
    fast, reference = engines
    runs = [run for sentence in SENTENCES for run in re.split("[，。？]", sentence) if run]
    for cut in ("cut", "cut_known", "cut_for_search"):
        assert [getattr(fast, cut)(run) for run in runs] == [getattr(reference, cut)(run) for run in runs]


def test_both_engines_cut_the_lexicon_s_words_alike_in_every_company(engines: tuple[Cutter, Cutter]) -> None:
    fast, reference = engines
    spoken = [word for word in Lexicon.default().spellings if not re.search("[^\u4e00-\u9fff]", word)]
    frames = ("{}", "我的车{}坏了怎么办", "希望{}和{}都能优化一下", "冬天{}太差而且{}有异响", "{}{}")
    for place, word in enumerate(spoken):
        run = frames[place % len(frames)].format(word, spoken[-place])
        assert fast.cut_for_search(run) == reference.cut_for_search(run)
        assert fast.cut(run) == reference.cut(run)


@pytest.mark.realdata
def test_both_engines_cut_real_texts_alike_but_for_tripled_characters(engines: tuple[Cutter, Cutter]) -> None:
    fast, reference = engines
    with (REAL_DATA / "car_opinions.csv").open(encoding="utf-8-sig", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)][:1500]
    runs = [chinese for text in texts for chinese, _ in RUN.findall(fold(text)) if chinese]
    assert len(runs) > 5000
    others = [run for run in runs if fast.cut_for_search(run) != reference.cut_for_search(run)]
    assert all(re.search(r"(.)\1\1", run) for run in others)


def test_a_word_is_tiled_by_the_fewest_and_longest_parts() -> None:
    assert tile("发动机故障灯", {"发动", "发动机", "故障", "故障灯", "动机"}) == ("发动机", "故障灯")
    assert tile("无钥匙进入", {"钥匙", "进入"}) == ("无钥匙进入",)


def test_warming_leaves_nothing_to_load() -> None:
    warm()
    assert words("热身") == ["热身"]
