"""Spherical k-means that listens: it starts from last night's themes and keeps what people decided."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted

from feedback_cluster.pipeline.arrays import REST, FloatArray, IntArray
from feedback_cluster.pipeline.settle import Settling, centres_of
from feedback_cluster.pipeline.starts import beginning

CHUNK = 65_536
SETTLED = 50_000  # rows that settle first where there are more: the others then find centres that hardly move


@dataclass(frozen=True)
class Decisions:
    """What people decided: rows[i] belongs to labels[i]; apart_rows[i] must not be in apart_labels[i].

    never_a[i] and never_b[i] must not share a label; `fixed` wins where two of these contradict each other.
    """

    rows: IntArray
    labels: IntArray
    apart_rows: IntArray
    apart_labels: IntArray
    never_a: IntArray
    never_b: IntArray

    @classmethod
    def of(cls, fixed: Any = None, apart: Any = None, never: Any = None) -> "Decisions":
        """Decisions from three pairs of arrays, any of them absent."""
        pairs = [np.asarray(part, dtype=np.int64) for pair in (fixed, apart, never) for part in (pair or ((), ()))]
        return cls(*pairs)

    @property
    def bound(self) -> IntArray:
        """Rows somebody decided about, each once, ascending."""
        return np.unique(np.concatenate([self.rows, self.apart_rows, self.never_a, self.never_b]))

    def with_placed(self, labels: IntArray) -> "Decisions":
        """The same and, for every row with a label other than -1, that it belongs there."""
        placed = np.flatnonzero(labels != REST)
        return replace(
            self, rows=np.concatenate([self.rows, placed]), labels=np.concatenate([self.labels, labels[placed]])
        )

    def among(self, rows: IntArray) -> "Decisions":
        """The same, told by places in `rows`, which are ascending and hold every row decided about."""
        if not len(rows):
            return self
        at = {name: np.searchsorted(rows, getattr(self, name)) for name in ("rows", "apart_rows", "never_a", "never_b")}
        return replace(self, **at)

    def strangers(self) -> dict[int, set[int]]:
        """{row: rows it must never share a label with}."""
        told: dict[int, set[int]] = {}
        for one, other in zip(self.never_a.tolist(), self.never_b.tolist(), strict=True):
            if one != other:
                told.setdefault(one, set()).add(other)
                told.setdefault(other, set()).add(one)
        return told


class SphericalKMeans(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """k centres on the unit sphere; every row goes to the centre with the highest cosine.

    A row below `min_similarity` to every centre, and a row of zeros, is left as rest (-1) and pulls no centre.
    The best of `n_init` beginnings (see `starts`) is run until no row moves, so a run warm-started from its own labels
    changes nothing. After Dhillon and Modha 2001, Machine Learning 42.
    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        n_init: int = 10,
        max_iter: int = 300,
        min_similarity: float = 0.0,
        sample: int = 6_000,
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
        decisions: Decisions | None = None,
    ) -> Self:
        """Learn `cluster_centers_` and `labels_`.

        warm: last labels, -1 for a new row. Clusters that warm or placed rows name start from those rows, the others
        where `starts` finds them.
        """
        rows = np.ascontiguousarray(X, dtype=np.float32)
        decisions = decisions or Decisions.of()
        centres = self.known_centres(rows, warm, decisions)
        usable = np.flatnonzero(np.any(rows, axis=1))
        if len(usable) and not np.all(np.any(centres, axis=1)):
            if len(usable) > self.sample:
                rng = np.random.default_rng(self.random_state)
                usable = np.sort(rng.choice(usable, self.sample, replace=False))
            centres = begun(rows[usable], centres, tries=self.n_init)
        if len(rows) > SETTLED:
            some = np.random.default_rng(self.random_state).choice(len(rows), SETTLED, replace=False)
            some = np.union1d(some, decisions.bound)
            centres = self._settle(rows[some], centres, decisions.among(some), self.max_iter)[0]
        self.cluster_centers_, self.labels_, self.n_iter_ = self._settle(rows, centres, decisions, self.max_iter)
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
        told = decisions or Decisions.of()
        bound = told.bound
        inner = told.among(bound)

        def ask(places: IntArray, centres: FloatArray) -> IntArray:
            return self._assign(rows[places], centres, inner)[0]

        settling = Settling(rows, centres, self.min_similarity, bound, ask)
        turns = settling.run(most)
        return settling.centres, settling.labels, turns

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
        if decisions is not None and len(decisions.never_a):
            strangers = sorted(decisions.strangers())
            near = similarities(rows[strangers], centres)
            keep_apart(dict(zip(strangers, near, strict=True)), decisions, labels, best, self.min_similarity)
        return labels, best


def keep_apart(
    near: dict[int, FloatArray], decisions: Decisions, labels: IntArray, best: FloatArray, least: float
) -> None:
    """Move rows, in place, until none shares a label with one it must never be with; who finds no other is rest.

    near: how well each such row fits each label. A placed row stays, then the surest one; the others take the best
    label that is left to them, if it fits at least that well.
    """
    strangers = decisions.strangers()
    placed = set(decisions.rows.tolist())
    ruled_out: dict[int, list[int]] = {}
    for row, label in zip(decisions.apart_rows.tolist(), decisions.apart_labels.tolist(), strict=True):
        ruled_out.setdefault(row, []).append(label)
    taken: dict[int, int] = {row: int(labels[row]) for row in strangers if row in placed}
    for row in sorted(strangers.keys() - placed, key=lambda row: (-best[row], row)):
        fits = near[row].copy()
        closed = ruled_out.get(row, []) + [taken[other] for other in strangers[row] if taken.get(other, REST) != REST]
        fits[closed] = -2.0
        choice = int(fits.argmax()) if len(fits) and labels[row] != REST else REST
        labels[row] = choice if choice != REST and fits[choice] >= least else REST
        best[row] = max(float(fits[choice]), 0.0) if choice != REST else best[row]
        taken[row] = int(labels[row])


def similarities(rows: FloatArray, centres: FloatArray) -> FloatArray:
    """(n_rows, n_centres) cosines of unit rows and unit centres."""
    return rows @ centres.T


def begun(rows: FloatArray, known: FloatArray, *, tries: int) -> FloatArray:
    """(k, d) unit centres to begin with: those of `starts`; where rows are too much alike for k, the loneliest rows."""
    centres = centres_of(rows, beginning(rows, known, tries=tries), len(known))
    empty = ~np.any(centres, axis=1)
    centres[empty] = known[empty]
    for place in np.flatnonzero(~np.any(centres, axis=1)):
        centres[place] = rows[similarities(rows, centres).max(axis=1).argmin()]
    return centres
