"""Spherical k-means that listens: it starts from last night's themes and keeps what people decided."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted

from feedback_cluster.pipeline.arrays import REST, FloatArray, IntArray, membership, unit_rows

ROUGH_ITERATIONS = 12  # enough to tell good starts from bad ones; only the best is run to its end
CHUNK = 65_536


@dataclass(frozen=True)
class Decisions:
    """What people decided: rows[i] belongs to labels[i]; apart_rows[i] must not be in apart_labels[i]."""

    rows: IntArray
    labels: IntArray
    apart_rows: IntArray
    apart_labels: IntArray

    @classmethod
    def of(cls, fixed: Any = None, apart: Any = None) -> "Decisions":
        """Decisions from two (rows, labels) pairs, either of them absent."""
        pairs = [np.asarray(part, dtype=np.int64) for pair in (fixed, apart) for part in (pair or ((), ()))]
        return cls(*pairs)


class SphericalKMeans(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """k centres on the unit sphere; every row goes to the centre with the highest cosine.

    A row below `min_similarity` to every centre, and a row of zeros, is left as rest (-1) and pulls no centre.
    The best of `n_init` starts is run until no row moves, so a run warm-started from its own labels changes nothing.
    After Dhillon and Modha 2001, Machine Learning 42; starts as k-means++.
    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        n_init: int = 10,
        max_iter: int = 300,
        min_similarity: float = 0.0,
        sample: int = 50_000,
        random_state: int = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.max_iter = max_iter
        self.min_similarity = min_similarity
        self.sample = sample
        self.random_state = random_state

    def fit(
        self,
        X: FloatArray,
        y: object = None,
        *,
        warm: IntArray | None = None,
        fixed: tuple[Any, Any] | None = None,
        apart: tuple[Any, Any] | None = None,
    ) -> Self:
        """Learn `cluster_centers_` and `labels_`.

        warm: last labels, -1 for a new row. fixed: (rows, labels) that bind. apart: (rows, labels) that are ruled out.
        Clusters named by warm or fixed start from those rows, the others as in k-means++.
        """
        rows = np.ascontiguousarray(X, dtype=np.float32)
        decisions = Decisions.of(fixed, apart)
        known = self.known_centres(rows, warm, decisions)
        usable = np.flatnonzero(np.any(rows, axis=1))
        starts = 1 if not np.any(~np.any(known, axis=1)) else self.n_init
        best, best_score = known, -np.inf
        if starts > 1 and len(usable):
            rng = np.random.default_rng(self.random_state)
            drawn = usable if len(usable) <= self.sample else np.sort(rng.choice(usable, self.sample, replace=False))
            for _ in range(starts):
                centres = self._settle(rows[drawn], plus_plus(rows[drawn], known, rng), None, ROUGH_ITERATIONS)[0]
                score = float(similarities(rows[drawn], centres).max(axis=1).sum())
                if score > best_score:
                    best, best_score = centres, score
        self.cluster_centers_, self.labels_, self.n_iter_ = self._settle(rows, best, decisions, self.max_iter)
        return self

    def resume(self, X: FloatArray, centres: FloatArray, decisions: Decisions) -> Self:
        """Go on from these centres until no row moves; learns what `fit` learns."""
        rows = np.ascontiguousarray(X, dtype=np.float32)
        self.cluster_centers_, self.labels_, self.n_iter_ = self._settle(rows, centres, decisions, self.max_iter)
        return self

    def nearest(
        self, X: FloatArray, centres: FloatArray, decisions: Decisions | None = None
    ) -> tuple[IntArray, FloatArray]:
        """`assign` to any centres, learned or not."""
        return self._assign(np.asarray(X, dtype=np.float32), centres, decisions)

    def assign(self, X: FloatArray, decisions: Decisions | None = None) -> tuple[IntArray, FloatArray]:
        """(labels, cosine to the own centre) of rows; rest is -1, its cosine that of the nearest centre."""
        check_is_fitted(self, "cluster_centers_")
        return self._assign(np.asarray(X, dtype=np.float32), self.cluster_centers_, decisions)

    def predict(self, X: FloatArray) -> IntArray:
        """Labels of rows, -1 for rest."""
        return self.assign(X)[0]

    def known_centres(self, rows: FloatArray, warm: IntArray | None, decisions: Decisions) -> FloatArray:
        """Unit centres of the clusters that warm or fixed rows name; zeros for the others."""
        labels = np.full(len(rows), REST, dtype=np.int64) if warm is None else np.array(warm, dtype=np.int64)
        labels[decisions.rows] = decisions.labels
        if len(labels) and int(labels.max()) >= self.n_clusters:
            raise ValueError(f"label {int(labels.max())} does not fit into {self.n_clusters} clusters")
        return centres_of(rows, labels, self.n_clusters)

    def _settle(
        self, rows: FloatArray, centres: FloatArray, decisions: Decisions | None, most: int
    ) -> tuple[FloatArray, IntArray, int]:
        labels = self._assign(rows, centres, decisions)[0]
        for turn in range(1, most + 1):
            moved = centres_of(rows, labels, len(centres))
            gone = ~np.any(moved, axis=1)
            moved[gone] = centres[gone]  # an emptied cluster stays where it was and may win rows back
            centres = moved
            new = self._assign(rows, centres, decisions)[0]
            if np.array_equal(new, labels):
                return centres, labels, turn
            labels = new
        return centres, labels, most

    def _assign(
        self, rows: FloatArray, centres: FloatArray, decisions: Decisions | None
    ) -> tuple[IntArray, FloatArray]:
        labels = np.full(len(rows), REST, dtype=np.int64)
        best = np.zeros(len(rows), dtype=np.float32)
        for start in range(0, len(rows), CHUNK):
            part = slice(start, start + CHUNK)
            near = similarities(rows[part], centres)
            if decisions is not None and len(decisions.apart_rows):
                here = (decisions.apart_rows >= start) & (decisions.apart_rows < start + CHUNK)
                near[decisions.apart_rows[here] - start, decisions.apart_labels[here]] = -2.0
            if near.shape[1]:
                labels[part] = near.argmax(axis=1)
                best[part] = near.max(axis=1)
        labels[(best < self.min_similarity) | ~np.any(rows, axis=1)] = REST
        if decisions is not None and len(decisions.rows):
            labels[decisions.rows] = decisions.labels
            best[decisions.rows] = np.einsum("ij,ij->i", rows[decisions.rows], centres[decisions.labels])
        return labels, best


