"""What tells a surge from an import: when a voice arrived beside the day it names, and how steadily its source speaks.

Pure arithmetic over arrays, like `surge`. Days are indices; day 0 is the first that anybody looks at.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from feedback_cluster.radar.surge import DEFAULT, BoolArray, IntArray, Rule, Surge, find_surges

LATEST_DAYS = 7
"""A voice that arrives later than this after the day it names is history, not news; a weekly file is still news."""
STEADY_WEEKS, STEADY_SHARE = 8, 0.6
"""A source that was heard in fewer of the weeks before is new, or back after a silence: its rise is no surge."""


class Cause(StrEnum):
    """Why voices of some days are many."""

    NEWS = "news"
    BACKFILLED = "backfilled"
    UNDATED = "undated"
    NEW_SOURCE = "new_source"


@dataclass(frozen=True)
class Voices:
    """One entry per voice in every array.

    day: the day it names; arrived: the day on which it came; source: where from, 0, 1, …; dated: whether it names a day
    of its own (an imported row without a date is given the moment of its import); series: whose count it adds to.
    """

    day: IntArray
    arrived: IntArray
    source: IntArray
    dated: BoolArray
    series: IntArray

    @property
    def late(self) -> BoolArray:
        return np.asarray(self.arrived - self.day > LATEST_DAYS)

    @property
    def live(self) -> BoolArray:
        """Whether it was heard when it was said."""
        return np.asarray(self.dated & ~self.late)


def steady_sources(voices: Voices, day: int) -> BoolArray:
    """By source: whether it was heard, as it spoke, in most of the weeks that end a week before this day.

    Where nobody has been heard for so long, the weeks since the first voice count.
    """
    count = int(voices.source.max(initial=-1)) + 1
    end = day - 7
    first = int(voices.day.min(initial=end))
    weeks = min(STEADY_WEEKS, max(1, (end - first) // 7))
    here = voices.live & (voices.day < end) & (voices.day >= end - 7 * weeks)
    heard = np.zeros((count, weeks), dtype=bool)
    heard[voices.source[here], (end - 1 - voices.day[here]) // 7] = True
    return np.asarray(heard.mean(axis=1) >= STEADY_SHARE)


def counts_on(voices: Voices, day: int, *, series: int, days: int) -> tuple[IntArray, IntArray]:
    """(counts, live) for `surge.look` on this day: what teaches the baseline, and what may be evidence.

    Sources that do not speak steadily are in neither, so that what they bring all at once lifts nothing.
    """
    steady = steady_sources(voices, day)
    known = steady[voices.source] if voices.source.size else np.zeros(0, dtype=bool)
    seen = known & (voices.arrived <= day) & (voices.day >= 0) & (voices.day < days) & (voices.series >= 0)
    place = voices.series * days + voices.day

    def table(chosen: BoolArray) -> IntArray:
        return np.bincount(place[chosen], minlength=series * days).reshape(series, days).astype(np.int64)

    return table(seen), table(seen & voices.live)


def causes(voices: Voices, first: int, last: int, day: int, series: int | None = None) -> dict[Cause, int]:
    """How many of the voices that name these days (first..last) are news on `day`, and why the others are not."""
    here = (voices.day >= first) & (voices.day <= last)
    if series is not None and series >= 0:
        here &= voices.series == series
    steady = steady_sources(voices, day)
    strange = ~steady[voices.source] if voices.source.size else np.zeros(0, dtype=bool)
    undated = here & ~voices.dated
    late = here & voices.dated & voices.late
    new = here & voices.live & strange
    found = {
        Cause.NEWS: int((here & voices.live & ~strange).sum()),
        Cause.BACKFILLED: int(late.sum()),
        Cause.UNDATED: int(undated.sum()),
        Cause.NEW_SOURCE: int(new.sum()),
    }
    return {cause: count for cause, count in found.items() if count}


@dataclass(frozen=True)
class Burst:
    """Days on which voices seem to rise, were their dates believed, and what they are."""

    first: int
    last: int
    voices: int
    cause: Cause


def bursts(voices: Voices, *, series: int, rule: Rule = DEFAULT) -> list[Burst]:
    """Every rise that a reader of the dates alone would alert on, neighbouring ones as one, each with its cause."""
    days = int(voices.day.max(initial=-1)) + 1
    named = (voices.day >= 0) & (voices.series >= 0)
    place = voices.series[named] * days + voices.day[named]
    counts = np.bincount(place, minlength=series * days).reshape(series, days).astype(np.int64)
    rising = np.zeros(days, dtype=bool)
    for surge in find_surges(counts, rule=rule):
        rising[surge.first : surge.day + 1] = True
    starts = np.flatnonzero(rising & ~np.concatenate([[False], rising[:-1]]))
    found = []
    for start in starts:
        last = int(start)
        while last + 1 < days and rising[last + 1]:
            last += 1
        told = causes(voices, int(start), last, last)
        if told:
            cause = max(told, key=lambda one: told[one])
            found.append(Burst(int(start), last, sum(told.values()), cause))
    return found


def replay(voices: Voices, *, series: int, rule: Rule = DEFAULT) -> list[Surge]:
    """The alerts that would have been raised, day by day, by somebody who knew only what had arrived."""
    days = int(max(voices.day.max(initial=-1), voices.arrived.max(initial=-1))) + 1
    found: list[Surge] = []
    quiet_until = np.full(series + 1, -1)
    for day in range(days):
        counts, live = counts_on(voices, day, series=series, days=days)
        if not live[:, max(0, day - rule.windows + 1) : day + 1].any():
            continue  # no window holds anything that could be news
        for surge in find_surges(counts, live=live, days=[day], rule=rule):
            if day > quiet_until[surge.series]:
                found.append(surge)
                quiet_until[surge.series] = day + rule.wary_days
    return found
