"""k-means to its end without asking every row at every turn: only rows that could have changed their mind.

A row whose nearest centre leads by more than the centres have moved since it was last asked stays where it is: for unit
vectors |x·c - x·d| <= |c - d| (after Hamerly 2010, SDM, for distances). Nothing else differs from asking all of them.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from feedback_cluster.pipeline.arrays import REST, FloatArray, IntArray, membership, unit_rows

CHUNK = 16_384
ROUNDING = 1e-5  # of a cosine in single precision; a row that close to changing is asked

Ask = Callable[[IntArray, FloatArray], IntArray]
"""(ascending places of rows, centres) -> their labels, where decisions of people have a say."""


class Settling:
    """Rows on their way to the centres that hold them; `labels` and `centres` are those of the last turn.

    rows: (n, d) unit rows. least: a row with no centre that near is rest. decided: places of rows that the nearest
    centre does not decide about; `ask` is asked for them at every turn.
    """

    def __init__(self, rows: FloatArray, centres: FloatArray, least: float, decided: IntArray, ask: Ask) -> None:
        self.rows, self.least, self.decided, self.ask = rows, least, decided, ask
        self.centres = centres
        self.labels: IntArray = np.full(len(rows), REST, dtype=np.int64)
        # How far centres may still move before a row has to be asked.
        self.slack: FloatArray = np.zeros(len(rows), dtype=np.float32)
        self.sums: NDArray[np.float64] = np.zeros(centres.shape, dtype=np.float64)
        self.empty: NDArray[np.bool_] = ~np.any(rows, axis=1)
        self.asked = 0
        self.look(None)

    def run(self, most: int) -> int:
        """Turns until no row moves, at most `most`. The end is checked with fresh means and every row asked."""
        for turn in range(1, most + 1):
            if self.turn() == 0 and self.confirm() == 0:
                return turn
        return most

    def turn(self) -> int:
        """Move the centres to their rows and ask the rows this may concern; how many moved."""
        moved = self.kept_if_gone(unit_rows(self.sums.astype(np.float32)))
        far = np.linalg.norm(moved - self.centres, axis=1)
        self.centres = moved
        if not len(far):
            return 0
        widest = far.max()
        self.slack -= (np.append(far, 0.0) + widest).astype(np.float32)[self.labels]  # the last answers for rest, -1
        return self.look(np.flatnonzero(self.slack <= ROUNDING))

    def confirm(self) -> int:
        """Centres as the fresh means of their rows, every row asked; how many moved all the same."""
        self.centres = self.kept_if_gone(centres_of(self.rows, self.labels, len(self.centres)))
        return self.look(None)

    def look(self, places: IntArray | None) -> int:
        """Ask these rows, all when it is None, and those that people decided about; how many moved."""
        before = self.labels.copy()
        count = len(self.rows) if places is None else len(places)
        for start in range(0, count, CHUNK):
            part = slice(start, start + CHUNK) if places is None else places[start : start + CHUNK]
            self.labels[part], self.slack[part] = nearest(self.rows[part], self.centres, self.least)
        self.labels[self.empty], self.slack[self.empty] = REST, np.inf  # nobody is near to a row of zeros
        self.asked += count
        if len(self.decided):
            self.labels[self.decided] = self.ask(self.decided, self.centres)
            self.slack[self.decided] = np.inf
        changed = np.flatnonzero(before != self.labels)
        k = len(self.centres)
        if 2 * len(changed) > len(self.rows):
            self.sums = np.asarray(membership(self.labels, k) @ self.rows, dtype=np.float64)
        elif len(changed):
            some = self.rows[changed]
            self.sums += membership(self.labels[changed], k) @ some
            self.sums -= membership(before[changed], k) @ some
        return len(changed)

    def kept_if_gone(self, centres: FloatArray) -> FloatArray:
        """An emptied cluster stays where it was and may win rows back."""
        gone = ~np.any(centres, axis=1)
        centres[gone] = self.centres[gone]
        return centres


def nearest(rows: FloatArray, centres: FloatArray, least: float) -> tuple[IntArray, FloatArray]:
    """(labels, slack) of rows: -1 where no centre is nearer than `least`, and how far centres may move before another
    answer is possible."""
    if not len(centres):
        return np.full(len(rows), REST, dtype=np.int64), np.full(len(rows), np.inf, dtype=np.float32)
    near = rows @ centres.T
    every = np.arange(len(rows))
    labels = near.argmax(axis=1)
    best = near[every, labels]
    near[every, labels] = -np.inf
    second = near.max(axis=1)
    slack = np.minimum(best - second, best - np.float32(least))
    rest = best < least
    labels[rest] = REST
    slack[rest] = np.float32(least) - best[rest]
    return labels, slack


def centres_of(rows: FloatArray, labels: IntArray, n_clusters: int) -> FloatArray:
    """Unit mean of the rows of each label; zeros for a label nobody has."""
    return unit_rows(np.asarray(membership(labels, n_clusters) @ rows, dtype=np.float32))
