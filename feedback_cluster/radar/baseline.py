"""What one day shows of every series beside its own past: the level that is usual, its week, its noise, the evidence.

The evidence is the likelihood ratio of two Poisson counts, window against baseline, so that a short or thin past makes
the judgement more careful by itself (Przyborowski & Wilenski 1940); past outbreaks weigh less (after Noufaily et al.
2013).
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

LOOKS_PER_DAY = 1.6
"""How many independent looks the seven windows that end on one day amount to; measured on simulated calm series."""


@dataclass(frozen=True)
class Rule:
    """When a rise is an alert.

    budget: false alerts that one series may raise in a year of calm. least_ratio, least_excess: how far above what was
    expected a rise must be to matter at all, however certain. calm_ratio, calm_days: an alert is over after so many
    days whose running three days stay below this share of what was expected.
    """

    budget: float = 0.35
    windows: int = 7
    gap_days: int = 7
    baseline_weeks: int = 16
    least_weeks: int = 4
    least_ratio: float = 1.6
    least_excess: float = 5.0
    calm_ratio: float = 1.5
    calm_days: int = 3
    wary_days: int = 14
    wary_extra: float = 1.0
    """For so many days after an alert a new one of the same series needs so much more evidence, from new days only."""
    louder: float = 1.0
    louder_ratio: float = 1.35
    """A rise within a standing alert is told anew when the days since the alert are so much stronger evidence, and so
    many times as far above the usual."""
    traffic_ratio: float = 1.35

    def threshold(self, series: int = 1) -> float:
        """The evidence, in standard deviations, that keeps `series` series together within the budget of one."""
        return NormalDist().inv_cdf(1.0 - self.budget / (365.0 * LOOKS_PER_DAY * max(1, series)))


DEFAULT = Rule()


@dataclass(frozen=True)
class Look:
    """What one day shows of every series, by length of the window that ends on it (column 0: one day).

    seen, expected, evidence: (n_series, windows); noise: variance over mean by series; level: voices a day.
    common: by window, how many times the usual all series together speak, 1 where that is no more than noise.
    """

    seen: IntArray
    expected: FloatArray
    evidence: FloatArray
    noise: FloatArray
    level: FloatArray
    common: FloatArray
    common_evidence: FloatArray
    known: BoolArray
    """Whether the series has enough of a past to be judged."""


def look(
    counts: IntArray,
    day: int,
    *,
    weekdays: IntArray,
    live: IntArray | None = None,
    taught: BoolArray | None = None,
    floors: FloatArray | None = None,
    rule: Rule = DEFAULT,
) -> Look:
    """Compare the days up to `day` with the past of each series.

    counts: (n_series, n_days) voices; weekdays: (n_days,) 0..6. live: the same of voices that may be evidence (others
    teach the baseline only). taught: days that may teach the baseline. floors: voices a day that are usual at least.
    """
    live = counts if live is None else live
    end = day - rule.windows - rule.gap_days + 1
    start = max(0, end - 7 * rule.baseline_weeks)
    weeks = max(0, end - start) // 7
    start = end - 7 * weeks
    series = counts.shape[0]
    if weeks == 0:
        empty = np.zeros((series, rule.windows))
        nothing = np.zeros(series)
        return Look(
            empty.astype(np.int64), empty, empty, nothing + 1, nothing, np.ones(rule.windows),
            np.zeros(rule.windows), np.zeros(series, dtype=bool),
        )  # fmt: skip
    past = counts[:, start:end].astype(np.float64)
    usable = np.ones_like(past, dtype=bool) if taught is None else taught[:, start:end]
    past = past * usable
    week = weekdays[start:end]
    shape = _week_shape(past, usable, week)
    exposure = np.take_along_axis(shape, np.broadcast_to(week, past.shape), axis=1) * usable
    total, exposed, noise = _level(
        past.reshape(series, weeks, 7).sum(axis=2), exposure.reshape(series, weeks, 7).sum(2)
    )
    rate = np.divide(total, exposed, out=np.zeros(series), where=exposed > 0)
    if floors is not None:
        raised = np.maximum(rate, floors)
        total, rate = raised * exposed, raised
    known = exposed >= 7 * rule.least_weeks * 0.9
    days = np.arange(day, day - rule.windows, -1)
    inside = days >= 0
    seen = np.cumsum(np.where(inside, live[:, days], 0), axis=1)
    factors = np.cumsum(shape[:, weekdays[days]], axis=1)
    expected = rate[:, None] * factors
    common, common_evidence = _common(seen, expected, noise, known)
    evidence = _evidence(seen, total[:, None], factors * common, exposed[:, None], noise[:, None])
    return Look(seen, expected * common, evidence, noise, rate, common, common_evidence, known)


def _week_shape(past: FloatArray, usable: BoolArray, week: IntArray) -> FloatArray:
    """How much of an average day each weekday is, by series: its own, leaning on that of all together."""
    own = np.stack([(past * (week == k)).sum(axis=1) for k in range(7)], axis=1)
    days = np.maximum(1, np.stack([(usable & (week == k)).sum(axis=1) for k in range(7)], axis=1))
    together = past.sum(axis=0)
    middle = np.array([_middle(together[week == k]) for k in range(7)])
    mean = middle.mean()
    pooled = middle / mean if mean > 0 else np.ones(7)
    pooled = (pooled * together.sum() + 50) / (together.sum() + 50)
    total = past.sum(axis=1, keepdims=True)
    weight = 150.0
    flat = own / days * days.mean(axis=1, keepdims=True)
    shape = (flat + weight * pooled / 7) / (flat.sum(axis=1, keepdims=True) + weight) * 7
    return np.asarray(np.where(total > 0, shape, pooled[None, :]))


def _middle(values: FloatArray) -> float:
    """Mean of the middle half: one loud day of the past does not make a weekday loud."""
    if values.size == 0:
        return 0.0
    ordered = np.sort(values)
    cut = values.size // 4
    return float(ordered[cut : values.size - cut].mean())


def _level(weeks: FloatArray, exposure: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Voices and exposure of the baseline by series, loud weeks cut down to what is usual, and the noise.

    weeks, exposure: (n_series, n_weeks). The noise is variance over mean, at least 1; a series leans on all others.
    """
    full: BoolArray = np.asarray(exposure > 0.5)
    rates = np.where(full, weeks / np.maximum(exposure, 0.5), np.nan)
    count = full.sum(axis=1)
    with np.errstate(all="ignore"):
        filled = np.where(np.greater(count, 0)[:, None], rates, 0.0)
        median = np.nanmedian(filled, axis=1)
        ordered = np.sort(np.where(full, rates, np.inf), axis=1)
    keep = np.maximum(1, (count * 0.8).astype(int))
    lower = np.array([row[:n][np.isfinite(row[:n])].mean() if n and c else 0.0
                      for row, n, c in zip(ordered, keep, count, strict=True)])  # fmt: skip
    usual = np.maximum(median, lower)
    mean = usual[:, None] * exposure
    cut = np.minimum(weeks, mean + 2.5 * np.sqrt(mean + 0.25))
    total, exposed = (cut * full).sum(axis=1), (exposure * full).sum(axis=1)
    rate = np.divide(total, exposed, out=np.zeros_like(total), where=exposed > 0)
    fitted = np.maximum(rate[:, None] * exposure, 1e-9)
    # Noise is judged from less tamed weeks than the level: cut as hard, a lively theme would look calm.
    tame = np.minimum(weeks, mean + 4.0 * np.sqrt(mean + 0.25))
    pearson = np.where(full & (rate[:, None] > 0), (tame - fitted) ** 2 / fitted, 0.0).sum(axis=1)
    freedom = np.maximum(count - 1, 1)
    own = pearson / freedom
    loud = total >= 20
    pooled = float(np.median(own[loud])) if loud.any() else 1.0
    lean = 24.0
    noise = np.maximum(1.0, (lean * max(1.0, pooled) + freedom * own) / (lean + freedom))
    return total, exposed, noise


