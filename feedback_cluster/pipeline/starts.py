"""Where k-means begins: the widest cluster is split until there are enough, then clusters change places while that
fits better.

No chance in it, so two samples of the same posts begin nearly alike. Splits along the longest axis: Su and Dy 2007,
Intelligent Data Analysis 11; taking one centre away and splitting another: Fränti and Kivijärvi 2000, Pattern Analysis
and Applications 3.
"""

import numpy as np
from numpy.typing import NDArray

from feedback_cluster.pipeline.arrays import FloatArray, IntArray
from feedback_cluster.pipeline.settle import centres_of

DIRECTIONS = 28  # of the rows, the longest, or as many as clusters: what lies beyond tells posts apart, not themes
TURNS = 16  # of k-means from one beginning; only the best is run to its end
STILL = 1_000  # turns end when fewer than one row in so many moves
LARGER = 0.03  # cosine a cluster is nearer for being e times as large: subjects differ in size, k-means would even them
APIECE = 3  # exchanges that are tried before clusters are compared anew
SMALLEST = 4  # rows of a cluster that is worth splitting
FLAT = 1e-6  # squared length of what is left of rows that are all the same


def beginning(rows: FloatArray, known: FloatArray, *, tries: int) -> IntArray:
    """(n_rows,) labels of a first grouping of unit rows.

    known: (k, d) unit centres; clusters whose row is zeros are found, the others begin there and are not taken away.
    tries: beginnings that are tried, the first included. There are fewer than k where too few rows differ.
    """
    low, begun = in_few_directions(rows, known)
    labels = split_up(low, begun)
    labels, centres, fit = settled(low, labels, begun)
    tried = 1
    while tried < tries:
        better = None
        for gone, halves in exchanges(low, labels, centres, begun)[: min(APIECE, tries - tried)]:
            tried += 1
            other = np.where(labels == gone, _nearest(low, centres, gone), labels)
            other[halves] = gone
            found = settled(low, other, centres)
            if found[2] > fit:
                better = found
                break
        if better is None:
            break
        labels, centres, fit = better
    return labels


def in_few_directions(rows: FloatArray, known: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Rows and centres by their parts along the longest directions of the rows; cosines are nearly what they were."""
    most = max(DIRECTIONS, len(known))
    if rows.shape[1] <= most:
        return rows, known
    _, directions = np.linalg.eigh(rows.T @ rows)
    longest = directions[:, : -most - 1 : -1]
    return np.ascontiguousarray(rows @ longest), np.ascontiguousarray(known @ longest)


def split_up(rows: FloatArray, known: FloatArray) -> IntArray:
    """Labels after the widest cluster was split along its longest axis until every label is given; see `half_of`."""
    given = np.any(known, axis=1)
    places = np.flatnonzero(given)
    labels: IntArray = np.zeros(len(rows), dtype=np.int64)
    if len(places):
        labels = places[(rows @ known[places].T).argmax(axis=1)]
    widths = np.zeros(len(known))
    for label in np.unique(labels):
        widths[label] = width(rows[labels == label])
    for place in np.flatnonzero(~given)[0 if len(places) else 1 :]:
        widest = int(widths.argmax())
        if widths[widest] < FLAT:
            break
        members = np.flatnonzero(labels == widest)
        half = half_of(rows[members], known[widest])
        labels[members[half]] = place
        for label in (widest, place):
            widths[label] = width(rows[labels == label])
    return labels


def settled(rows: FloatArray, labels: IntArray, before: FloatArray) -> tuple[IntArray, FloatArray, float]:
    """(labels, centres, sum of the cosines to the own centre) after some turns of k-means; an emptied cluster stays."""
    k = len(before)
    centres = before
    for _ in range(TURNS):
        sizes = np.bincount(labels, minlength=k)
        moved = centres_of(rows, labels, k)
        gone = ~np.any(moved, axis=1)
        moved[gone] = centres[gone]
        centres = moved
        near = rows @ centres.T
        near += (LARGER * np.log((sizes + 1) / len(rows))).astype(np.float32)
        new = near.argmax(axis=1)
        moves = int(np.count_nonzero(new != labels))
        labels = new
        if moves * STILL < len(rows):
            break
    centres = np.where(np.bincount(labels, minlength=k)[:, None] > 0, centres_of(rows, labels, k), centres)
    near = rows @ centres.T
    return near.argmax(axis=1), centres, float(near.max(axis=1).sum(dtype=np.float64))


def exchanges(rows: FloatArray, labels: IntArray, centres: FloatArray, known: FloatArray) -> list[tuple[int, IntArray]]:
    """(cluster to take away, rows of another one that become it), most promising first.

    Taking one away costs what its rows lose by going to the next best; splitting one gains what its halves fit better.
    """
    k = len(centres)
    if k < 2:
        return []
    near = rows @ centres.T
    every = np.arange(len(rows))
    own = near[every, labels].copy()
    near[every, labels] = -np.inf
    cost = np.bincount(labels, own - near.max(axis=1), minlength=k)
    cost[np.any(known, axis=1)] = np.inf
    halves: dict[int, IntArray] = {}
    gain = np.full(k, -np.inf)
    for label in range(k):
        members = np.flatnonzero(labels == label)
        if len(members) < SMALLEST:
            continue
        inside = rows[members]
        half = half_of(inside, known[label])
        one, other = inside[half].sum(axis=0), inside[~half].sum(axis=0)
        gain[label] = np.linalg.norm(one) + np.linalg.norm(other) - np.linalg.norm(one + other)
        halves[label] = members[half]
    worth = gain[None, :] - cost[:, None]
    np.fill_diagonal(worth, -np.inf)
    order = np.argsort(-worth, axis=None, kind="stable")[:APIECE]
    pairs = [divmod(int(place), k) for place in order if np.isfinite(worth.flat[place])]
    return [(gone, halves[split]) for gone, split in pairs]


def half_of(rows: FloatArray, known: FloatArray) -> NDArray[np.bool_]:
    """Which rows of a cluster part from the others: those on one side of the mean along its longest axis.

    known: the centre that people know the cluster by, or zeros. The half that is nearer to it stays what it was.
    """
    apart = rows - rows.mean(axis=0)
    _, axes = np.linalg.eigh(apart.T @ apart)
    beyond: NDArray[np.bool_] = apart @ axes[:, -1] > 0
    return ~beyond if beyond.any() and float(apart[beyond].sum(axis=0) @ known) > 0 else beyond


def width(rows: FloatArray) -> float:
    """Sum of the squared distances to the mean."""
    return float(((rows - rows.mean(axis=0)) ** 2).sum(dtype=np.float64))


def _nearest(rows: FloatArray, centres: FloatArray, gone: int) -> IntArray:
    near = rows @ centres.T
    near[:, gone] = -np.inf
    labels: IntArray = near.argmax(axis=1)
    return labels
