"""Multinomial logistic regression over sparse rows in single precision: a label needs no more digits, and a general
solver spends more time on its own book-keeping than on the posts."""

from collections import deque

import numpy as np

from feedback_cluster.pipeline.arrays import Counts, FloatArray, IntArray

REMEMBERED = 5  # steps from which the curvature is known
SHORTER = 12  # times a step is shortened before it is given up
SLOPE = 1e-4  # of the slope's promise a step must keep (Armijo)
ROUNDING = 1e-6  # of the loss, in single precision


class Softmax:
    """Learns `coefficients` (n_terms, n_classes) and `intercepts` (n_classes,) of the log-odds.

    Minimises the mean of weighted cross entropies and |coefficients|² / 2 C over the sum of weights, as scikit-learn's
    LogisticRegression does, by limited-memory BFGS (Liu and Nocedal 1989, Mathematical Programming 45). `fit` goes on
    from where the last one ended.
    """

    def __init__(self, n_terms: int, n_classes: int, *, belief: float) -> None:
        self.belief = belief
        self.learned: FloatArray = np.zeros((n_terms + 1, n_classes), dtype=np.float32)

    @property
    def coefficients(self) -> FloatArray:
        return self.learned[:-1]

    @property
    def intercepts(self) -> FloatArray:
        last: FloatArray = self.learned[-1]
        return last

    def fit(self, rows: Counts, classes: IntArray, weight: FloatArray, *, steps: int, precision: float) -> int:
        """At most `steps` steps, until no entry of the gradient is above `precision`; how many were taken.

        rows: (n, n_terms) sparse; classes: (n,), weight: (n,) of each row.
        """
        lesson = _Lesson(rows, classes, weight, self.belief)
        at = self.learned
        loss, slope = lesson.loss(at)
        path: deque[tuple[FloatArray, FloatArray]] = deque(maxlen=REMEMBERED)
        for step in range(steps):
            if np.abs(slope).max(initial=0.0) <= precision:
                return step
            ahead = direction(slope, path)
            found = _step(lesson, at, ahead, loss, float(np.vdot(ahead, slope)))
            if found is None:
                return step
            there, loss, new = found
            moved, turned = there - at, new - slope
            if np.vdot(moved, turned) > 0:
                path.append((moved, turned))
            at, slope = there, new
            self.learned = at
        return steps


class _Lesson:
    """Loss and gradient over the same rows, for any coefficients."""

    def __init__(self, rows: Counts, classes: IntArray, weight: FloatArray, belief: float) -> None:
        self.rows, self.columns, self.classes = rows, rows.T.tocsr(), classes
        self.each = np.arange(len(classes))
        whole = float(weight.sum(dtype=np.float64))
        self.weight = (weight / whole).astype(np.float32)
        self.shrink = np.float32(1 / (belief * whole))

    def loss(self, at: FloatArray) -> tuple[float, FloatArray]:
        """(loss, gradient) there; the last row of both stands for the intercepts, which nothing shrinks."""
        odds = np.asarray(self.rows @ at[:-1])
        odds += at[-1]
        odds -= odds.max(axis=1, keepdims=True)
        own = odds[self.each, self.classes]
        likely = np.exp(odds, out=odds)
        total = likely.sum(axis=1)
        loss = float(np.vdot(self.weight, np.log(total) - own))
        likely *= (self.weight / total)[:, None]
        likely[self.each, self.classes] -= self.weight
        slope = np.empty_like(at)
        slope[:-1] = self.columns @ likely
        slope[:-1] += self.shrink * at[:-1]
        slope[-1] = likely.sum(axis=0)
        return loss + float(self.shrink) * float(np.vdot(at[:-1], at[:-1])) / 2, slope


def direction(slope: FloatArray, path: "deque[tuple[FloatArray, FloatArray]]") -> FloatArray:
    """Where to go from a gradient, by the curvature that the last steps met."""
    ahead = -slope
    if not path:
        ahead /= max(1.0, float(np.abs(slope).sum()))
        return ahead
    shares: list[float] = []
    for moved, turned in reversed(path):
        shares.append(float(np.vdot(moved, ahead)) / float(np.vdot(moved, turned)))
        ahead -= np.float32(shares[-1]) * turned
    moved, turned = path[-1]
    ahead *= np.float32(np.vdot(moved, turned) / np.vdot(turned, turned))
    for (moved, turned), share in zip(path, reversed(shares), strict=True):
        back = float(np.vdot(turned, ahead)) / float(np.vdot(moved, turned))
        ahead += np.float32(share - back) * moved
    return ahead


def _step(
    lesson: _Lesson, at: FloatArray, ahead: FloatArray, loss: float, promise: float
) -> tuple[FloatArray, float, FloatArray] | None:
    """(place, loss, gradient) after the first of ever shorter steps that keeps part of its promise; None: none does."""
    length = 1.0
    for _ in range(SHORTER):
        there = at + np.float32(length) * ahead
        found, slope = lesson.loss(there)
        if found <= loss + SLOPE * length * promise + ROUNDING * abs(loss):
            return there, found, slope
        # The lowest point of the parabola through what is known, within bounds.
        bend = 2 * (found - loss - length * promise)
        length *= min(0.5, max(0.1, -length * promise / bend if bend > 0 else 0.5))
    return None
