"""Where k-means begins: without chance, with the names people know, and better after exchanges than before."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_cluster.pipeline import starts
from feedback_cluster.pipeline.arrays import FloatArray, IntArray, unit_rows
from feedback_cluster.pipeline.clusters import SphericalKMeans
from feedback_cluster.pipeline.settle import centres_of
from tests.feedback_cluster.pipeline.test_clusters import blobs, same_groups

NOBODY = np.zeros((4, 8), dtype=np.float32)


def uneven(seed: int = 0) -> tuple[FloatArray, IntArray]:
    """Rows around four corners, of which one has most and lies in two parts."""
    rng = np.random.default_rng(seed)
    corner = np.repeat(np.arange(4), (160, 20, 20, 20))
    rows = np.eye(8)[corner]
    rows[:80, 7] += 0.5
    return unit_rows((rows + rng.normal(0, 0.1, rows.shape)).astype(np.float32)), corner


def test_every_label_is_given_and_groups_that_lie_apart_are_found() -> None:
    rows, corner = blobs()
    assert same_groups(starts.beginning(rows, NOBODY, tries=1), corner)


def test_clusters_that_have_a_number_keep_it() -> None:
    rows, corner = blobs()
    known = NOBODY.copy()
    known[[3, 1]] = centres_of(rows, corner, 4)[[0, 2]]
    found = starts.beginning(rows, known, tries=10)
    assert np.all(found[corner == 0] == 3)
    assert np.all(found[corner == 2] == 1)
    assert same_groups(found, corner)


def test_an_exchange_takes_a_needless_cluster_to_where_one_is_missing() -> None:
    rows, corner = uneven()
    wrong = corner.copy()
    wrong[corner == 3] = 2  # two corners share a cluster, and the large one has two
    wrong[:80] = 3
    centres = centres_of(rows, wrong, 4)
    [(gone, half), *_] = starts.exchanges(rows, wrong, centres, NOBODY)
    assert gone in (0, 3)
    assert set(corner[half].tolist()) in ({2}, {3})


def test_a_cluster_with_a_number_is_never_taken_away() -> None:
    rows, corner = uneven()
    known = centres_of(rows, corner, 4)
    known[2] = 0
    offers = starts.exchanges(rows, corner, centres_of(rows, corner, 4), known)
    assert {gone for gone, _ in offers} <= {2}


def test_of_a_cluster_that_is_split_the_half_people_know_keeps_the_number() -> None:
    rows, corner = blobs()
    both = np.where(corner == 1, 0, corner)
    known = NOBODY.copy()
    known[0] = centres_of(rows, corner, 4)[1]
    [half] = [half for _, half in starts.exchanges(rows, both, centres_of(rows, both, 4), known)][:1]
    assert set(corner[half].tolist()) == {0}


@pytest.mark.parametrize("tries", [1, 2, 10])
def test_more_tries_fit_no_worse(tries: int) -> None:
    rng = np.random.default_rng(1)
    rows = unit_rows(rng.normal(0, 1, (300, 12)).astype(np.float32))
    known = np.zeros((6, 12), dtype=np.float32)

    def fit(tries: int) -> float:
        labels = starts.beginning(rows, known, tries=tries)
        return starts.settled(rows, labels, centres_of(rows, labels, 6))[2]

    assert fit(tries) >= fit(1) - 0.02 * len(rows)
    assert fit(10) > fit(1)


@given(st.integers(0, 1000), st.integers(1, 12))
@settings(max_examples=25, deadline=None)
def test_chance_has_no_part_in_it(seed: int, k: int) -> None:
    rows, _ = blobs(seed=seed)
    one, two = (SphericalKMeans(k, random_state=chance).fit(rows).labels_ for chance in (seed, seed + 1))
    assert np.array_equal(one, two)


def test_rows_in_another_order_begin_alike() -> None:
    rows, _ = uneven(3)
    order = np.random.default_rng(0).permutation(len(rows))
    straight, mixed = (starts.beginning(each, NOBODY, tries=10) for each in (rows, rows[order]))
    assert same_groups(straight[order], mixed)


def test_rows_too_much_alike_make_fewer_clusters_and_no_error() -> None:
    rows = unit_rows(np.repeat(np.eye(8, dtype=np.float32)[:2], 5, axis=0))
    found = SphericalKMeans(4).fit(rows)
    assert same_groups(found.labels_, np.repeat([0, 1], 5))
    assert np.allclose(np.linalg.norm(found.cluster_centers_, axis=1), 1)


def test_few_directions_keep_cosines() -> None:
    rng = np.random.default_rng(0)
    rows = unit_rows((rng.normal(0, 1, (200, 20)) @ rng.normal(0, 1, (20, 90))).astype(np.float32))
    low, known = starts.in_few_directions(rows, rows[:3])
    assert low.shape[1] == starts.DIRECTIONS
    assert np.allclose(low @ known.T, rows @ rows[:3].T, atol=1e-4)
