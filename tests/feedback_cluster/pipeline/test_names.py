"""Names: what owners say, cleaned; short, different, never from words that only a few or only staff may read."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cocreate.text.lexicon import Lexicon
from feedback_cluster.pipeline.arrays import REST
from feedback_cluster.pipeline.model import ThemeModel
from feedback_cluster.pipeline.names import FEWEST, Sampled, candidates, choose_names
from feedback_cluster.pipeline.parameters import Parameters
from feedback_cluster.pipeline.phrases import LONGEST, Reader, find_phrases, shown, windows, written
from tests.feedback_cluster.pipeline.gold import SUBJECTS, TEXTS

READER = Reader(Lexicon.default())
SECRET = "内部代号霹雳火计划"  # words of an invented project, said by staff alone


def phrases_of(text: str, *marks: str) -> list[str]:
    """Every phrase around the marks that one post could lend."""
    clauses = READER.clauses(text, READER.pattern(marks))
    return [written(clause[start:end]) for clause in clauses for start, end in windows(clause, frozenset(marks))]


@pytest.mark.parametrize(
    ("text", "marks", "phrase"),
    [
        ("座椅通风的噪音真的很大", ["座椅", "噪音"], "座椅通风噪音大"),
        ("建议大家看看：价格确实比较便宜！", ["价格", "便宜"], "价格便宜"),
        ("車內有異味，孩子頭暈", ["异味"], "车内异味"),
        ("车机一直无法升级", ["车机", "升级"], "车机无法升级"),
        ("4S店服务态度太差", ["4s店", "服务"], "4S店服务态度差"),
        ("android auto 老是断连", ["android", "断连"], "android AUTO 断连"),
        ("百公里油耗7.5个，高速油耗偏高", ["油耗"], "高速油耗偏高"),
    ],
)
def test_a_phrase_is_what_was_said_without_its_particles(text: str, marks: list[str], phrase: str) -> None:
    assert phrase in phrases_of(text, *marks)


@pytest.mark.parametrize(
    ("text", "marks", "wrong"),
    [
        ("座椅不错，通风噪音大", ["座椅", "通风"], "座椅通风"),  # two clauses
        ("中控异响 车机卡顿", ["异响", "车机"], "中控异响车机卡顿"),  # a blank between Chinese words is a comma
        ("导航不能用了", ["导航"], "导航不能"),  # a denial of nothing
        ("油耗油耗太高", ["油耗"], "油耗油耗"),  # said twice
        ("空调", ["空调"], "空调"),  # a keyword is no title
        ("严重异响", ["异响"], "严重异响"),  # an ending does not open
    ],
)
def test_what_nobody_would_call_a_title_is_no_phrase(text: str, marks: list[str], wrong: str) -> None:
    assert wrong not in phrases_of(text, *marks)


def test_a_post_counts_once_for_a_phrase_however_often_it_says_it() -> None:
    clauses = READER.clauses("车内异味，还是车内异味，车内异味", READER.pattern(["异味"]))
    said = {phrase.text: phrase.said for phrase in find_phrases([clauses, clauses], ["异味"])}
    assert said["车内异味"] == 2


def test_latin_words_are_written_as_people_write_them() -> None:
    assert [shown(word) for word in ("ota", "4s店", "carplay", "2.0t", "座椅")] == [
        "OTA",
        "4S店",
        "carplay",
        "2.0T",
        "座椅",
    ]


@pytest.mark.parametrize("word", ["个油", "店未", "哪条", "一开"])
def test_a_word_cut_in_the_wrong_place_or_one_that_asks_is_noise(word: str) -> None:
    assert READER.is_noise(word)


@pytest.mark.parametrize("word", ["油耗", "异响", "一键", "ota", "对置"])
def test_a_word_that_says_something_is_no_noise(word: str) -> None:
    assert not READER.is_noise(word)


def sampled(posts: list[str], marks: list[str]) -> Sampled:
    """All posts as one cluster, with the marks for a vocabulary."""
    counts = np.array([[post.count(mark) for mark in marks] for post in posts], dtype=np.float32)
    columns = {mark: column for column, mark in enumerate(marks)}
    return Sampled.draw(np.zeros(len(posts), dtype=np.int64), sp.csr_matrix(counts), columns, 1, 1000)


def test_a_phrase_needs_three_posts_that_hold_its_words() -> None:
    marks = ["座椅", "噪音"]
    posts = ["座椅噪音大"] * 2 + ["蓝牙断连"] * 5
    for told, expected in ((posts, False), ([*posts, "噪音在座椅里"], True)):
        found = candidates(0, {"座椅": 1.0, "噪音": 0.9}, sampled(told, marks), told, READER)
        assert ("座椅噪音大" in [text for _, text in found]) is expected
    assert FEWEST == 3


def test_the_cluster_with_the_better_claim_gets_the_phrase() -> None:
    found = [[(2.9, "车内异味"), (0.9, "空调异味")], [(3.0, "车内异味")], []]
    assert choose_names(found, [["异味"], ["异味"], ["异味", "空调"]], ["", "", ""], {}) == [
        "空调异味",
        "车内异味",
        "异味",
    ]


def test_two_words_name_a_cluster_whose_posts_share_them_and_no_phrase() -> None:
    marks = ["操控", "底盘", "内饰"]
    posts = ["底盘稳了以后才觉得操控好玩"] * 3 + ["操控好，内饰也还行"] * 2
    found = candidates(0, {"操控": 1.0, "底盘": 0.5, "内饰": 0.4}, sampled(posts, marks), posts, READER)
    assert "操控与底盘" in [text for _, text in found]
    assert "操控与内饰" not in [text for _, text in found]  # only two hold both


def test_a_name_that_holds_another_is_the_last_choice() -> None:
    found = [[(2.0, "车内异味")], [(1.5, "车内异味严重"), (1.0, "空调发霉")]]
    assert choose_names(found, [["异味"], ["异味"]], ["", ""], {}) == ["车内异味", "空调发霉"]


def test_a_name_stays_until_another_is_clearly_better() -> None:
    near = [[(1.5, "车内异味"), (1.0, "空调异味")]]
    assert choose_names(near, [["异味"]], [""], {0: "空调异味"}) == ["空调异味"]
    assert choose_names(near, [["异味"]], [""], {0: "没人再说的话"}) == ["车内异味"]
    assert choose_names([[(2.5, "车内异味"), (1.0, "空调异味")]], [["异味"]], [""], {0: "空调异味"}) == ["车内异味"]
    assert choose_names([[]], [["异味", "空调"]], [""], {0: "空调"}) == ["空调"]


@pytest.mark.parametrize(
    ("words", "quote", "name"),
    [
        (["操控", "底盘"], "", "操控"),
        (["ota"], "", "OTA"),
        ([], "就是好！真的", "就是好"),
        ([], "", "主题 1"),
        (["一个长得不能再长的词语组合啊啊"], "", "主题 1"),
    ],
)
def test_without_a_phrase_keywords_a_quote_or_a_number_name_it(words: list[str], quote: str, name: str) -> None:
    assert choose_names([[]], [words], [quote], {}) == [name]


SAYINGS = [
    "座椅通风噪音大",
    "蓝牙总是断连",
    "冬季续航缩水",
    "空调有异味",
    "胎噪明显",
    "的了吗",
    "谢谢楼主",
    "OTA 推送失败",
    "",
]
POSTS = st.lists(st.sampled_from(SAYINGS), max_size=40)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(POSTS, st.integers(1, 8))
def test_names_are_there_short_different_and_say_something(texts: list[str], k: int) -> None:
    told = Parameters(k=k, dim=10)
    one, two = (ThemeModel(told).fit(texts) for _ in range(2))
    labels = [cluster.label for cluster in one.clusters_]
    assert len(set(labels)) == len(labels)
    assert all(0 < len(label) <= LONGEST for label in labels)
    assert not set(labels) & Lexicon.default().stop_words
    assert labels == [cluster.label for cluster in two.clusters_]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sets(st.integers(0, len(TEXTS) - 1), min_size=3, max_size=70), st.integers(0, 3))
def test_nothing_shown_is_said_by_private_posts_alone(private: set[int], seed: int) -> None:
    texts = [f"{SUBJECTS[row]}霹雳火，{SECRET}：{text}" if row in private else text for row, text in enumerate(TEXTS)]
    public = np.array([row not in private for row in range(len(texts))])
    model = ThemeModel(Parameters(k=8, dim=30, seed=seed)).fit(texts, public=public)
    said_in_public = "".join(text for text, is_public in zip(texts, public, strict=True) if is_public)
    for cluster in model.clusters_:
        shown_rows = [*cluster.quotes, *([] if cluster.dissent is None else [cluster.dissent])]
        assert all(public[row] for row in shown_rows)
        for word in (*cluster.keywords, cluster.label, *(area.label for area in model.areas_)):
            assert not any(piece in word for piece in ("内部", "代号", "霹雳", "计划"))
    assert not any(piece in said_in_public for piece in ("代号", "霹雳"))


def test_a_theme_of_private_posts_alone_says_nothing_of_them() -> None:
    texts = [*TEXTS[:20], *[f"{SECRET}第{number}版" for number in range(10)]]
    fixed = (np.arange(20, 30), np.full(10, 1))
    public = np.arange(30) < 20
    model = ThemeModel(Parameters(k=2, dim=10)).fit(texts, fixed=fixed, public=public)
    alone = [c for c in model.clusters_ if not np.any(public[model.labels_ == c.number]) and c.size]
    assert [(c.keywords, c.quotes, c.dissent) for c in alone] == [((), (), None)] * len(alone)
    assert all(c.label.startswith("主题") for c in alone)
    assert alone or np.any(model.labels_[~public] == REST) or all(c.size for c in model.clusters_)
