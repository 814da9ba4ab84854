"""A second evaluator of applicability rules, made to be slow and obvious: it writes out every car of a small world.

Versions are pairs of numbers here and never text, years are looked up in a list, patterns are spelled out as the names
that they mean. Only what a rule says is shared with the evaluator under test.
"""

import itertools
import random
from dataclasses import replace

from roadmap.applicability.rules import Facts, Rule, RuleKind

MODELS = ("云麓", "青川", "小满", "K7 Pro")
YEARS = (2020, 2021, 2022, 2023, 2024)
HARDWARE = ("HW2", "HW3", "HW3 Plus", "HW4")
VERSIONS = ((1, 9), (2, 0), (2, 4), (2, 9), (2, 10), (3, 0))
REGIONS = ("广东", "吉林")
PATTERNS = {"HW2": {"HW2"}, "hw3": {"HW3"}, "HW3*": {"HW3", "HW3 Plus"}, "*plus": {"HW3 Plus"}, "HW*": set(HARDWARE)}
SPELLINGS = {"云麓": ("云麓",), "青川": ("青川",), "小满": ("小满",), "K7 Pro": ("K7 Pro", "k7pro", "Ｋ７ Ｐｒｏ")}  # noqa: RUF001
World = list[Facts]


def world() -> World:
    """Every car that there can be, with nothing left unknown."""
    names = [text(version) for version in VERSIONS]
    return [Facts(*car) for car in itertools.product(MODELS, YEARS, HARDWARE, names, REGIONS)]


def text(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def numbers(version: str) -> tuple[int, int]:
    return VERSIONS[[text(known) for known in VERSIONS].index(version)]


def random_rule(dice: random.Random) -> Rule:
    """A rule with some of the conditions, sometimes one that no car can meet."""
    kind = dice.choice(list(RuleKind))
    years = [dice.choice((None, *YEARS)), dice.choice((None, *YEARS))]
    return Rule(
        kind=kind,
        models=tuple(dice.choice(SPELLINGS[model]) for model in dice.sample(MODELS, dice.choice((0, 0, 1, 2)))),
        year_from=years[0],
        year_to=years[1],
        hardware=tuple(dice.sample(sorted(PATTERNS), dice.choice((0, 0, 1, 2)))),
        software_from=text(dice.choice(VERSIONS)) if dice.random() < 0.25 else "",
        software_below=text(dice.choice(VERSIONS)) if dice.random() < 0.25 else "",
        regions=tuple(dice.sample(REGIONS, dice.choice((0, 0, 0, 1)))),
        version=text(dice.choice(VERSIONS)) if kind is RuleKind.OTA and dice.random() < 0.5 else "",
        text="" if kind is RuleKind.OTA else dice.choice(("1200 元", "3000 元")),
    )


def random_rules(dice: random.Random) -> list[Rule]:
    return [random_rule(dice) for _ in range(dice.randint(0, 6))]


def meets(rule: Rule, car: Facts) -> bool:
    """Whether a fully known car is one that the rule means."""
    same = {spelling: model for model, spellings in SPELLINGS.items() for spelling in spellings}
    if rule.models and car.model not in [same[name] for name in rule.models]:
        return False
    allowed = [year for year in YEARS if not (rule.year_from and year < rule.year_from)]
    allowed = [year for year in allowed if not (rule.year_to and year > rule.year_to)]
    if (rule.year_from or rule.year_to) and car.year not in allowed:
        return False
    if rule.hardware and car.hardware not in set().union(*(PATTERNS[name] for name in rule.hardware)):
        return False
    if rule.software_from and numbers(car.software) < numbers(rule.software_from):
        return False
    if rule.software_below and numbers(car.software) >= numbers(rule.software_below):
        return False
    return not rule.regions or car.region in rule.regions


def first(rules: list[Rule], car: Facts) -> Rule | None:
    """The rule that decides about a fully known car."""
    return next((rule for rule in rules if meets(rule, car)), None)


def with_gaps(car: Facts, dice: random.Random) -> Facts:
    """The car as its owner entered it: the model always, anything else perhaps not."""
    gone: dict[str, str | None] = {
        name: None if name == "year" else ""
        for name in ("year", "hardware", "software", "region")
        if dice.random() < 0.4
    }
    return replace(car, **gone)  # type: ignore[arg-type]


def completions(car: Facts) -> list[Facts]:
    """Every car that this one may be in truth."""
    return [
        Facts(car.model, year, hardware, software, region)
        for year in ([car.year] if car.year else YEARS)
        for hardware in ([car.hardware] if car.hardware else HARDWARE)
        for software in ([car.software] if car.software else map(text, VERSIONS))
        for region in ([car.region] if car.region else REGIONS)
    ]
