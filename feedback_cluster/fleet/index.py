"""Who speaks compared with who drives: shares, their ratio, and how sure the ratio is. Arithmetic only.

Sources: Wilson's interval for a share (Wilson 1927); the interval of a ratio of two shares from theirs, MOVER (Donner
and Zou, Statistical Methods in Medical Research 21, 2012). No sampling, no tables, a few microseconds a group.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Z = 1.959963984540054
"""Two-sided 95 %."""
FEWEST_SPEAKERS = 8
"""Below so many speakers whose group is known nothing is said about any group."""
FEWEST_EXPECTED = 3.0
"""A group is passed over when fewer of it speak, and fewer would have to, than this."""
WORTH_A_SENTENCE = 5.0
"""The same for the group that is named above the tables: of many small groups one is loud by chance."""


class Verdict(StrEnum):
    """What an index says."""

    LOUD = "loud"
    QUIET = "quiet"
    EVEN = "even"
    FEW = "few"
    FOREIGN = "foreign"
    """The fleet has no such car."""


@dataclass(frozen=True)
class Group:
    """One group of owners: speakers of all speakers, cars of all cars, the index with its 95 % interval (0 to
    infinity). The index is None where nothing can be told."""

    name: str
    speakers: int
    of_speakers: int
    cars: int
    of_cars: int
    index: float | None
    low: float
    high: float
    verdict: Verdict

    @property
    def expected(self) -> float:
        """How many of the speakers it would be by its share of the fleet."""
        return self.of_speakers * self.fleet_share

    @property
    def share(self) -> float:
        return self.speakers / self.of_speakers if self.of_speakers else 0.0

    @property
    def fleet_share(self) -> float:
        return self.cars / self.of_cars if self.of_cars else 0.0


def wilson(count: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share of which `count` of `of` were seen."""
    if of <= 0:
        return 0.0, 1.0
    share, square = count / of, Z * Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = Z / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return (0.0 if count == 0 else max(0.0, middle - half)), (1.0 if count == of else min(1.0, middle + half))


def ratio(count: int, of: int, cars: int, of_cars: int, *, sampled: bool) -> tuple[float, float, float]:
    """The ratio of two shares and its 95 % interval. sampled: the cars are a sample as well, not the whole fleet.

    Raises ValueError when there is nothing to divide by.
    """
    if of <= 0 or cars <= 0 or of_cars <= 0:
        raise ValueError("no share to compare with")
    first, second = count / of, cars / of_cars
    low, high = wilson(count, of)
    if not sampled:
        return first / second, low / second, high / second
    below, above = wilson(cars, of_cars)
    return first / second, _lower(first, low, second, above), _upper(first, high, second, below)


def _lower(first: float, low: float, second: float, above: float) -> float:
    """The lower end of first / second. Written as a quotient of sums, so that above = 2 * second divides by no zero."""
    product = first * second
    scale, known = above * (2 * second - above), low * (2 * first - low)
    whole = product + math.sqrt(max(0.0, product * product - scale * known))
    return max(0.0, known / whole) if whole > 0 else 0.0


def _upper(first: float, high: float, second: float, below: float) -> float:
    """The upper end of first / second; infinity where the second may be nothing at all."""
    product = first * second
    scale, known = below * (2 * second - below), high * (2 * first - high)
    if scale <= 0:
        return math.inf
    return (product + math.sqrt(max(0.0, product * product - scale * known))) / scale


def compare(voices: Mapping[str, int], fleet: Mapping[str, int], *, sampled: bool) -> list[Group]:
    """The groups of a theme and of the fleet, those that speak most first, then by cars, then by name.

    voices: speakers by group, fleet: cars by group, "" (unknown) left out by the caller. sampled: see `ratio`.
    """
    speakers, cars = sum(voices.values()), sum(fleet.values())
    groups = [
        _group(name, voices.get(name, 0), speakers, fleet.get(name, 0), cars, sampled) for name in {**fleet, **voices}
    ]
    return sorted(groups, key=lambda group: (-group.speakers, -group.cars, group.name))


def _group(name: str, count: int, of: int, cars: int, of_cars: int, sampled: bool) -> Group:
    def told(index: float | None, low: float, high: float, verdict: Verdict) -> Group:
        return Group(name, count, of, cars, of_cars, index, low, high, verdict)

    if not cars:
        return told(None, 0.0, math.inf, Verdict.FOREIGN)
    if of < FEWEST_SPEAKERS or max(count, of * cars / of_cars) < FEWEST_EXPECTED:
        return told(None, 0.0, math.inf, Verdict.FEW)
    index, low, high = ratio(count, of, cars, of_cars, sampled=sampled)
    verdict = Verdict.LOUD if low > 1 else Verdict.QUIET if high < 1 else Verdict.EVEN
    return told(index, low, high, verdict)
