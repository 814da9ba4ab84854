"""Surges are found soon, calm stays calm, and a rise of everything is one alert: laws over simulated calendars."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_cluster.radar import surge
from feedback_cluster.radar.surge import TRAFFIC, Rule, find_surges

WEEK = np.array([1.1, 1.1, 1.05, 1.0, 1.0, 0.9, 0.85])
DAYS = 260


def calendar(seed: int, weekly: Any, days: int = DAYS) -> Any:
    """Expected posts a day, (themes, days), and the dice for them."""
    rates = np.asarray(weekly, dtype=float)
    return rates[:, None] / 7 * (WEEK / WEEK.mean())[np.arange(days) % 7], np.random.default_rng(seed)


@pytest.mark.parametrize("seed", range(4))
def test_a_threefold_rise_is_found_within_four_days(seed: int) -> None:
    usual, dice = calendar(seed, [18, 25, 40, 8, 12, 30, 6, 22])
    start = 180 + seed
    usual[1, start : start + 14] *= 3
    found = [one for one in find_surges(dice.poisson(usual)) if one.series == 1 and one.day >= start]
    assert found
    assert found[0].day - start <= 4
    assert found[0].first >= start - 3
    assert found[0].seen > found[0].expected + 2 * found[0].spread
    assert len(found) == 1, "one alert for one surge"
    assert found[0].over is not None
    assert found[0].over >= start + 14


def test_calm_years_raise_few_alerts() -> None:
    usual, dice = calendar(5, np.linspace(5, 40, 20), days=730)
    found = find_surges(dice.poisson(usual))
    assert len(found) <= 20 * 2 * Rule().budget * 2.5


def test_a_lively_theme_is_not_a_surge_for_its_noise() -> None:
    """Noise wider than Poisson's is learned: the same spread as ever is nothing new."""
    usual, dice = calendar(6, [20] * 20, days=500)
    mood = dice.gamma(6.0, 1 / 6, size=(20, 72)).repeat(7, axis=1)[:, :500]
    found = find_surges(dice.poisson(usual * mood))
    stubborn = find_surges(dice.poisson(usual))
    assert len(stubborn) <= 6
    assert len(found) <= 27, "less than one by theme and year, where Poisson's noise would give five"


def test_a_small_rise_does_not_hide_the_large_one_that_follows() -> None:
    usual, dice = calendar(12, [20] * 8)
    usual[5, 190:200] *= 2
    usual[5, 200:214] *= 6
    days = [one.day for one in find_surges(dice.poisson(usual)) if one.series == 5]
    assert 190 <= days[0] < 200
    assert any(200 <= day <= 203 for day in days[1:])


def test_what_surged_before_does_not_hide_the_next_surge() -> None:
    usual, dice = calendar(7, [20] * 8)
    usual[2, 150:164] *= 3
    usual[2, 220:234] *= 3
    days = [one.day for one in find_surges(dice.poisson(usual)) if one.series == 2]
    assert any(150 <= day <= 154 for day in days)
    assert any(220 <= day <= 225 for day in days)


def test_a_rise_of_everything_is_one_alert() -> None:
    usual, dice = calendar(8, np.linspace(8, 40, 16))
    usual[:, 200:214] *= 2.2
    found = find_surges(dice.poisson(usual))
    during = [one for one in found if 200 <= one.day < 214]
    assert [one.series for one in during].count(TRAFFIC) == 1
    assert len(during) <= 3, "sixteen themes rise, and nobody is told sixteen times"
    assert during[0].series == TRAFFIC


def test_a_theme_that_rises_more_than_everything_is_told_beside_it() -> None:
    usual, dice = calendar(9, [20] * 16)
    usual[:, 200:214] *= 1.8
    usual[3, 200:214] *= 3.5
    during = {one.series for one in find_surges(dice.poisson(usual)) if 200 <= one.day < 208}
    assert {TRAFFIC, 3} <= during


def test_nothing_is_judged_without_a_past() -> None:
    usual, dice = calendar(10, [30] * 8, days=40)
    usual[:, 20:] *= 4
    assert find_surges(dice.poisson(usual)) == []


def test_a_false_alarm_teaches_what_is_usual() -> None:
    usual, dice = calendar(11, [14] * 8)
    usual[4, 200:] *= 2.5
    counts = dice.poisson(usual)
    weekdays = np.arange(DAYS) % 7
    day = 214
    plain = surge.look(counts, day, weekdays=weekdays)
    floors = np.zeros(8)
    floors[4] = 14 * 2.5 / 7
    taught = surge.look(counts, day, weekdays=weekdays, floors=floors)
    threshold = Rule().threshold()
    assert [one.series for one in surge.rises(plain, threshold, day=day)] == [4]
    assert surge.rises(taught, threshold, day=day) == []


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(0, 6))
def test_the_order_of_series_changes_nothing(seed: int, count: int, first: int) -> None:
    dice = np.random.default_rng(seed)
    counts = dice.poisson(3.0, size=(count, 150))
    counts[0, 140:] += 9
    order = [*dice.permutation(count), TRAFFIC]
    days = range(125, 150)
    told = {(int(order[one.series]), one.day, one.seen)
            for one in find_surges(counts[order[:-1]], first_weekday=first, days=days)}  # fmt: skip
    assert told == {(one.series, one.day, one.seen) for one in find_surges(counts, first_weekday=first, days=days)}


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(100, 148))
def test_tomorrow_changes_no_judgement_of_today(seed: int, day: int) -> None:
    dice = np.random.default_rng(seed)
    counts = dice.poisson(4.0, size=(4, 150))
    weekdays = np.arange(150) % 7
    before = surge.look(counts, day, weekdays=weekdays)
    counts[:, day + 1 :] = 99
    after = surge.look(counts, day, weekdays=weekdays)
    assert np.array_equal(before.evidence, after.evidence)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30))
def test_more_voices_are_never_less_evidence(seed: int, more: int) -> None:
    counts = np.random.default_rng(seed).poisson(3.0, size=(1, 150))
    weekdays = np.arange(150) % 7
    before = surge.look(counts, 149, weekdays=weekdays)
    counts[0, 149] += more
    after = surge.look(counts, 149, weekdays=weekdays)
    assert (after.evidence >= before.evidence - 1e-9).all()


def test_series_without_a_single_voice_are_quiet() -> None:
    assert find_surges(np.zeros((5, 200), dtype=np.int64)) == []
    assert find_surges(np.zeros((0, 200), dtype=np.int64)) == []
