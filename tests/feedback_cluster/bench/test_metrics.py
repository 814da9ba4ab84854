"""The bench's own sums are those of scikit-learn, or of counting by hand."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score, f1_score, normalized_mutual_info_score

from feedback_cluster.bench import metrics

TWO = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(-1, 4)), min_size=1, max_size=40)


@given(TWO)
def test_agreement_is_that_of_scikit_learn(pairs: list[tuple[str, int]]) -> None:
    topics, groups = [topic for topic, _ in pairs], [group for _, group in pairs]
    assert metrics.nmi(topics, groups) == pytest.approx(normalized_mutual_info_score(topics, groups), abs=1e-9)
    assert metrics.ari(topics, groups) == pytest.approx(adjusted_rand_score(topics, groups), abs=1e-9)


@given(TWO)
def test_purity_hit_and_merging_are_counts(pairs: list[tuple[str, int]]) -> None:
    topics, groups = [topic for topic, _ in pairs], [group for _, group in pairs]
    by_group = {group: [t for t, g in pairs if g == group] for group in groups}
    right = sum(max(map(own.count, own)) for own in by_group.values())
    assert metrics.purity(topics, groups) == pytest.approx(right / len(pairs))
    assert metrics.hit([(topic,) for topic in topics], groups) == pytest.approx(right / len(pairs))
    named = metrics.merged(topics, groups)
    assert all(name == "-" for name, group in zip(named, groups, strict=True) if group == -1)
    assert all(
        by_group[group].count(name) == max(map(by_group[group].count, by_group[group]))
        for name, group in zip(named, groups, strict=True) if group != -1
    )  # fmt: skip


def test_a_post_of_several_topics_is_hit_by_any_of_them() -> None:
    topics = [("油耗",), ("油耗",), ("动力", "油耗"), ("空间", "外观")]
    assert metrics.hit(topics, [0, 0, 0, 0]) == 0.75


@given(TWO)
def test_accuracy_pairs_groups_and_topics_the_best_way(pairs: list[tuple[str, int]]) -> None:
    topics, groups = [topic for topic, _ in pairs], [group for _, group in pairs]
    table = np.array([[pairs.count((t, g)) for g in sorted(set(groups))] for t in sorted(set(topics))])
    assert metrics.accuracy(topics, groups) == pytest.approx(table[linear_sum_assignment(-table)].sum() / len(pairs))


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_f1_is_that_of_scikit_learn(pairs: list[tuple[bool, bool]]) -> None:
    wanted, found = (np.array(part) for part in zip(*pairs, strict=True))
    assert metrics.f1(wanted, found) == pytest.approx(f1_score(wanted, found, zero_division=0))


def test_diversity_counts_different_keywords() -> None:
    assert metrics.diversity([["油耗", "油价"], ["油耗", "动力"]]) == 0.75


@given(st.lists(st.lists(st.sampled_from("甲乙丙丁"), max_size=4), min_size=1, max_size=25))
def test_npmi_is_what_counting_pairs_gives(documents: list[list[str]]) -> None:
    topics = [["甲", "乙", "丙"], ["丙", "丁"]]
    scores = []
    for words in topics:
        said = [word for word in words if any(word in document for document in documents)]
        pairs = [npmi_by_hand(one, other, documents) for one, other in combinations(said, 2)]
        scores += [sum(pairs) / len(pairs)] if pairs else []
    wanted = sum(scores) / len(scores) if scores else 0.0
    assert metrics.npmi(documents, topics) == pytest.approx(wanted, abs=1e-6)


def npmi_by_hand(one: str, other: str, documents: list[list[str]]) -> float:
    """From Bouma's definition; -1 where two words never meet, 1 where nothing else is ever said."""
    n = len(documents)
    together = sum(one in document and other in document for document in documents) / n
    if together in {0, 1}:
        return 2 * together - 1
    left, right = (sum(word in document for document in documents) / n for word in (one, other))
    return math.log(together / (left * right)) / -math.log(together)
