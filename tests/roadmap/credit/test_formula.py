"""The formula: whole points that sum up to the award, whoever is there."""

from hypothesis import given
from hypothesis import strategies as st

from roadmap.credit.formula import share_out

people = st.lists(st.integers(1, 400), unique=True, max_size=120)


@given(st.integers(1, 3000), people, people)
def test_the_shares_sum_up_to_the_award(amount, authors, helpers):
    shares = share_out(amount, authors, helpers)
    expected = amount if authors or helpers else 0
    assert sum(shares.members.values()) == expected
    assert shares.first + shares.others + shares.helpers == expected
    assert all(part > 0 for part in shares.members.values())
    assert set(shares.members) <= {*authors, *helpers}


@given(st.integers(100, 3000), people.filter(bool), people)
def test_within_a_part_nobody_gets_more_than_a_point_more(amount, authors, helpers):
    only_authors = [one for one in authors[1:] if one not in helpers]
    parts = [share_out(amount, authors, helpers).members.get(one, 0) for one in only_authors]
    assert max(parts, default=0) - min(parts, default=0) <= 1


def test_as_published():
    assert share_out(300, [1, 2, 3, 4], [5, 6]).members == {1: 150, 2: 30, 3: 30, 4: 30, 5: 30, 6: 30}


def test_a_part_with_nobody_in_it_goes_to_the_others():
    assert share_out(100, [1], []).members == {1: 100}
    assert share_out(80, [1, 2], []).members == {1: 50, 2: 30}
    assert share_out(70, [1], [2]).members == {1: 50, 2: 20}
    assert share_out(100, [], [7]).members == {7: 100}


def test_somebody_in_two_parts_gets_both():
    assert share_out(100, [1, 2], [1]).members == {1: 70, 2: 30}


def test_nobody_there_nobody_gets_anything():
    assert share_out(300, [], []).members == {}
