"""Which posts a person is asked about first."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_cluster.pipeline.arrays import FloatArray, unit_rows
from feedback_cluster.pipeline.ask import ASKED, closeness, posts_to_ask


def crowd(sizes: list[int], seed: int = 0) -> FloatArray:
    """Groups of unit rows, each around a direction of its own."""
    rng = np.random.default_rng(seed)
    corner = np.repeat(np.arange(len(sizes)), sizes)
    return unit_rows((np.eye(12)[corner] + rng.normal(0, 0.1, (len(corner), 12))).astype(np.float32))


def test_the_largest_groups_are_asked_about_first() -> None:
    asked = posts_to_ask(crowd([5, 40, 20, 10]), np.zeros(0, dtype=np.int64), seed=0)
    group = np.repeat(np.arange(4), [5, 40, 20, 10])
    assert group[asked[:4]].tolist() == [1, 2, 3, 0]


def test_what_was_answered_covers_its_neighbours_and_is_not_asked_again() -> None:
    rows = crowd([40, 20])
    asked = posts_to_ask(rows, np.array([0, 1, 2]), seed=0)
    assert asked[0] >= 40
    assert not {0, 1, 2} & set(asked.tolist())


def test_posts_without_words_are_not_asked_about() -> None:
    rows = np.vstack([crowd([3]), np.zeros((2, 12), dtype=np.float32)])
    assert sorted(posts_to_ask(rows, np.zeros(0, dtype=np.int64), seed=0)) == [0, 1, 2]
    assert len(posts_to_ask(rows[3:], np.zeros(0, dtype=np.int64), seed=0)) == 0


@given(st.integers(0, 1000), st.integers(1, 60))
@settings(max_examples=20, deadline=None)
def test_the_order_is_the_greedy_one(seed: int, n: int) -> None:
    rows = crowd([n, n // 2, n // 3], seed)
    asked = posts_to_ask(rows, np.zeros(0, dtype=np.int64), seed=0)
    assert len(asked) == min(ASKED, len(rows)) == len(set(asked.tolist()))
    alike = closeness(rows, rows)
    covered = np.zeros(len(rows), dtype=np.float32)
    for row in asked[:10]:
        gain = np.maximum(alike - covered, 0).sum(axis=1)
        assert gain[row] >= gain.max() - 1e-3
        covered = np.maximum(covered, alike[row])
