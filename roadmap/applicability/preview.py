"""What rules would do, before they are saved: cars of all garages by verdict, and lines that can never decide. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cocreate.text.names import name_key
from roadmap.applicability.rules import Facts, Fit, Rule, RuleKind, decide, fit
from roadmap.releases.versions import carries


@dataclass(frozen=True)
class Preview:
    """What rules do to the cars that stand in garages. cars: all of them; by_kind: those that a line decides about;
    none: those that no line fits; missing: by fact, cars that would have to name it first; undecided: these together.
    hits: cars that each line decides about. covered: line → the earlier line that leaves it nothing, both from 0."""

    cars: int = 0
    by_kind: dict[str, int] = field(default_factory=dict)
    none: int = 0
    missing: dict[str, int] = field(default_factory=dict)
    undecided: int = 0
    hits: list[int] = field(default_factory=list)
    covered: dict[int, int] = field(default_factory=dict)

    @property
    def decided(self) -> int:
        return sum(self.by_kind.values())


def preview(rules: Sequence[Rule], fleet: Iterable[tuple[Facts, int]]) -> Preview:
    """fleet: what is known of cars, and how many are like that."""
    by_kind: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    hits = [0] * len(rules)
    cars = none = undecided = 0
    for facts, number in fleet:
        cars += number
        decision = decide(rules, facts)
        if decision.missing:
            undecided += number
            missing.update(dict.fromkeys(decision.missing, number))
        elif decision.rule is None:
            none += number
        else:
            by_kind[decision.rule.kind.value] += number
            hits[_first(rules, facts)] += number
    ordered = {kind.value: by_kind[kind.value] for kind in RuleKind}
    return Preview(cars, ordered, none, dict(missing), undecided, hits, covered(rules))


def _first(rules: Sequence[Rule], facts: Facts) -> int:
    """The line that may decide first; those after it say the same, or there would be no decision."""
    answers: Iterable[tuple[int, Fit]] = enumerate(fit(rule, facts) for rule in rules)
    return next(place for place, answer in answers if answer.holds is not False)


def covered(rules: Sequence[Rule]) -> dict[int, int]:
    """Lines that can never decide, each with the earlier line that fits every car that it fits."""
    found: dict[int, int] = {}
    for place, rule in enumerate(rules):
        before = next((other for other in range(place) if _covers(rules[other], rule)), None)
        if before is not None:
            found[place] = before
    return found


def _covers(wide: Rule, narrow: Rule) -> bool:
    return (
        _all_named(wide.models, narrow.models)
        and _all_named(wide.regions, narrow.regions)
        and (wide.year_from is None or (narrow.year_from is not None and narrow.year_from >= wide.year_from))
        and (wide.year_to is None or (narrow.year_to is not None and narrow.year_to <= wide.year_to))
        and (not wide.hardware or (bool(narrow.hardware) and all(_meant(name, wide) for name in narrow.hardware)))
        and (not wide.software_from or carries(narrow.software_from, wide.software_from))
        and (not wide.software_below or carries(wide.software_below, narrow.software_below))
    )


def _all_named(wide: Sequence[str], narrow: Sequence[str]) -> bool:
    return not wide or (bool(narrow) and {name_key(name) for name in narrow} <= {name_key(name) for name in wide})


def _meant(name: str, wide: Rule) -> bool:
    """Whether every hardware of this name fits the wide rule: the same pattern, or one that takes its very letters."""
    # A sign that stands in no name takes the place of "anything"; comparing must not drop it, as it does control signs.
    if name_key(name) in map(name_key, wide.hardware):
        return True
    facts = Facts("", hardware=name.replace("*", "\ue000"))
    return fit(Rule(RuleKind.OTA, hardware=wide.hardware), facts).holds is True
