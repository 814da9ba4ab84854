"""A row of the bench: what was measured, what it should be, what others reach."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

AT_LEAST: dict[str, Callable[[float, float], bool]] = {">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b}


@dataclass(frozen=True)
class Row:
    """One promise. ours: figures by name; bars: of some of these, (">=" or "<=", value); peers: others' figures."""

    what: str
    ours: Mapping[str, float]
    bars: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    peers: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether every bar is met, to the figures measured and not to those rounded; None without bars."""
        if not self.bars:
            return None
        return all(AT_LEAST[sign](self.ours.get(name, math.nan), value) for name, (sign, value) in self.bars.items())

    def as_dict(self) -> dict[str, Any]:
        """What the JSON file of the bench keeps."""
        return {
            "what": self.what,
            "ours": _rounded(self.ours),
            "bars": {name: f"{sign} {value:g}" for name, (sign, value) in self.bars.items()},
            "peers": {name: _rounded(figures) for name, figures in self.peers.items()},
            "note": self.note,
            "met": self.met,
        }


def median(each: list[dict[str, float]]) -> dict[str, float]:
    """The median of every figure over the seeds."""
    return {name: float(np.median([figures[name] for figures in each])) for name in each[0]}


def spread(each: list[dict[str, float]]) -> str:
    """Least and greatest of every figure over the seeds, for the note."""
    if len(each) < 2:
        return ""
    ends = {name: (min(f[name] for f in each), max(f[name] for f in each)) for name in each[0]}
    return f"{len(each)} seeds: " + ", ".join(f"{name} {least:.3f}–{most:.3f}" for name, (least, most) in ends.items())


def ahead_of(peers: Mapping[str, Mapping[str, float]], names: tuple[str, ...]) -> dict[str, tuple[str, float]]:
    """Bars that ask for the best any of these peers reached, figure by figure."""
    return {name: (">=", max(figures[name] for figures in peers.values())) for name in names if peers}


def _rounded(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in figures.items()}
