"""How well a grouping agrees with labels people gave, and how its keywords read; rest (-1) is a group of its own.

Our own sums, so that the bench needs nothing the product does not have; the tests hold them beside scikit-learn's.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Labels = Any  # a sequence or an array of labels, numbers or strings
REST = -1


def contingency(left: Labels, right: Labels) -> NDArray[np.int64]:
    """(kinds of left, kinds of right) counts of the rows that have both."""
    _, rows = np.unique(np.asarray(left), return_inverse=True)
    _, columns = np.unique(np.asarray(right), return_inverse=True)
    table = np.zeros((rows.max(initial=-1) + 1, columns.max(initial=-1) + 1), dtype=np.int64)
    np.add.at(table, (rows, columns), 1)
    return table


def nmi(left: Labels, right: Labels) -> float:
    """Mutual information over the mean of both entropies, 0..1 (Strehl and Ghosh 2002, arithmetic mean)."""
    table = contingency(left, right).astype(np.float64)
    joint = table / table.sum()
    rows, columns = joint.sum(axis=1), joint.sum(axis=0)
    there = joint > 0
    shared = float((joint[there] * np.log((joint / np.outer(rows, columns))[there])).sum())
    mean = (entropy(rows) + entropy(columns)) / 2
    return 1.0 if mean == 0 else max(shared, 0.0) / mean


def entropy(shares: NDArray[np.float64]) -> float:
    """In nats."""
    some = shares[shares > 0]
    return float(-(some * np.log(some)).sum())


def ari(left: Labels, right: Labels) -> float:
    """Rand index adjusted for chance, at most 1 (Hubert and Arabie 1985)."""
    table = contingency(left, right)
    pairs = _pairs(table).sum()
    rows, columns = _pairs(table.sum(axis=1)).sum(), _pairs(table.sum(axis=0)).sum()
    every = float(_pairs(table.sum()))
    by_chance = rows * columns / every if every else 0.0
    best = (rows + columns) / 2
    return 1.0 if best == by_chance else float((pairs - by_chance) / (best - by_chance))


def purity(topics: Labels, groups: Labels) -> float:
    """Share of posts whose topic is the most frequent one of their group."""
    table = contingency(topics, groups)
    return float(table.max(axis=0).sum() / table.sum())


def hit(topics: Sequence[tuple[str, ...]], groups: Labels) -> float:
    """Share of posts of which one topic is the group's most frequent first topic."""
    first = np.array([each[0] for each in topics])
    place = np.asarray(groups)
    major = {group: _most_frequent(first[place == group]) for group in np.unique(place)}
    return float(np.mean([major[group] in each for group, each in zip(place, topics, strict=True)]))


def merged(topics: Labels, groups: Labels) -> NDArray[Any]:
    """What an all-knowing manager makes of the groups: each under the name of its most frequent topic; rest stays "-".

    Returns names by row.
    """
    first, place = np.asarray(topics), np.asarray(groups)
    named = np.full(len(place), "-", dtype=object)
    for group in np.unique(place[place != REST]):
        named[place == group] = _most_frequent(first[place == group])
    return named


def rest(groups: Labels) -> float:
    """Share of posts in no group."""
    return float(np.mean(np.asarray(groups) == REST))


def accuracy(topics: Labels, groups: Labels) -> float:
    """Share of posts in the group that stands for their topic: groups and topics paired one to one, the best way."""
    table = contingency(topics, groups)
    rows, columns = linear_sum_assignment(-table)
    return float(table[rows, columns].sum() / table.sum())


def f1(wanted: NDArray[np.bool_], found: NDArray[np.bool_]) -> float:
    """Harmonic mean of precision and recall of one set of rows."""
    both = float(np.sum(wanted & found))
    return 2 * both / max(float(wanted.sum() + found.sum()), 1.0)


def diversity(topics: Sequence[Sequence[str]]) -> float:
    """Different keywords over all keywords."""
    every = [word for words in topics for word in words]
    return len(set(every)) / max(len(every), 1)


def npmi(documents: Sequence[Sequence[str]], topics: Sequence[Sequence[str]]) -> float:
    """Mean over topics of the normalised PMI of their keywords' pairs, -1..1; a post is one window (Bouma 2009)."""
    wanted = sorted({word for words in topics for word in words})
    place = {word: column for column, word in enumerate(wanted)}
    said = np.zeros((len(documents), len(wanted)), dtype=np.float32)
    for row, document in enumerate(documents):
        said[row, [place[word] for word in document if word in place]] = 1
    joint = (said.T @ said).astype(np.float64) / max(len(documents), 1)
    alone = np.diag(joint)
    scores = [_coherence(joint, alone, [place[word] for word in words if alone[place[word]] > 0]) for words in topics]
    known = [score for score in scores if score is not None]
    return float(np.mean(known)) if known else 0.0


def _coherence(joint: NDArray[np.float64], alone: NDArray[np.float64], columns: list[int]) -> float | None:
    if len(columns) < 2:
        return None
    pairs = [(a, b) for at, a in enumerate(columns) for b in columns[at + 1 :]]
    return float(np.mean([_pair(joint[a, b], alone[a], alone[b]) for a, b in pairs]))


def _pair(together: float, one: float, other: float) -> float:
    if together == 0:
        return -1.0
    return 1.0 if together == 1 else float(np.log(together / (one * other)) / -np.log(together))


def _pairs(counts: Any) -> Any:
    return counts * (counts - 1) / 2


def _most_frequent(names: NDArray[Any]) -> Any:
    """The first of the most frequent by name, so that a tie has one end."""
    kinds, times = np.unique(names, return_counts=True)
    return kinds[int(times.argmax())]
