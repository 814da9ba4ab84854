"""Matching: a cold run's clusters find the themes they were."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from feedback_cluster.pipeline.match import match_clusters


@given(st.permutations(range(5)))
def test_renamed_clusters_find_their_themes(order: list[int]) -> None:
    old = np.arange(50) % 5
    new = np.array(order)[old]
    assert match_clusters(new, old) == {cluster: theme for theme, cluster in enumerate(order)}


@given(st.lists(st.integers(-1, 4), min_size=20, max_size=20), st.lists(st.integers(-1, 6), min_size=20, max_size=20))
def test_no_theme_is_given_away_twice(new: list[int], old: list[int]) -> None:
    matched = match_clusters(np.array(new), np.array(old))
    assert len(set(matched.values())) == len(matched)


def test_a_split_theme_goes_to_the_larger_part() -> None:
    old = np.zeros(10, dtype=np.int64)
    assert match_clusters(np.array([0] * 3 + [1] * 7), old) == {1: 0}


def test_what_shares_too_little_is_new() -> None:
    assert match_clusters(np.array([0] * 10), np.array([0] + [-1] * 9)) == {}


def test_near_centres_help_where_members_are_few() -> None:
    new, old = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 1, -1, 1, 0, -1])
    centres = np.eye(2, dtype=np.float32)
    assert match_clusters(new, old, centres, centres) == {0: 0, 1: 1}
