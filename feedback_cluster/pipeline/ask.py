"""Which posts to ask a person about first: those that stand for the most others nobody has spoken about."""

import numpy as np

from feedback_cluster.pipeline.arrays import FloatArray, IntArray
from feedback_cluster.pipeline.clusters import similarities

ASKED = 200
AT_ONCE = 24  # gains that are computed together
CANDIDATES = 2_000  # posts that may be asked about and that each question is weighed against


def posts_to_ask(rows: FloatArray, answered: IntArray, *, seed: int) -> IntArray:
    """Up to `ASKED` rows, the most telling first; none that was answered.

    A question covers the posts like it, the more the closer they are, and what one question or answer covers another
    need not: greedy facility location (Nemhauser, Wolsey and Fisher 1978, Mathematical Programming 14). Any beginning
    of the list is as good a choice as one of that length can cheaply be.
    """
    told = np.zeros(len(rows), dtype=bool)
    told[answered] = True
    open_rows = np.flatnonzero(~told & np.any(rows, axis=1))
    if len(open_rows) > CANDIDATES:
        open_rows = np.sort(np.random.default_rng(seed).choice(open_rows, CANDIDATES, replace=False))
    chosen = rows[open_rows]
    alike = closeness(chosen, chosen)
    covered = np.zeros(len(open_rows), dtype=np.float32)
    for start in range(0, len(answered), CANDIDATES):
        covered = np.maximum(covered, closeness(chosen, rows[answered[start : start + CANDIDATES]]).max(axis=1))
    # A gain only shrinks as more is covered, so the last one computed is a bound: most need not be computed again.
    bound = np.maximum(alike - covered, 0).sum(axis=1)
    order: list[int] = []
    while len(order) < min(ASKED, len(open_rows)):
        hopeful = np.sort(np.argpartition(-bound, min(AT_ONCE, len(bound)) - 1)[:AT_ONCE])
        bound[hopeful] = np.where(bound[hopeful] < 0, -1.0, np.maximum(alike[hopeful] - covered, 0).sum(axis=1))
        best = int(hopeful[bound[hopeful].argmax()])
        if bound[best] >= bound.max():
            order.append(best)
            bound[best] = -1.0
            covered = np.maximum(covered, alike[best])
    return open_rows[order]


def closeness(some: FloatArray, others: FloatArray) -> FloatArray:
    """(n_some, n_others) squared cosine, so that a near neighbour counts for more than several far ones."""
    near: FloatArray = np.maximum(similarities(some, others), 0) ** 2
    return near
