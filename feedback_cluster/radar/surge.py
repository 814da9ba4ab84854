"""Surges: daily counts in, alerts out. Pure arithmetic over arrays; no database, no clock.

Every series is compared with its own past (`baseline.look`) over windows of one to seven days (a scan after Kulldorff
2001), one alert per series at a time, and one for everything where everything rises.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from feedback_cluster.radar.baseline import DEFAULT, BoolArray, FloatArray, IntArray, Look, Rule, look

__all__ = ["DEFAULT", "TRAFFIC", "BoolArray", "FloatArray", "IntArray", "Look", "Rule", "Surge", "find_surges", "look"]

TRAFFIC = -1
"""`Surge.series` of a rise of everything at once."""


@dataclass(frozen=True)
class Surge:
    """A rise: `seen` voices in the days first..day (indices, both counted) where `expected` ± `spread` were usual."""

    series: int
    first: int
    day: int
    seen: int
    expected: float
    spread: float
    evidence: float
    over: int | None = None
    """The day on which it was over; None while it lasts."""

    @property
    def days(self) -> int:
        return self.day - self.first + 1

    @property
    def ratio(self) -> float:
        return self.seen / self.expected if self.expected > 0 else float(self.seen)


@dataclass
class _State:
    """An alert of a series, or the time after one."""

    open: Surge | None = None
    calm: int = 0
    closed: int = -(10**6)
    found: list[Surge] = field(default_factory=list)


def rises(
    seen_on: Look, threshold: float, rule: Rule = DEFAULT, *, day: int, fresh: IntArray | None = None
) -> list[Surge]:
    """The series that rise on this day, each with the window that shows it best. fresh: by series, how many of the
    last days may be looked at; 0 for none."""
    found = []
    for series in np.flatnonzero(seen_on.known & (seen_on.evidence.max(axis=1) >= threshold)):
        most = rule.windows if fresh is None else int(fresh[series])
        best = best_window(seen_on, int(series), threshold, rule, most)
        if best is not None:
            found.append(surge_of(seen_on, int(series), best, day))
    return found


def best_window(seen_on: Look, series: int, threshold: float, rule: Rule, most: int) -> int | None:
    """The window (0: one day) with the strongest evidence that matters; None when there is none."""
    evidence = seen_on.evidence[series].copy()
    evidence[max(0, most) :] = 0.0
    seen, expected = seen_on.seen[series], seen_on.expected[series]
    matters = (seen >= rule.least_ratio * expected) & (seen - expected >= rule.least_excess)
    evidence[~matters] = 0.0
    best = int(np.argmax(evidence))
    return best if evidence[best] >= threshold else None


def surge_of(seen_on: Look, series: int, window: int, day: int) -> Surge:
    expected = float(seen_on.expected[series, window])
    return Surge(
        series=series,
        first=day - window,
        day=day,
        seen=int(seen_on.seen[series, window]),
        expected=expected,
        spread=math.sqrt(float(seen_on.noise[series]) * expected),
        evidence=float(seen_on.evidence[series, window]),
    )


def traffic(seen_on: Look, threshold: float, rule: Rule = DEFAULT, *, day: int) -> Surge | None:
    """The rise of everything at once, if there is one."""
    strong = (seen_on.common_evidence >= threshold) & (seen_on.common >= rule.traffic_ratio)
    if not strong.any():
        return None
    window = int(np.argmax(np.where(strong, seen_on.common_evidence, 0.0)))
    expected = float((seen_on.expected[:, window] / seen_on.common[window]).sum())
    spread = math.sqrt(float(np.median(seen_on.noise)) * expected)
    seen = int(seen_on.seen[:, window].sum())
    return Surge(TRAFFIC, day - window, day, seen, expected, spread, float(seen_on.common_evidence[window]))


def again(standing: Surge, risen: Surge, rule: Rule = DEFAULT) -> bool:
    """Whether the days since an alert are so much louder than those that raised it that people must look again."""
    return risen.evidence >= standing.evidence + rule.louder and risen.ratio >= rule.louder_ratio * standing.ratio


def is_calm(seen_on: Look, series: int, rule: Rule = DEFAULT) -> bool:
    """Whether the last three days are back near what is usual."""
    window = min(3, rule.windows) - 1
    expected = float(seen_on.expected[series, window])
    return bool(seen_on.seen[series, window] <= rule.calm_ratio * expected + 1.0)


def find_surges(
    counts: IntArray,
    *,
    first_weekday: int = 0,
    days: Sequence[int] | None = None,
    live: IntArray | None = None,
    rule: Rule = DEFAULT,
) -> list[Surge]:
    """Replay the days one after the other, each knowing only what came before; one alert per series at a time.

    counts: (n_series, n_days) voices; first_weekday: of day 0, Monday is 0. Alerts come in the order in which they
    would have been raised; series TRAFFIC is a rise of everything at once. The days of an alert teach no baseline.
    """
    n_series, n_days = counts.shape
    weekdays = (np.arange(n_days) + first_weekday) % 7
    taught = np.ones(counts.shape, dtype=bool)
    states = [_State() for _ in range(n_series + 1)]  # the last one: all together
    threshold = rule.threshold()
    found: list[Surge] = []
    for day in days if days is not None else range(n_days):
        now = look(counts, day, weekdays=weekdays, live=live, taught=taught, rule=rule)
        whole = traffic(now, threshold, rule, day=day)
        _follow_traffic(states[-1], now, whole, day, rule)
        risen = {
            surge.series: surge
            for surge in rises(
                now, threshold, rule, day=day, fresh=np.array([_fresh(s, day, rule) for s in states[:-1]])
            )
        }
        for series, state in enumerate(states[:-1]):
            _follow(state, now, series, risen.get(series), day, rule, threshold)
            if state.open is not None:
                taught[series, state.open.first : day + 1] = False
    for state in states:
        found += [*state.found, *([state.open] if state.open else [])]
    return sorted(found, key=lambda surge: (surge.day, surge.series))


def _fresh(state: _State, day: int, rule: Rule) -> int:
    return min(rule.windows, day - (state.open.day if state.open else state.closed))


def _follow(state: _State, now: Look, series: int, risen: Surge | None, day: int, rule: Rule, threshold: float) -> None:
    if state.open is None:
        wary = day - state.closed <= rule.wary_days
        if risen is not None and (not wary or risen.evidence >= threshold + rule.wary_extra):
            state.open, state.calm = risen, 0
        return
    if risen is not None and again(state.open, risen, rule):
        state.found.append(_closed(state.open, day))
        state.open, state.calm = risen, 0
        return
    state.calm = state.calm + 1 if is_calm(now, series, rule) else 0
    if state.calm >= rule.calm_days:
        state.found.append(_closed(state.open, day))
        state.open, state.closed = None, day


def _follow_traffic(state: _State, now: Look, whole: Surge | None, day: int, rule: Rule) -> None:
    if state.open is None:
        if whole is not None and day - state.closed > rule.wary_days:
            state.open, state.calm = whole, 0
        return
    state.calm = state.calm + 1 if whole is None else 0
    if state.calm >= rule.calm_days:
        state.found.append(_closed(state.open, day))
        state.open, state.closed = None, day


def _closed(surge: Surge, day: int) -> Surge:
    return Surge(
        surge.series, surge.first, surge.day, surge.seen, surge.expected, surge.spread, surge.evidence, over=day
    )
