"""Who gains and who stands beside them with less: the arithmetic alone."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadmap.fairness.rules import Car, Group, Rule, Side, check, misses, rule_of, side_of, window_days

OF_BOTH = Rule(("极境",), 2022, 2022, date(2022, 1, 1), date(2022, 12, 31))
YEAR_2022 = Rule(models=("极境",), ordered_from=date(2022, 1, 1), ordered_to=date(2022, 12, 31))


def car(number: int, **values: object) -> Car:
    return Car(**{"id": number, "member_id": number, "model": "极境", **values})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("day", "side"),
    [
        (date(2020, 12, 31), None),
        (date(2021, 1, 1), Side.ORDERED_BEFORE),
        (date(2021, 12, 31), Side.ORDERED_BEFORE),
        (date(2022, 1, 1), None),
        (date(2022, 12, 31), None),
        (date(2023, 1, 1), Side.ORDERED_AFTER),
        (date(2023, 12, 31), Side.ORDERED_AFTER),
        (date(2024, 1, 1), None),
        (None, Side.ORDER_UNKNOWN),
    ],
)
def test_an_order_is_beside_the_window_for_as_long_as_the_window_is(day: date | None, side: Side | None) -> None:
    assert side_of(YEAR_2022, car(1, ordered_on=day)) is side


@pytest.mark.parametrize(("days", "reach"), [(1, 90), (89, 90), (120, 120), (365, 365), (1000, 366)])
def test_a_neighbourhood_is_never_a_few_days_nor_for_ever(days: int, reach: int) -> None:
    first = date(2022, 1, 1)
    assert window_days(Rule(ordered_from=first, ordered_to=first + timedelta(days=days - 1))) == reach
    assert window_days(Rule(ordered_from=first)) == 366


@pytest.mark.parametrize(
    ("rule", "other", "side"),
    [
        (Rule(("极境",), 2022, 2023), {"year": 2021}, Side.YEAR_BEFORE),
        (Rule(("极境",), 2022, 2023), {"year": 2024}, Side.YEAR_AFTER),
        (Rule(("极境",), 2022, 2023), {"year": 2020}, None),
        (Rule(("极境",), 2022, 2023), {"year": None}, None),
        (Rule(("极境",), 2022, 2022, hardware=("长续航",)), {"year": 2022, "hardware": "标准"}, Side.HARDWARE),
        (Rule(("极境",), 2022, 2022, hardware=("长续航",)), {"year": 2021, "hardware": "标准"}, None),
        (Rule(regions=("广东",)), {"region": "广西"}, Side.REGION),
        (Rule(verified=True), {"verified": False}, Side.UNVERIFIED),
        (Rule(("云麓",)), {}, None),
        # A model year and the days of its orders are one thing said twice: who is a year older is beside both.
        (OF_BOTH, {"year": 2021, "ordered_on": date(2021, 11, 20)}, Side.ORDERED_BEFORE),
        (OF_BOTH, {"year": 2023, "ordered_on": date(2023, 2, 1)}, Side.ORDERED_AFTER),
        (OF_BOTH, {"year": 2021, "ordered_on": None}, Side.YEAR_BEFORE),
        (OF_BOTH, {"year": 2021, "ordered_on": date(2023, 2, 1)}, None),
        (OF_BOTH, {"year": 2019, "ordered_on": date(2021, 11, 20)}, None),
        (OF_BOTH, {"year": 2021, "ordered_on": date(2019, 11, 20)}, None),
    ],
)
def test_a_neighbour_misses_by_one_condition_alone(rule: Rule, other: dict[str, object], side: Side | None) -> None:
    assert side_of(rule, car(1, **other)) is side


@pytest.mark.parametrize("model", ["MAXUS 9", "maxus9", "ＭＡＸＵＳ　９", "Maxus 9"])  # noqa: RUF001
def test_a_car_is_the_same_however_its_owner_spells_it(model: str) -> None:
    rule = Rule(("MAXUS 9",), hardware=("長續航 版",), regions=("廣東",))
    winner = car(1, model=model, hardware="长续航版", region="广东")
    beside = car(2, model=model, hardware="标准", region="广东")
    further = car(3, model=model, hardware="标准", region="四川")
    found = check([Group(rule, "选装金", 6000)], [winner, beside, further, car(4, model="MAXUS 7")])
    assert (found.gaining_owners, found.losing_owners, found.further) == (1, 1, 1)


def test_a_car_with_another_gain_of_the_same_worth_loses_nothing() -> None:
    before = Rule(("极境",), ordered_from=date(2021, 1, 1), ordered_to=date(2021, 12, 31))
    cars = [car(1, ordered_on=date(2021, 6, 1)), car(2, ordered_on=date(2022, 6, 1))]
    even = check([Group(YEAR_2022, "选装金", 6000), Group(before, "终身流量", 6000)], cars)
    assert (even.gaining, even.losing_owners, even.flagged) == ((1, 1), 0, False)
    uneven = check([Group(YEAR_2022, "选装金", 6000), Group(before, "终身流量", 2000)], cars)
    (found,) = uneven.neighbours
    assert (found.owners, found.part, found.missing, uneven.flagged) == (1, 1, 4000, True)


def test_an_owner_with_a_car_on_each_side_is_counted_on_both_and_named_as_such() -> None:
    cars = [
        car(1, ordered_on=date(2022, 3, 1)),
        Car(2, 1, "极境", ordered_on=date(2021, 3, 1)),
        car(3, ordered_on=date(2021, 3, 1)),
    ]
    found = check([Group(YEAR_2022, "选装金")], cars)
    assert (found.gaining_owners, found.losing_owners, found.also) == (1, 2, 1)


CARS = st.builds(
    Car,
    id=st.integers(1, 10**6),
    member_id=st.integers(1, 20),
    model=st.sampled_from(["极境", "云麓"]),
    year=st.none() | st.integers(2019, 2025),
    hardware=st.sampled_from(["", "标准", "长续航"]),
    region=st.sampled_from(["", "广东", "四川"]),
    ordered_on=st.none() | st.dates(date(2020, 1, 1), date(2024, 12, 31)),
    verified=st.booleans(),
)
RULES = st.builds(
    Rule,
    models=st.sampled_from([(), ("极境",), ("极境", "云麓")]),
    year_from=st.none() | st.integers(2020, 2022),
    year_to=st.none() | st.integers(2022, 2024),
    ordered_from=st.none() | st.dates(date(2021, 1, 1), date(2021, 12, 31)),
    ordered_to=st.none() | st.dates(date(2022, 1, 1), date(2023, 12, 31)),
    hardware=st.sampled_from([(), ("长续航",)]),
    regions=st.sampled_from([(), ("广东",)]),
    verified=st.booleans(),
)


@given(st.lists(st.builds(Group, rule=RULES, value=st.integers(0, 3)), max_size=4),
       st.lists(CARS, max_size=30, unique_by=lambda one: one.id))  # fmt: skip
def test_whoever_gains_is_never_counted_as_having_nothing(groups: list[Group], cars: list[Car]) -> None:
    found = check(groups, cars)
    winners = {one.id for one in cars if any(not misses(group.rule, one) for group in groups)}
    assert set(found.winners) == winners
    assert found.gaining_owners == len({one.member_id for one in cars if one.id in winners})
    for beside in found.neighbours:
        sides = [one for one in cars if side_of(groups[beside.group].rule, one) is beside.side]
        assert beside.cars <= len(sides)
        assert beside.members <= {one.member_id for one in sides}
    assert found.losers == {
        member for one in found.neighbours if one.side is not Side.ORDER_UNKNOWN for member in one.members
    }


@given(RULES)
def test_a_rule_is_kept_as_it_was_written(rule: Rule) -> None:
    assert rule_of(rule.as_json()) == rule
