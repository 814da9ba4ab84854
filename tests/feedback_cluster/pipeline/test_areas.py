"""Areas: like themes together, unlike ones apart, whatever order they come in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_cluster.pipeline.areas import LONGEST, group_centres, name_areas
from feedback_cluster.pipeline.arrays import FloatArray, unit_rows


def centres_around(directions: int, each: int, seed: int = 0, spread: float = 0.2) -> FloatArray:
    """`each` themes near every one of `directions` axes."""
    rng = np.random.default_rng(seed)
    rows = np.repeat(np.eye(directions, 12, dtype=np.float32), each, axis=0)
    return unit_rows((rows + spread * rng.normal(size=rows.shape) / np.sqrt(12)).astype(np.float32))


def test_themes_of_one_direction_are_one_area() -> None:
    groups = group_centres(centres_around(9, 4), [10] * 36)
    assert sorted(sorted(group) for group in groups) == [list(range(start, start + 4)) for start in range(0, 36, 4)]


def test_areas_come_by_falling_number_of_posts() -> None:
    sizes = [place // 4 + 1 for place in range(36)]
    totals = [sum(sizes[place] for place in group) for group in group_centres(centres_around(9, 4), sizes)]
    assert totals == sorted(totals, reverse=True)


def test_themes_without_anything_in_common_stay_alone() -> None:
    assert sorted(group_centres(np.eye(12, dtype=np.float32), [5] * 12)) == [[place] for place in range(12)]


@pytest.mark.parametrize(("k", "most"), [(1, 1), (2, 3), (9, 5), (40, 10), (80, 14)])
def test_there_are_about_as_many_areas_as_the_root_of_the_themes(k: int, most: int) -> None:
    rng = np.random.default_rng(k)
    centres = unit_rows(np.abs(rng.normal(size=(k, 12))).astype(np.float32))  # all alike enough to merge
    assert 1 <= len(group_centres(centres, [3] * k)) <= most


@given(st.integers(0, 99), st.permutations(range(20)))
def test_the_order_of_themes_does_not_matter(seed: int, order: list[int]) -> None:
    centres = centres_around(5, 4, seed, spread=1.0)
    sizes = [1 + place * 7 % 11 for place in range(20)]
    straight = {frozenset(group) for group in group_centres(centres, sizes)}
    shuffled = group_centres(centres[order], [sizes[place] for place in order])
    assert {frozenset(order[place] for place in group) for group in shuffled} == straight


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20), st.integers(0, 9))
def test_every_theme_with_posts_is_in_exactly_one_area(sizes: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = group_centres(unit_rows(rng.normal(size=(len(sizes), 6)).astype(np.float32)), sizes)
    assert sorted(place for group in groups for place in group) == [place for place, size in enumerate(sizes) if size]


WORDS = st.lists(
    st.sampled_from(["空调", "异味", "异响", "中控台", "变速箱电脑板", "carplay", "ota"]), unique=True, max_size=4
)


@given(st.lists(WORDS, max_size=12))
def test_labels_of_areas_are_short_and_different(words: list[list[str]]) -> None:
    labels = name_areas(words, {word: len(word) % 3 for own in words for word in own})
    assert len(labels) == len(set(labels)) == len(words)
    assert all(0 < len(label) <= LONGEST for label in labels)


def test_a_label_names_two_themes_of_the_area_and_not_one_of_them_twice() -> None:
    assert name_areas([["异味", "车内", "空调"]], {"异味": 0, "车内": 0, "空调": 1}) == ["异味与空调"]
    assert name_areas([["异味", "车内"]], {"异味": 0, "车内": 0}) == ["异味"]
    assert name_areas([[]], {}) == ["领域 1"]


@pytest.mark.parametrize("seed", range(6))
def test_no_theme_is_more_like_the_themes_of_another_area(seed: int) -> None:
    centres = centres_around(6, 5, seed, spread=1.2)
    likeness = centres @ centres.T
    groups = group_centres(centres, [10] * 30)
    for group in groups:
        for place in group:
            own = [likeness[place, other] for other in group if other != place]
            for strangers in groups:
                if strangers is not group and own:
                    assert np.mean(own) >= np.mean(likeness[place, strangers]) - 1e-4
