"""The solver behind the judge: the answer of scikit-learn's, and one that goes on from where it was."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from feedback_cluster.pipeline.arrays import Counts, FloatArray, IntArray
from feedback_cluster.pipeline.softmax import Softmax, _Lesson


def lesson(seed: int, classes: int = 4) -> tuple[Counts, IntArray, FloatArray]:
    """Sparse rows, their classes and weights."""
    rng = np.random.default_rng(seed)
    dense = rng.random((120, 12)) * (rng.random((120, 12)) < 0.3)
    rows = sp.csr_matrix(dense.astype(np.float32))
    labels = np.argmax(dense[:, :classes] + rng.normal(0, 0.2, (120, classes)), axis=1)
    labels[:classes] = np.arange(classes)
    return rows, labels.astype(np.int64), rng.uniform(0.5, 5, 120).astype(np.float32)


@pytest.mark.parametrize("seed", range(5))
def test_it_finds_what_a_general_solver_finds(seed: int) -> None:
    rows, labels, weight = lesson(seed)
    ours = Softmax(12, 4, belief=2.0)
    ours.fit(rows, labels, weight, steps=300, precision=1e-6)
    theirs = LogisticRegression(C=2.0, max_iter=1000, tol=1e-7).fit(rows, labels, sample_weight=weight)
    assert np.allclose(ours.coefficients.T, theirs.coef_, atol=0.01)
    # Intercepts are free up to one number for all classes.
    apart = ours.intercepts - theirs.intercept_
    assert np.allclose(apart, apart.mean(), atol=0.01)


def test_it_stops_when_told_and_goes_on_from_there() -> None:
    rows, labels, weight = lesson(0)
    whole, parts = Softmax(12, 4, belief=2.0), Softmax(12, 4, belief=2.0)
    assert whole.fit(rows, labels, weight, steps=200, precision=1e-5) > 10
    assert parts.fit(rows, labels, weight, steps=5, precision=1e-5) == 5
    assert not np.allclose(parts.coefficients, whole.coefficients, atol=0.01)
    parts.fit(rows, labels, weight, steps=200, precision=1e-5)
    assert np.allclose(parts.coefficients, whole.coefficients, atol=0.01)


@given(st.integers(0, 10_000), st.integers(2, 6))
@settings(max_examples=20, deadline=None)
def test_the_gradient_is_that_of_the_loss(seed: int, classes: int) -> None:
    rows, labels, weight = lesson(seed, classes)
    told = _Lesson(rows, labels, weight, 2.0)
    rng = np.random.default_rng(seed)
    at, ahead = rng.normal(0, 1, (2, 13, classes)).astype(np.float32)
    _, slope = told.loss(at)
    step = np.float32(0.01)
    rise = (told.loss(at + step * ahead)[0] - told.loss(at - step * ahead)[0]) / 0.02
    assert rise == pytest.approx(float(np.vdot(slope, ahead)), abs=0.01)
