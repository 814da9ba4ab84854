"""Shares, their ratio and its interval."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_cluster.fleet.index import FEWEST_EXPECTED, Verdict, compare, ratio, wilson

counts = st.dictionaries(st.sampled_from(["甲", "乙", "丙", "丁"]), st.integers(0, 400), min_size=1)


def test_wilson_by_hand() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(15, 50)  # (0.1910, 0.4375), computed from the formula with z = 1.96
    assert (low, high) == pytest.approx((0.1910, 0.4375), abs=5e-4)
    assert wilson(0, 20)[0] == 0
    assert wilson(20, 20)[1] == 1


@pytest.mark.parametrize("sampled", [False, True])
def test_the_interval_covers_the_truth(sampled: bool) -> None:
    """At least 93 of 100 times, over shares from 3 to 60 % and true ratios from .3 to 2, twenty to 400 speakers."""
    dice = random.Random(11)
    hit = tried = 0
    for _ in range(60):
        fleet_share, speakers = dice.uniform(0.03, 0.6), dice.randint(20, 400)
        share = min(0.95, fleet_share * dice.choice([0.3, 0.5, 1.0, 2.0]))
        cars = dice.randint(200, 2_000) if sampled else 1_000_000
        if speakers * fleet_share < FEWEST_EXPECTED:
            continue
        for _ in range(60):
            spoke = sum(dice.random() < share for _ in range(speakers))
            seen = round(dice.gauss(cars * fleet_share, math.sqrt(cars * fleet_share * (1 - fleet_share)))) if sampled \
                else round(cars * fleet_share)  # fmt: skip
            if not 0 < seen <= cars:
                continue
            _, low, high = ratio(spoke, speakers, seen, cars, sampled=sampled)
            hit += low <= share / fleet_share * (1 + 1e-5) and high >= share / fleet_share * (1 - 1e-5)
            tried += 1
    assert tried > 2_000
    assert 0.93 <= hit / tried <= 0.985


@given(counts, st.integers(1, 50), st.booleans())
def test_a_theme_that_speaks_as_the_fleet_does_has_index_one(cars: dict[str, int], factor: int, sampled: bool) -> None:
    fleet = {name: factor * count for name, count in cars.items()}
    for group in compare(cars, fleet, sampled=sampled):
        assert group.index is None or group.index == pytest.approx(1)
        assert group.index is None or group.low <= 1 + 1e-9 <= group.high + 1e-6
        assert group.verdict in (Verdict.EVEN, Verdict.FEW, Verdict.FOREIGN)


@given(counts, counts, st.booleans())
def test_an_index_lies_in_its_interval(voices: dict[str, int], fleet: dict[str, int], sampled: bool) -> None:
    groups = compare(voices, fleet, sampled=sampled)
    assert {group.name for group in groups} == {*voices, *fleet}
    for group in groups:
        assert (group.index is None) == (group.verdict in (Verdict.FEW, Verdict.FOREIGN))
        if group.index is not None:
            assert 0 <= group.low <= group.index + 1e-9
            assert group.index <= group.high + 1e-9


@given(st.integers(20, 300), st.floats(0.05, 0.5), st.integers(100, 5_000))
def test_a_sample_of_the_fleet_is_less_sure_than_all_of_it(speakers: int, share: float, cars: int) -> None:
    spoke, seen = round(speakers * share), max(1, round(cars * share))
    _, low, high = ratio(spoke, speakers, seen, cars, sampled=False)
    _, lower, higher = ratio(spoke, speakers, seen, cars, sampled=True)
    assert lower <= low + 1e-9
    assert higher >= high - 1e-9


def test_verdicts() -> None:
    fleet = {"云麓": 300, "晴川": 500, "小满": 190, "限量": 10}
    groups = {g.name: g for g in compare({"云麓": 40, "晴川": 3, "小满": 7, "旧款": 2}, fleet, sampled=False)}
    assert groups["云麓"].verdict is Verdict.LOUD
    assert groups["云麓"].index == pytest.approx((40 / 52) / 0.3)
    assert groups["晴川"].verdict is Verdict.QUIET
    assert groups["小满"].verdict is Verdict.EVEN
    assert groups["旧款"].verdict is Verdict.FOREIGN
    assert groups["限量"].verdict is Verdict.FEW
    assert all(group.verdict is Verdict.FEW for group in compare({"云麓": 5}, {"云麓": 5, "晴川": 5}, sampled=False))
    with pytest.raises(ValueError, match="no share"):
        ratio(1, 2, 0, 5, sampled=False)
