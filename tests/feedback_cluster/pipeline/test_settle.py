"""Asking only rows that may have changed their mind ends where asking all of them ends."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_cluster.pipeline.arrays import REST, FloatArray, IntArray, unit_rows
from feedback_cluster.pipeline.settle import Settling, centres_of

NOBODY = np.zeros(0, dtype=np.int64)


def never_asked(rows: IntArray, centres: FloatArray) -> IntArray:
    """Stands for decisions where there are none."""
    raise AssertionError("nobody decided anything")


def plainly(rows: FloatArray, centres: FloatArray, least: float, most: int = 300) -> tuple[FloatArray, IntArray]:
    """Spherical k-means as anyone would write it."""
    labels = np.full(len(rows), -2)
    for _ in range(most + 1):
        near = rows @ centres.T
        new = np.where((near.max(axis=1) < least) | ~rows.any(axis=1), REST, near.argmax(axis=1))
        if np.array_equal(new, labels):
            break
        labels, moved = new, centres_of(rows, new, len(centres))
        centres = np.where(moved.any(axis=1, keepdims=True), moved, centres)
    return centres, labels


def corpus(seed: int, n: int = 400, d: int = 12) -> FloatArray:
    """Rows around a few corners, loosely, and some of zeros."""
    rng = np.random.default_rng(seed)
    rows = np.eye(d)[rng.integers(0, d // 2, n)] + rng.normal(0, 0.35, (n, d))
    rows[:5] = 0
    return unit_rows(rows.astype(np.float32))


@given(st.integers(0, 500), st.integers(1, 15), st.sampled_from([0.0, 0.12, 0.5, 0.9]))
@settings(max_examples=60, deadline=None)
def test_it_ends_where_plain_k_means_ends(seed: int, k: int, least: float) -> None:
    rows = corpus(seed)
    start = rows[np.random.default_rng(seed).choice(np.arange(5, len(rows)), k, replace=False)]
    found = Settling(rows, start.copy(), least, NOBODY, never_asked)
    found.run(300)
    centres, labels = plainly(rows, start.copy(), least)
    assert np.array_equal(found.labels, labels)
    assert np.allclose(found.centres, centres, atol=1e-5)


def test_rows_that_lead_clearly_are_not_asked_again() -> None:
    rows = corpus(1, 4_000, 40)
    found = Settling(rows, rows[5:25].copy(), 0.1, NOBODY, never_asked)
    turns = found.run(300)
    assert turns > 5
    assert found.asked < 0.85 * (turns + 2) * len(rows)


def test_the_end_is_a_fixed_point() -> None:
    rows = corpus(2)
    found = Settling(rows, rows[5:12].copy(), 0.2, NOBODY, never_asked)
    found.run(300)
    fresh = centres_of(rows, found.labels, 7)
    assert np.array_equal(found.centres, fresh)  # to the bit: the next run begins with these means
    again = Settling(rows, fresh.copy(), 0.2, NOBODY, never_asked)
    assert again.run(300) == 1
    assert np.array_equal(again.labels, found.labels)


def test_rows_that_people_decided_about_are_asked_at_every_turn() -> None:
    rows = corpus(3)
    decided = np.array([7, 20, 31])
    turns = []

    def ask(places: IntArray, centres: FloatArray) -> IntArray:
        turns.append(places.tolist())
        return np.array([2, 2, REST])

    found = Settling(rows, rows[40:44].copy(), 0.0, decided, ask)
    found.run(300)
    assert found.labels[decided].tolist() == [2, 2, REST]
    assert np.allclose(found.centres, centres_of(rows, found.labels, 4), atol=1e-6)
    assert set(map(tuple, turns)) == {(7, 20, 31)}


def test_an_emptied_cluster_stays_where_it_was() -> None:
    rows = unit_rows(np.array([[1, 0.1, 0], [1, 0, 0.1], [1, 0.1, 0.1]], dtype=np.float32))
    start = unit_rows(np.array([[1, 0, 0], [0, 0, -1]], dtype=np.float32))
    found = Settling(rows, start.copy(), 0.0, NOBODY, never_asked)
    found.run(10)
    assert found.labels.tolist() == [0, 0, 0]
    assert np.array_equal(found.centres[1], start[1])


def test_no_centres_leave_everything_as_rest() -> None:
    found = Settling(corpus(4), np.zeros((0, 12), dtype=np.float32), 0.1, NOBODY, never_asked)
    assert found.run(5) == 1
    assert set(found.labels.tolist()) == {REST}
