"""Labels: weights that mark a cluster, names that read, quotes that speak for it and differ."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from feedback_cluster.pipeline.arrays import REST, unit_rows
from feedback_cluster.pipeline.labels import class_tf_idf, keywords, name_of, phrase, quotes

COUNTS = hnp.arrays(np.float32, (6, 5), elements=st.integers(0, 4).map(float))
LABELS = st.lists(st.integers(-1, 3), min_size=6, max_size=6).filter(lambda labels: max(labels) >= 0)


@given(COUNTS, LABELS)
def test_weights_are_never_negative_and_nothing_unsaid_has_any(counts: np.ndarray, labels: list[int]) -> None:
    given_labels = np.array(labels)
    weights = class_tf_idf(sp.csr_matrix(counts), given_labels)
    present = np.unique(given_labels[given_labels != REST])
    said = np.array([counts[given_labels == label].sum(axis=0) for label in present])
    assert weights.shape == said.shape
    assert np.all(weights >= 0)
    assert np.array_equal(weights > 0, said > 0)


@given(COUNTS, LABELS)
def test_rest_has_no_say(counts: np.ndarray, labels: list[int]) -> None:
    kept = np.array(labels) != REST
    whole = class_tf_idf(sp.csr_matrix(counts), np.array(labels))
    alone = class_tf_idf(sp.csr_matrix(counts[kept]), np.array(labels)[kept])
    assert np.allclose(whole, alone)


@given(COUNTS, LABELS, st.permutations(range(6)))
def test_the_order_of_posts_does_not_matter(counts: np.ndarray, labels: list[int], order: list[int]) -> None:
    one = class_tf_idf(sp.csr_matrix(counts), np.array(labels))
    two = class_tf_idf(sp.csr_matrix(counts[order]), np.array(labels)[order])
    assert np.allclose(one, two)


def test_a_word_of_one_cluster_outweighs_a_word_of_all() -> None:
    weights = class_tf_idf(sp.csr_matrix(np.array([[2.0, 2, 0], [2, 0, 2]])), np.array([0, 1]))
    assert weights[0, 1] > weights[0, 0] > weights[0, 2] == 0


def test_all_rest_is_refused() -> None:
    with pytest.raises(ValueError, match="every post is rest"):
        class_tf_idf(sp.csr_matrix(np.ones((2, 2))), np.array([REST, REST]))


def test_keywords_do_not_repeat_each_other() -> None:
    assert keywords(np.array([[3.0, 2, 1, 0]]), ["空调滤芯", "滤芯", "异味", "胎噪"], 5) == [["空调滤芯", "异味"]]


@pytest.mark.parametrize(
    ("words", "documents", "name"),
    [
        (["通风", "座椅", "噪音"], [["座椅", "通风", "噪音"]] * 3, "座椅通风噪音"),
        (["通风", "座椅", "噪音"], [["座椅", "通风"]] * 5 + [["座椅", "通风", "噪音"]], "座椅通风"),
        (["蓝牙", "断连"], [["断连", "地库"], ["蓝牙"]], "蓝牙、断连"),
        (["ota", "推送"], [["ota", "推送"]] * 2, "OTA 推送"),
        ([], [["座椅"]], ""),
    ],
)
def test_a_name_reads_like_what_owners_say(words: list[str], documents: list[list[str]], name: str) -> None:
    assert phrase(words, documents) == name


def test_a_cluster_without_words_is_named_by_a_quote() -> None:
    assert name_of([], [], "就是好！真的") == "就是好"
    assert name_of([], [], "") == "…"


def test_quotes_are_central_and_differ() -> None:
    rows = unit_rows(np.array([[1, 0.1], [1, 0.1], [1, 0], [1, 0.9], [0, 1]], dtype=np.float32))
    texts = [
        "座椅通风噪音很大啊",
        "座椅通风噪音很大啊",
        "座椅通风的噪音真大",
        "座椅通风夏天不够凉",
        "完全是另一件事情了",
    ]
    chosen = quotes(rows, unit_rows(rows[:4].mean(axis=0, keepdims=True))[0], texts, 3)
    assert len({texts[place] for place in chosen}) == 3
    assert chosen[-1] != 1
    assert 4 not in chosen[:2]


def test_a_readable_post_is_quoted_before_a_bare_word() -> None:
    rows = unit_rows(np.array([[1, 0], [1, 0.2]], dtype=np.float32))
    assert quotes(rows, rows[0], ["吵", "座椅通风开三档太吵"], 1) == [1]
