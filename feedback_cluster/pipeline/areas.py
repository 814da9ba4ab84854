"""Areas: the level above themes, so that forty of them read as ten."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feedback_cluster.pipeline.arrays import FloatArray
from feedback_cluster.pipeline.phrases import shown

FLOOR = 0.06  # mean cosine of two groups of themes: below it they have nothing in common and stay apart
PER_ROOT = 1.5  # areas for each √k: at √k alone the last one was a heap of what fits nowhere (ADR 0032)
SETTLING = 4  # times that a theme may change its area, on average
LONGEST = 8  # characters of an area's label: a chip


@dataclass(frozen=True)
class Area:
    """Themes that belong together; numbered from 0 by falling number of posts."""

    number: int
    label: str
    clusters: tuple[int, ...]

    @classmethod
    def read(cls, told: dict[str, Any]) -> "Area":
        """The area that was written with `vars`."""
        return cls(told["number"], told["label"], tuple(told["clusters"]))


def group_centres(centres: FloatArray, sizes: Sequence[int], *, floor: float = FLOOR) -> list[list[int]]:
    """Groups of like centres, those with most posts first: about 1.5 √k of k, more where the likeness ends before.

    centres: (k, d) unit rows; sizes: posts of each. A centre without posts, or of zeros, is in no group. Groups merge
    as Ward 1963 (JASA 58) has it, by the least growth of the squared distances inside, while their mean cosine is at
    least `floor`; then each centre goes to the group it is most like. The order of the centres does not matter.
    """
    alive = [place for place in range(len(centres)) if sizes[place] > 0 and np.any(centres[place])]
    alive.sort(key=lambda place: (-sizes[place], *np.round(centres[place], 5).tolist()))
    groups = [[place] for place in alive]
    means: NDArray[np.float64] = centres[alive].astype(np.float64)
    wanted = math.ceil(PER_ROOT * math.sqrt(len(alive)))
    while len(groups) > wanted:
        pair = _nearest(means, np.array([len(group) for group in groups]), floor)
        if pair is None:
            break
        first, second = pair
        whole = len(groups[first]) + len(groups[second])
        means[first] = (len(groups[first]) * means[first] + len(groups[second]) * means[second]) / whole
        groups[first] += groups.pop(second)
        means = np.delete(means, second, axis=0)
    groups = _settled(centres, alive, groups, floor)
    groups.sort(key=lambda group: -sum(sizes[place] for place in group))
    return groups


def _settled(centres: FloatArray, alive: list[int], groups: list[list[int]], floor: float) -> list[list[int]]:
    """The groups after the centres went, one by one, to the one whose others they are most like.

    The one that gains most goes first; a centre that is not `floor` like any group stands alone.
    """
    rows = centres[alive].astype(np.float64)
    likeness = rows @ rows.T
    np.fill_diagonal(likeness, 0)
    rank = {place: number for number, place in enumerate(alive)}
    every = np.arange(len(alive))
    home = np.empty(len(alive), dtype=np.int64)
    for number, group in enumerate(groups):
        home[[rank[place] for place in group]] = number
    for _ in range(SETTLING * len(alive)):
        inside = np.eye(len(alive) + 1)[home]  # as many groups as centres may become, and one more that is free
        others = inside.sum(axis=0) - inside  # of each group without the centre itself
        mean = np.divide(likeness @ inside, others, out=np.full(inside.shape, floor), where=others > 0)
        mean = np.round(mean, 5)
        gain = mean.max(axis=1) - mean[every, home]
        first = int(gain.argmax())
        if gain[first] <= 0:
            break
        home[first] = int(mean[first].argmax())
    return [[alive[row] for row in np.flatnonzero(home == number)] for number in np.unique(home)]


def _nearest(means: NDArray[np.float64], sizes: NDArray[np.int64], floor: float) -> tuple[int, int] | None:
    """The two groups to merge, the lower place first; None when no two are like enough."""
    inner = means @ means.T
    square = np.diag(inner)
    grows = (sizes[:, None] * sizes / (sizes[:, None] + sizes)) * (square[:, None] + square - 2 * inner)
    grows[(inner < floor) | ~np.tri(len(means), k=-1, dtype=bool)] = np.inf
    # Rounded, so that a sum in another order does not turn a tie around.
    second, first = divmod(int(np.argmin(np.round(grows, 6))), len(means))
    return (first, second) if np.isfinite(grows[second, first]) else None


def name_areas(words: Sequence[Sequence[str]], theme_of: Mapping[str, int]) -> list[str]:
    """One label for each area, none above `LONGEST` characters, no two alike.

    words: of each area, strongest first; theme_of: the theme that each word marks most. A label has the strongest word
    and, where there is room, the strongest one of another theme; else one word, or a number.
    """
    labels: list[str] = []
    for number, own in enumerate(words):
        first = own[0] if own else ""
        others = [word for word in own if theme_of[word] != theme_of[first] and not (word in first or first in word)]
        pairs = [f"{shown(first)}与{shown(other)}" for other in others[:3]]
        ways = [*pairs, *map(shown, own), *(f"领域 {number + further}" for further in range(1, 1000))]
        labels.append(next(way for way in ways if len(way) <= LONGEST and way not in labels))
    return labels
