"""Spherical k-means: settles, repeats itself, and does what people decided."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_cluster.pipeline.arrays import REST, FloatArray, IntArray, unit_rows
from feedback_cluster.pipeline.clusters import Decisions, SphericalKMeans
from feedback_cluster.pipeline.settle import centres_of


def blobs(n: int = 60, k: int = 4, seed: int = 0) -> tuple[FloatArray, IntArray]:
    """Unit rows around k corners, and the corner of each."""
    rng = np.random.default_rng(seed)
    corner = np.arange(n) % k
    return unit_rows((np.eye(8)[corner] + rng.normal(0, 0.15, (n, 8))).astype(np.float32)), corner


def same_groups(one: IntArray, two: IntArray) -> bool:
    """Whether two labellings put the same rows together."""
    return bool(np.array_equal(one[:, None] == one[None, :], two[:, None] == two[None, :]))


def test_well_parted_groups_are_found() -> None:
    rows, corner = blobs()
    assert same_groups(SphericalKMeans(4).fit(rows).labels_, corner)


@given(st.integers(0, 1000), st.integers(1, 9))
@settings(max_examples=25, deadline=None)
def test_the_same_seed_gives_the_same_labels(seed: int, k: int) -> None:
    rows, _ = blobs(seed=seed)
    one, two = (SphericalKMeans(k, n_init=2, random_state=seed).fit(rows) for _ in range(2))
    assert np.array_equal(one.labels_, two.labels_)


@given(st.integers(0, 1000), st.integers(2, 9), st.floats(0, 0.9))
@settings(max_examples=25, deadline=None)
def test_a_warm_start_from_its_own_labels_moves_nobody(seed: int, k: int, least: float) -> None:
    rows, _ = blobs(seed=seed)
    first = SphericalKMeans(k, n_init=2, min_similarity=least).fit(rows)
    again = SphericalKMeans(k, min_similarity=least)
    again.resume(rows, centres_of(rows, first.labels_, k), Decisions.of())
    assert np.array_equal(again.labels_, first.labels_)


@given(st.permutations(range(4)))
@settings(max_examples=24, deadline=None)
def test_theme_numbers_are_only_names(order: list[int]) -> None:
    rows, corner = blobs()
    renamed = np.array(order)[corner]
    found = SphericalKMeans(4).fit(rows, warm=renamed).labels_
    assert np.array_equal(found, renamed)


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_what_a_person_fixed_or_ruled_out_holds_for_every_post(data: st.DataObject) -> None:
    rows, _ = blobs()
    chosen = data.draw(st.lists(st.integers(0, 59), min_size=1, max_size=30, unique=True))
    labels = data.draw(st.lists(st.integers(0, 3), min_size=len(chosen), max_size=len(chosen)))
    others = [row for row in range(60) if row not in chosen]
    ruled_out = data.draw(st.lists(st.integers(0, 3), min_size=len(others), max_size=len(others)))
    found = (
        SphericalKMeans(4, n_init=2).fit(rows, decisions=Decisions.of((chosen, labels), (others, ruled_out))).labels_
    )
    assert found[chosen].tolist() == labels
    assert not np.any(found[others] == ruled_out)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_rows_that_must_never_be_together_are_not(data: st.DataObject) -> None:
    rows, _ = blobs()
    k = data.draw(st.integers(1, 4))
    pairs = data.draw(st.lists(st.tuples(st.integers(0, 59), st.integers(0, 59)), min_size=1, max_size=60))
    placed = data.draw(st.lists(st.integers(0, 59), max_size=10, unique=True))
    labels = data.draw(st.lists(st.integers(0, k - 1), min_size=len(placed), max_size=len(placed)))
    ruled_out = data.draw(st.lists(st.integers(0, 59).filter(lambda row: row not in placed), max_size=10, unique=True))
    told = Decisions.of((placed, labels), (ruled_out, [0] * len(ruled_out)), tuple(zip(*pairs, strict=True)))
    found = SphericalKMeans(k, n_init=2, random_state=1).fit(rows, decisions=told).labels_
    for one, other in pairs:
        both_placed = one in placed and other in placed
        assert one == other or both_placed or found[one] != found[other] or found[one] == REST
    assert found[placed].tolist() == labels
    assert not np.any(found[ruled_out] == 0)


def test_one_start_is_a_start() -> None:
    rows, corner = blobs()
    assert same_groups(SphericalKMeans(4, n_init=1, random_state=3).fit(rows).labels_, corner)


def test_rows_that_fit_nothing_are_rest() -> None:
    rows, _ = blobs()
    stranger = np.zeros((2, 8), dtype=np.float32)
    stranger[0, 7] = 1
    warm = np.r_[np.arange(60) % 4, REST, REST]
    found = SphericalKMeans(4, min_similarity=0.6).fit(np.vstack([rows, stranger]), warm=warm)
    assert found.labels_[-2:].tolist() == [REST, REST]
    assert np.all(found.labels_[:60] != REST)


def test_a_label_beyond_k_is_refused() -> None:
    rows, _ = blobs()
    with pytest.raises(ValueError, match="does not fit"):
        SphericalKMeans(2).fit(rows, warm=np.full(60, 5))


def test_rows_are_assigned_alike_in_one_chunk_and_in_many(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, corner = blobs()
    whole = SphericalKMeans(4).fit(rows, decisions=Decisions.of(None, ([59], [0]))).labels_
    monkeypatch.setattr("feedback_cluster.pipeline.clusters.CHUNK", 7)
    assert np.array_equal(SphericalKMeans(4).fit(rows, decisions=Decisions.of(None, ([59], [0]))).labels_, whole)
