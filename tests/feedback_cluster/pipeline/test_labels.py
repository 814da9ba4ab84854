"""Labels: weights that mark a cluster, names that read, quotes that speak for it and differ."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from feedback_cluster.pipeline.arrays import REST, unit_rows
from feedback_cluster.pipeline.labels import class_tf_idf, dissent, keywords, pair_likeness, quotes, surest

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


def test_keywords_are_said_together() -> None:
    """Four words weigh the same; two of them stand in one post again and again."""
    counts = sp.csr_matrix(np.array([[1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 0, 1], [0, 0, 1, 1]], dtype=np.float32))
    weights = np.array([[1.0, 0.5, 0.5, 0.5]])
    names = ["座椅", "通风", "胎噪", "蓝牙"]
    assert keywords(weights, names, 2, counts) == [["座椅", "通风"]]
    assert keywords(weights[:, ::-1], names[::-1], 2, counts[:, ::-1]) == [["座椅", "通风"]]


def test_a_word_of_many_themes_stands_behind_a_word_of_one() -> None:
    weights = np.array([[1.0, 0.51, 0.5, 0], [0, 0.9, 0, 1.0], [0, 0.9, 0, 0.9]])
    assert keywords(weights, ["座椅", "异响", "通风", "蓝牙"], 2)[0] == ["座椅", "通风"]


@given(COUNTS, LABELS)
def test_pairs_of_words_are_as_likely_as_numpy_says(counts: np.ndarray, labels: list[int]) -> None:
    said = (counts > 0).astype(np.float32)
    likeness = pair_likeness(sp.csc_matrix(said))
    for one in range(5):
        for other in range(5):
            both = np.mean(said[:, one] * said[:, other])
            alone = np.mean(said[:, one]) * np.mean(said[:, other])
            wanted = -1.0 if both == 0 else 1.0 if both == 1 else np.log(both / alone) / -np.log(both)
            assert likeness[one, other] == pytest.approx(wanted, abs=1e-5)


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


def test_a_post_that_says_the_keywords_is_quoted_before_one_that_is_only_near() -> None:
    rows = unit_rows(np.array([[1, 0], [1, 0.3]], dtype=np.float32))
    texts = ["这个真的是让人没有想到会这样", "座椅通风开到三档的时候噪音很大"]
    assert quotes(rows, rows[0], texts, 1) == [0]
    assert quotes(rows, rows[0], texts, 1, np.array([0, 3])) == [1]


def test_only_the_surest_are_looked_at_and_they_come_in_order() -> None:
    confidence = np.linspace(0, 1, 5000, dtype=np.float32)
    members = np.arange(0, 5000, 2)
    looked_at = surest(members, confidence)
    assert looked_at.tolist() == members[::-1][:400].tolist()
    assert surest(np.array([4, 2]), np.ones(5, dtype=np.float32)).tolist() == [4, 2]


def test_who_insults_is_quoted_last() -> None:
    rows = unit_rows(np.array([[1, 0], [1, 0.3]], dtype=np.float32))
    texts = ["楼主是傻子吧，座椅通风噪音这么大", "座椅通风开到三档的时候噪音很大"]
    assert quotes(rows, rows[0], texts, 2) == [1, 0]


BAD, GOOD, NEITHER = "座椅通风的噪音太大了实在受不了", "座椅通风又凉快又安静非常满意", "请问座椅通风的开关在哪一页里"
SIDES = {BAD: -0.9, GOOD: 0.8, NEITHER: 0.0}


@pytest.mark.parametrize(
    ("texts", "place"),
    [
        ([BAD, BAD, GOOD, NEITHER], 2),
        ([GOOD, NEITHER, GOOD, BAD], 3),
        ([GOOD, BAD], None),  # nobody is the majority
        ([BAD, BAD, NEITHER], None),  # nobody opposes
        ([NEITHER, NEITHER], None),
        ([], None),
    ],
)
def test_dissent_is_the_side_of_the_few(texts: list[str], place: int | None) -> None:
    assert dissent(texts, SIDES.__getitem__, np.ones(len(texts), dtype=np.int64), []) == place


def test_dissent_is_no_quote_and_speaks_of_the_theme() -> None:
    texts = [BAD, BAD, GOOD, GOOD, BAD]
    about = np.ones(5, dtype=np.int64)
    assert dissent(texts, SIDES.__getitem__, about, [2]) == 3
    assert dissent(texts, SIDES.__getitem__, np.array([1, 1, 0, 1, 1]), []) == 3
    assert dissent(texts, SIDES.__getitem__, np.array([1, 1, 0, 0, 1]), []) is None