def similarities(rows: FloatArray, centres: FloatArray) -> FloatArray:
    """(n_rows, n_centres) cosines of unit rows and unit centres."""
    return rows @ centres.T


def centres_of(rows: FloatArray, labels: IntArray, n_clusters: int) -> FloatArray:
    """Unit mean of the rows of each label; zeros for a label nobody has."""
    return unit_rows(np.asarray(membership(labels, n_clusters) @ rows, dtype=np.float32))


def plus_plus(rows: FloatArray, known: FloatArray, rng: np.random.Generator) -> FloatArray:
    """`known` with its rows of zeros filled by rows far from all centres so far (Arthur and Vassilvitskii 2007)."""
    centres = known.copy()
    missing = np.flatnonzero(~np.any(known, axis=1))
    given = np.flatnonzero(np.any(known, axis=1))
    far = np.ones(len(rows))
    if len(given):
        far = np.clip(1 - similarities(rows, known[given]).max(axis=1), 0, None).astype(np.float64)
    for place in missing:
        total = far.sum()
        chosen = int(rng.choice(len(rows), p=far / total)) if total > 1e-6 else int(rng.integers(len(rows)))
        centres[place] = rows[chosen]
        far = np.minimum(far, np.clip(1 - rows @ rows[chosen], 0, None))
    return centres
