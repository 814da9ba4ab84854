"""The arithmetic of points: shares that sum up, and which points go first."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocreate.points.laws import Lot, put_back, split, take

weights = st.lists(st.fractions(0, 100, max_denominator=97), min_size=1, max_size=60).filter(lambda some: sum(some) > 0)
START = datetime(2026, 1, 1, tzinfo=UTC)


def lot(place, left, day):
    return Lot(place, left, None if day is None else START + timedelta(days=day))


lots = st.lists(st.tuples(st.integers(0, 50), st.none() | st.integers(0, 900)), max_size=20).map(
    lambda rows: [lot(place, *row) for place, row in enumerate(rows)]
)


@given(st.integers(0, 5000), weights)
def test_the_shares_of_a_split_sum_up_to_the_award(amount, some):
    shares = split(amount, some)
    assert sum(shares) == amount
    assert len(shares) == len(some)


@given(st.integers(0, 5000), weights)
def test_a_share_is_less_than_one_point_from_its_quota(amount, some):
    total = sum(some)
    for share, weight in zip(split(amount, some), some, strict=True):
        assert abs(share - amount * weight / total) < 1
        assert share >= 0
        if weight == 0:
            assert share <= 1


@given(st.integers(0, 5000), weights)
def test_who_weighs_more_gets_no_less(amount, some):
    shares = sorted(zip(some, split(amount, some), strict=True))
    by_weight = [share for _, share in sorted(shares, key=lambda pair: (pair[0], pair[1]))]
    assert all(a <= b for (w, a), (v, b) in zip(shares, shares[1:], strict=False) if w < v)
    assert by_weight == [share for _, share in shares]


def test_equal_remainders_go_to_the_earlier_one():
    assert split(10, [1, 1, 1]) == [4, 3, 3]
    assert split(1, [Fraction(1, 2), Fraction(1, 2)]) == [1, 0]


def test_where_nobody_is_there_nothing_can_be_split():
    with pytest.raises(ValueError, match="above 0"):
        split(10, [])
    with pytest.raises(ValueError, match="above 0"):
        split(10, [0, 0])


@given(st.integers(0, 400), lots)
def test_what_is_taken_is_what_was_wanted_or_all_there_was(amount, some):
    taken = take(amount, some)
    assert sum(taken.values()) == min(amount, sum(lot.remaining for lot in some))
    assert all(0 < part <= some[lot_id].remaining for lot_id, part in taken.items())


def test_what_expires_soonest_goes_first_and_what_lasts_goes_last():
    soon, late, never = Lot(1, 5, START), Lot(2, 5, START + timedelta(days=9)), Lot(3, 5)
    assert take(7, [never, late, soon]) == {1: 5, 2: 2}
    assert take(12, [never, late, soon]) == {1: 5, 2: 5, 3: 2}
    assert take(7, [never, late, soon], first=3) == {3: 5, 1: 2}


def test_what_comes_back_goes_first_to_where_it_lasts_longest():
    soon, late, never = Lot(1, 5, START), Lot(2, 5, START + timedelta(days=9)), Lot(3, 5)
    assert put_back(8, [soon, never, late]) == {3: 5, 2: 3}
