"""The few sums that several files of the pipeline need."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from feedback_cluster.pipeline.arrays import count_different


@given(st.lists(st.lists(st.sampled_from([0.0, 0.25, -1.0, 1.0]), min_size=3, max_size=3), max_size=40))
def test_different_rows_are_counted_and_rows_of_zeros_are_not(rows: list[list[float]]) -> None:
    wanted = {tuple(row) for row in rows if any(row)}
    assert count_different(np.array(rows, dtype=np.float32).reshape(-1, 3)) == len(wanted)


def test_many_rows_are_counted_in_parts() -> None:
    rows = np.random.default_rng(0).normal(size=(20_000, 4)).astype(np.float32)
    assert count_different(np.vstack([rows, rows[::2]])) == len(rows)
