"""What the bench of the board takes for proof."""

from typing import Any

import pytest

from forum import bench

GOOD: dict[str, Any] = {
    "statements": {"signed_out": 6, "signed_in": 8},
    "signed_out_ms": {"p50": 5.0, "p95": 30.0},
    "signed_in_ms": {"p50": 50.0, "p95": 90.0},
    "signed_out_without_cache_ms": {"p50": 50.0, "p95": 90.0},
}


@pytest.mark.parametrize(
    ("changed", "passed"),
    [
        ({}, True),
        ({"signed_out_ms": {"p95": 30.1}}, False),
        ({"statements": {"signed_out": 7, "signed_in": 8}}, False),
        ({"statements": {"signed_out": 6, "signed_in": 9}}, False),
    ],
)
def test_the_bar_is_the_guests_board_and_the_statements_of_a_page(changed: dict[str, Any], passed: bool) -> None:
    assert bench.passed({**GOOD, **changed}) is passed
