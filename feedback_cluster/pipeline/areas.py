"""Areas: the level above themes, so that forty of them read as seven."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from feedback_cluster.pipeline.arrays import FloatArray, unit_rows

FLOOR = 0.25  # cosine of two groups of themes: below it they have nothing in common and stay apart


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
    """Groups of like centres, largest first: about √k of k, more where the likeness ends before.

    centres: (k, d) unit rows; sizes: posts of each. A centre without posts, or of zeros, is in no group. Two groups
    merge by the cosine of their summed posts; which two does not depend on the order of the centres.
    """
    alive = [place for place, size in enumerate(sizes) if size > 0 and np.any(centres[place])]
    alive.sort(key=lambda place: (-sizes[place], *np.round(centres[place], 5).tolist()))
    groups = [[place] for place in alive]
    sums = [centres[place] * np.float32(math.sqrt(sizes[place])) for place in alive]
    wanted = max(1, round(math.sqrt(len(alive))))
    while len(groups) > wanted:
        rows = unit_rows(np.array(sums, dtype=np.float32))
        likeness = np.tril(rows @ rows.T, -1)
        second, first = divmod(int(np.argmax(np.round(likeness, 5))), len(groups))
        if likeness[second, first] < floor:
            break
        groups[first] += groups.pop(second)
        sums[first] = sums[first] + sums.pop(second)
    groups.sort(key=lambda group: -sum(sizes[place] for place in group))
    return groups
