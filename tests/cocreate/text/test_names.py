"""Names of cars that many hands wrote: which of them are one."""

import pytest

from cocreate.text.names import name_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MAXUS 9", "maxus9"),
        ("ＭＡＸＵＳ　９", "Maxus 9"),
        ("雲麓", "云麓"),
        ("小滿 Pro", "小满pro"),
        ("HW3*", "hw3 *"),
    ],  # noqa: RUF001
)
def test_one_car_has_one_name(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(("one", "other"), [("MAXUS 9", "MAXUS 7"), ("云麓", "云麓 Pro"), ("K7", "K7+"), ("云麓", "")])
def test_two_cars_have_two(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)
