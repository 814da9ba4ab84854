"""Who gains, and which neighbours gain less: pure arithmetic over cars, without a database.

A neighbour of a group is a car that misses it by one condition alone, and only just: the model year before or after, an
order in the months before or after (or both of these, which are one thing said twice), another configuration of the
same cars, another region, or a verification that is missing. That is whom owners compare themselves with; a car that
misses by more is counted as "further".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from cocreate.text.names import name_key

LEAST_WINDOW, MOST_WINDOW = 90, 366
"""Days before and after an order window that count as its neighbourhood: as long as the window itself, within these."""


@dataclass(frozen=True)
class Car:
    """A car of a garage, as far as benefits depend on it."""

    id: int
    member_id: int
    model: str
    year: int | None = None
    hardware: str = ""
    region: str = ""
    ordered_on: date | None = None
    verified: bool = False


@dataclass(frozen=True)
class Rule:
    """Conditions, all of which must hold; an empty one asks for nothing. Years and days are included."""

    models: tuple[str, ...] = ()
    year_from: int | None = None
    year_to: int | None = None
    ordered_from: date | None = None
    ordered_to: date | None = None
    hardware: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    verified: bool = False

    def as_json(self) -> dict[str, Any]:
        """What `rule_of` reads."""
        days = {name: day.isoformat() for name in ("ordered_from", "ordered_to") if (day := getattr(self, name))}
        plain = {name: getattr(self, name) for name in ("year_from", "year_to") if getattr(self, name) is not None}
        lists = {name: list(getattr(self, name)) for name in ("models", "hardware", "regions") if getattr(self, name)}
        return {**lists, **plain, **days, **({"verified": True} if self.verified else {})}


def rule_of(stored: Mapping[str, Any]) -> Rule:
    """The rule that `as_json` wrote."""
    values: dict[str, Any] = dict(stored)
    for name in ("models", "hardware", "regions"):
        values[name] = tuple(values.get(name, ()))
    for name in ("ordered_from", "ordered_to"):
        values[name] = date.fromisoformat(values[name]) if values.get(name) else None
    return Rule(**values)


@dataclass(frozen=True)
class Group:
    """Cars that gain something, and what it is worth (0: not said)."""

    rule: Rule
    gain: str = ""
    value: int = 0


class Side(StrEnum):
    """By which condition a neighbour misses a group."""

    YEAR_BEFORE = "year_before"
    YEAR_AFTER = "year_after"
    ORDERED_BEFORE = "ordered_before"
    ORDERED_AFTER = "ordered_after"
    ORDER_UNKNOWN = "order_unknown"
    HARDWARE = "hardware"
    REGION = "region"
    UNVERIFIED = "unverified"


@dataclass(frozen=True)
class Neighbour:
    """Cars beside a group that gain less than it. group: its place; first, last: the years or days that they have;
    part: how many of the owners gain something, but less. missing: what the group gains more, at least, if it is said.
    """

    group: int
    side: Side
    owners: int
    cars: int
    first: str = ""
    last: str = ""
    part: int = 0
    missing: int = 0
    members: frozenset[int] = field(default=frozenset(), compare=False, repr=False)


@dataclass(frozen=True)
class Findings:
    """gaining: owners by group, each counted in the best of their groups for one car; losing: distinct owners of
    neighbouring cars that gain less; also: those of them who gain with another car. further: owners of the models named
    whose cars gain nothing and are no neighbours. unknown: owners whose order date would decide and is not known."""

    gaining: tuple[int, ...]
    gaining_owners: int
    neighbours: tuple[Neighbour, ...]
    losing_owners: int
    also: int
    further: int
    unknown: int
    winners: Mapping[int, int] = field(default_factory=dict, compare=False, repr=False)
    """Car → its group, for those that gain."""
    losers: frozenset[int] = field(default=frozenset(), compare=False, repr=False)
    """Members to whom the prepared answer speaks."""

    @property
    def flagged(self) -> bool:
        return self.losing_owners > 0


_SAME_SIDE = {(Side.YEAR_BEFORE, Side.ORDERED_BEFORE), (Side.YEAR_AFTER, Side.ORDERED_AFTER)}
CONDITIONS = ("model", "year", "ordered", "hardware", "region", "verified")


def misses(rule: Rule, car: Car) -> list[str]:
    """The conditions of the rule that the car does not meet; what is not known of it is not met."""
    met = {
        "model": _named(rule.models, car.model),
        "year": _within(rule.year_from, rule.year_to, car.year),
        "ordered": _within(rule.ordered_from, rule.ordered_to, car.ordered_on),
        "hardware": _named(rule.hardware, car.hardware),
        "region": _named(rule.regions, car.region),
        "verified": not rule.verified or car.verified,
    }
    return [name for name in CONDITIONS if not met[name]]


def _named(wanted: tuple[str, ...], name: str) -> bool:
    return not wanted or name_key(name) in keys_of(wanted)


@lru_cache(maxsize=1024)
def keys_of(names: tuple[str, ...]) -> frozenset[str]:
    """These names as they are compared."""
    return frozenset(map(name_key, names))


def _within(first: Any, last: Any, value: Any) -> bool:
    if first is None and last is None:
        return True
    return value is not None and (first is None or value >= first) and (last is None or value <= last)


def window_days(rule: Rule) -> int:
    """How far from its order window a car is still a neighbour."""
    if rule.ordered_from is None or rule.ordered_to is None:
        return MOST_WINDOW
    return min(MOST_WINDOW, max(LEAST_WINDOW, (rule.ordered_to - rule.ordered_from).days + 1))


def side_of(rule: Rule, car: Car) -> Side | None:
    """On which side the car stands beside the rule; None when it meets it, or is no neighbour."""
    missed = misses(rule, car)
    if missed == ["year", "ordered"]:
        return _both_sides(rule, car)
    if len(missed) != 1 or missed == ["model"]:
        return None
    if missed == ["year"]:
        return _year_side(rule, car)
    if missed == ["ordered"]:
        return _order_side(rule, car)
    return {"hardware": Side.HARDWARE, "region": Side.REGION, "verified": Side.UNVERIFIED}[missed[0]]


def _year_side(rule: Rule, car: Car) -> Side | None:
    if car.year is None:
        return None
    if rule.year_from is not None and car.year == rule.year_from - 1:
        return Side.YEAR_BEFORE
    return Side.YEAR_AFTER if rule.year_to is not None and car.year == rule.year_to + 1 else None


def _both_sides(rule: Rule, car: Car) -> Side | None:
    """A rule that names a model year and the days of its orders says one thing twice: a car of the year before, ordered
    before, is beside it although it misses both. On one side only, and near in each."""
    year, ordered = _year_side(rule, car), _order_side(rule, car)
    if ordered is Side.ORDER_UNKNOWN:
        return year
    return ordered if (year, ordered) in _SAME_SIDE else None


def _order_side(rule: Rule, car: Car) -> Side | None:
    if car.ordered_on is None:
        return Side.ORDER_UNKNOWN
    reach = timedelta(days=window_days(rule))
    if rule.ordered_from is not None and rule.ordered_from - reach <= car.ordered_on < rule.ordered_from:
        return Side.ORDERED_BEFORE
    if rule.ordered_to is not None and rule.ordered_to < car.ordered_on <= rule.ordered_to + reach:
        return Side.ORDERED_AFTER
    return None


def check(groups: Sequence[Group], cars: Iterable[Car]) -> Findings:
    """Who gains, and who stands beside them and gains less.

    A car in several groups gains the best of them: the most valuable, else the first. Somebody with two cars may stand
    on both sides.
    """
    fleet = list(cars)
    winners = {car.id: place for car in fleet if (place := best_group(groups, car)) is not None}
    found: dict[tuple[int, Side], list[Car]] = {}
    for car in fleet:
        for place, group in enumerate(groups):
            side = side_of(group.rule, car)
            if side is not None and _gains_less(groups, winners.get(car.id), place):
                found.setdefault((place, side), []).append(car)
    neighbours = tuple(
        _neighbour(groups, winners, place, side, beside) for (place, side), beside in sorted(found.items())
    )
    known = [one for one in neighbours if one.side != Side.ORDER_UNKNOWN]
    losers = frozenset().union(*(one.members for one in known))
    unsure = frozenset().union(*(one.members for one in neighbours if one.side == Side.ORDER_UNKNOWN))
    gaining_members = {car.member_id for car in fleet if car.id in winners}
    named = keys_of(tuple(model for group in groups for model in group.rule.models))
    beside_ids = {car.id for cars_beside in found.values() for car in cars_beside}
    further = {
        car.member_id for car in fleet
        if (not named or name_key(car.model) in named) and car.id not in winners and car.id not in beside_ids
    }  # fmt: skip
    return Findings(
        gaining=tuple(
            len({car.member_id for car in fleet if winners.get(car.id) == place}) for place in range(len(groups))
        ),
        gaining_owners=len(gaining_members),
        neighbours=neighbours,
        losing_owners=len(losers),
        also=len(losers & gaining_members),
        further=len(further - losers - gaining_members),
        unknown=len(unsure - losers),
        winners=winners,
        losers=losers,
    )


def best_group(groups: Sequence[Group], car: Car) -> int | None:
    """The group whose gain the car has, None when it has none."""
    fitting = [place for place, group in enumerate(groups) if not misses(group.rule, car)]
    return max(fitting, key=lambda place: (groups[place].value, -place), default=None)


def _gains_less(groups: Sequence[Group], has: int | None, place: int) -> bool:
    """Whether a car with this group's gain, or none, has less than `place` gives. Without values it cannot be told
    which of two gains is better, so another gain counts as one that was meant for it."""
    return has is None or groups[has].value < groups[place].value


def _neighbour(
    groups: Sequence[Group], winners: Mapping[int, int], place: int, side: Side, cars: Sequence[Car]
) -> Neighbour:
    marks = sorted(_marks(side, cars))
    part = {car.member_id for car in cars if car.id in winners}
    has = max((groups[winners[car.id]].value for car in cars if car.id in winners), default=0)
    members = frozenset(car.member_id for car in cars)
    return Neighbour(
        group=place, side=side, owners=len(members), cars=len(cars), first=marks[0] if marks else "",
        last=marks[-1] if marks else "", part=len(part), missing=groups[place].value - has, members=members,
    )  # fmt: skip


def _marks(side: Side, cars: Sequence[Car]) -> set[str]:
    """What these cars have in the place of the condition."""
    if side in (Side.YEAR_BEFORE, Side.YEAR_AFTER):
        return {str(car.year) for car in cars}
    if side in (Side.ORDERED_BEFORE, Side.ORDERED_AFTER):
        return {car.ordered_on.isoformat() for car in cars if car.ordered_on}
    if side == Side.HARDWARE:
        return {car.hardware for car in cars if car.hardware}
    return {car.region for car in cars if car.region} if side == Side.REGION else set()
