"""Imports are known from surges: by when voices arrived, by missing dates, by sources that spoke only now."""

from typing import Any

import numpy as np
import pytest

from feedback_cluster.bench import surges
from feedback_cluster.radar.arrivals import Cause, Voices, bursts, causes, counts_on, replay
from feedback_cluster.radar.surge import find_surges
from tests.realdata import REAL_DATA

DAYS, START = 200, 180


def voices(*groups: tuple[Any, Any, int, bool]) -> Voices:
    """From (days named, days of arrival, source, dated) of several groups; all of one series."""
    parts = [
        (np.asarray(day), np.broadcast_to(np.asarray(came), np.asarray(day).shape), source, dated)
        for day, came, source, dated in groups
    ]
    return Voices(
        day=np.concatenate([day for day, *_ in parts]),
        arrived=np.concatenate([came for _, came, *_ in parts]),
        source=np.concatenate([np.full(day.shape, source) for day, _, source, _ in parts]),
        dated=np.concatenate([np.full(day.shape, dated) for day, _, _, dated in parts]),
        series=np.concatenate([np.zeros(day.shape, dtype=int) for day, *_ in parts]),
    )


def usual(seed: int = 0) -> Any:
    dice = np.random.default_rng(seed)
    return np.repeat(np.arange(DAYS), dice.poisson(3.0, DAYS))


def burst() -> Any:
    return np.repeat(np.arange(START, START + 5), 30)


def test_many_posts_of_the_forum_are_a_surge() -> None:
    days = np.concatenate([usual(), burst()])
    assert replay(voices((days, days, 0, True)), series=1)


def test_voices_that_name_days_long_before_they_came_are_no_surge() -> None:
    days = usual()
    told = voices((days, days, 0, True), (burst(), DAYS - 1, 0, True))
    assert replay(told, series=1) == []
    found = bursts(told, series=1)
    assert [(one.cause, one.first <= START <= one.last) for one in found] == [(Cause.BACKFILLED, True)]


def test_rows_without_a_date_are_no_surge_on_the_day_of_their_import() -> None:
    days = usual()
    told = voices((days, days, 0, True), (np.full(80, START), START, 0, False))
    assert replay(told, series=1) == []
    assert [one.cause for one in bursts(told, series=1)] == [Cause.UNDATED]


def test_a_source_that_speaks_for_the_first_time_is_no_surge() -> None:
    days = usual()
    told = voices((days, days, 0, True), (burst(), burst(), 1, True))
    assert replay(told, series=1) == []
    assert [one.cause for one in bursts(told, series=1)] == [Cause.NEW_SOURCE]
    shown = causes(told, START, START + 2, START + 2)
    assert shown[Cause.NEW_SOURCE] == 90
    assert shown[Cause.NEWS] > 0


def test_a_feed_that_comes_every_week_may_raise_an_alert() -> None:
    """A file a week, dated rows: its voices are up to a week old, and news all the same."""
    days = np.concatenate([usual(), burst()])
    weekly = (days // 7 + 1) * 7
    assert replay(voices((days, weekly, 0, True)), series=1)


def test_history_of_a_steady_source_teaches_the_baseline() -> None:
    """A year of history comes in one import, then the source goes on by itself: what is usual is known."""
    days = usual()
    late = np.where(days < 100, 100, days)
    counts, live = counts_on(voices((days, late, 0, True)), 190, series=1, days=DAYS)
    assert counts[0, :90].sum() > 200
    assert live[0, :90].sum() == 0
    assert live[0, 110:190].sum() > 150


def test_what_arrives_tomorrow_is_not_known_today() -> None:
    told = voices((usual(), usual(), 0, True), (burst(), START + 6, 0, True))
    counts, _ = counts_on(told, START + 5, series=1, days=DAYS)
    assert counts[0, START : START + 5].max() < 15


@pytest.mark.realdata
@pytest.mark.slow
def test_the_bursts_of_real_complaints_are_imports() -> None:
    told = surges.complaints(REAL_DATA)
    once, fed = told["as_one_import"], told["as_a_daily_feed"]
    assert once["bursts"] == once["recognised"] >= 3
    assert once["alerts"] == 0
    assert fed["recognised"] == fed["bursts"]
    assert find_surges(np.zeros((1, 1), dtype=np.int64)) == []