def _evidence(
    seen: IntArray | FloatArray, total: FloatArray, window: FloatArray, exposed: FloatArray, noise: FloatArray
) -> FloatArray:
    """Signed root of the likelihood ratio that the window's rate is above the baseline's, in standard deviations.

    Half a voice is taken off, because counts are whole. 0 where the window is not above.
    """
    x = np.maximum(np.asarray(seen, dtype=np.float64) - 0.5, 0.0)
    both = x + total
    share = np.divide(window, window + exposed, out=np.zeros_like(window + exposed), where=(window + exposed) > 0)
    expected, rest = both * share, both * (1 - share)
    with np.errstate(divide="ignore", invalid="ignore"):
        first = np.where(x > 0, x * np.log(x / expected), 0.0)
        second = np.where(total > 0, total * np.log(total / rest), 0.0)
    deviance = np.maximum(2.0 * (first + second), 0.0)
    above: BoolArray = np.logical_and(x > expected, exposed > 0)
    return np.asarray(np.where(above, np.sqrt(deviance / noise), 0.0))


def _common(seen: IntArray, expected: FloatArray, noise: FloatArray, known: BoolArray) -> tuple[FloatArray, FloatArray]:
    """By window: how many times the usual the middle half of the series speaks, and the evidence that it is a rise.

    The middle half, so that a few surges of their own do not count as a rise of everything.
    """
    windows = seen.shape[1]
    speaking = known & (expected[:, -1] >= 1.0)
    if speaking.sum() < 6:
        return np.ones(windows), np.zeros(windows)
    x, mean = seen[speaking].astype(np.float64), expected[speaking]
    order = np.argsort((x - mean) / np.sqrt(mean), axis=0)
    cut = len(order) // 4
    middle = order[cut : len(order) - cut]
    x, mean = np.take_along_axis(x, middle, axis=0).sum(axis=0), np.take_along_axis(mean, middle, axis=0).sum(axis=0)
    wide = float(np.median(noise[speaking]))
    evidence = np.asarray((x - mean) / np.sqrt(np.maximum(mean, 1e-9) * wide))
    ratio = x / np.maximum(mean, 1e-9)
    return np.where((evidence >= 3.0) & (ratio >= 1.15), ratio, 1.0), evidence
