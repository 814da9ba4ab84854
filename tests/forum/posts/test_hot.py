"""The hot score: more votes and later both count, and now plays no part."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from forum.posts.hot import DAYS_PER_DOUBLING, EPOCH, hot_score

MOMENTS = st.integers(0, 40 * 365 * 86_400).map(lambda seconds: EPOCH + timedelta(seconds=seconds))


@given(MOMENTS, st.integers(0, 10**6), st.integers(1, 1000))
def test_more_votes_are_hotter(at: datetime, votes: int, more: int) -> None:
    assert hot_score(votes + more, at) > hot_score(votes, at) or votes > 10**5


@given(MOMENTS, st.integers(0, 10**6), st.integers(1, 10_000))
def test_of_equal_votes_the_later_is_hotter(at: datetime, votes: int, minutes: int) -> None:
    assert hot_score(votes, at + timedelta(minutes=minutes)) > hot_score(votes, at)


@given(MOMENTS, st.integers(0, 10**5))
def test_twice_the_votes_make_up_for_three_days(at: datetime, votes: int) -> None:
    twice = hot_score(2 * votes + 1, at - timedelta(days=DAYS_PER_DOUBLING))
    assert abs(twice - hot_score(votes, at)) < 1e-5
