"""A search and its address are one thing."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.asked import Asked, asked, from_address
from search.port import Scope

SHANGHAI = ZoneInfo("Asia/Shanghai")
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=60).map(str.strip)
SEARCHES = st.builds(
    Asked,
    text=TEXTS,
    kind=st.sampled_from(["", "post", "roadmap_item"]),
    variety=st.sampled_from(["", "idea"]),
    status=st.sampled_from(["", "planned"]),
    board=st.one_of(st.none(), st.integers(0, 2**31 - 1)),
    model=TEXTS,
    since=st.sampled_from(["", "7d", "2026-06-05"]),
    until=st.sampled_from(["", "2026-07-01"]),
    answered=st.sampled_from(["", "yes", "no"]),
    sort=st.sampled_from(["best", "new", "votes"]),
    exact=st.booleans(),
)


@given(SEARCHES)
def test_a_search_is_the_same_after_its_address(search: Asked) -> None:
    assert from_address(search.address()) == search


def test_values_that_nothing_can_have_are_read_as_not_given() -> None:
    odd = asked(
        q=" 座椅\x00 ", kind="../", status="<b>", board="-1", since="gestern", until="2026-02-30", answered="maybe",
        sort="worst", exact="yes",
    )  # fmt: skip
    assert odd == Asked(text="座椅")
    assert asked(board="9" * 20).board is None


def test_days_begin_at_midnight_where_the_site_is_and_the_last_one_counts() -> None:
    filters = Asked(since="2026-06-05", until="2026-06-05").filters(SHANGHAI)
    assert filters.since == datetime(2026, 6, 4, 16, tzinfo=UTC)
    assert filters.until == datetime(2026, 6, 5, 16, tzinfo=UTC)
    assert Asked(until="9999-12-31").filters(SHANGHAI).until is None


@pytest.mark.parametrize(
    ("search", "bare"),
    [
        (Asked(text="座椅"), True),
        (Asked(), False),
        (Asked(text="座椅", model="云麓"), False),
        (Asked(text="座椅", sort="new"), False),
    ],
)
def test_only_a_search_that_nothing_narrows_is_bare(search: Asked, bare: bool) -> None:
    assert search.bare is bare


def test_a_kind_that_no_package_brings_finds_nothing() -> None:
    query = Asked(text="座椅", kind="elsewhere").search(Scope(staff=False), SHANGHAI, kinds=["post"], limit=5)
    assert query.kinds == []
