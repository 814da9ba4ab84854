"""Which cars get something: rules read from the top, the first that fits decides. Pure: knows no database and no page.

A rule may ask for what is not known of a car. Then it neither fits nor fails, and the car is told a verdict only where
every rule that may still decide says the same; otherwise it learns which fact is missing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from cocreate.text.names import name_key
from roadmap.applicability import words
from roadmap.releases.versions import carries, version_key


class RuleKind(StrEnum):
    """What a rule says of the cars that it fits."""

    OTA = "ota"
    RETROFIT = "retrofit"
    NOT_POSSIBLE = "not_possible"


class VerdictKind(StrEnum):
    """What something means for one car, the best news first."""

    HAS = "has"
    OTA = "ota"
    PLANNED = "planned"
    RETROFIT = "retrofit"
    UNKNOWN = "unknown"
    NOT_POSSIBLE = "not_possible"


@dataclass(frozen=True)
class Facts:
    """What is known of a car; an empty text or None says that it is not known."""

    model: str
    year: int | None = None
    hardware: str = ""
    software: str = ""
    region: str = ""


@dataclass(frozen=True)
class Rule:
    """Conditions, all of which must hold, and what is said where they do. An empty condition asks for nothing.

    hardware: names in which * stands for anything. years, software_from: included; software_below: not. text: the fee
    of a retrofit, or why it is not possible. version: the release that brings it; empty: the item's own.
    """

    kind: RuleKind
    models: tuple[str, ...] = ()
    year_from: int | None = None
    year_to: int | None = None
    hardware: tuple[str, ...] = ()
    software_from: str = ""
    software_below: str = ""
    regions: tuple[str, ...] = ()
    version: str = ""
    text: str = ""

    @property
    def says(self) -> tuple[RuleKind, str, str]:
        return self.kind, self.version, self.text


@dataclass(frozen=True)
class Target:
    """A release as far as it matters to a car. halt: "paused", "rolled_back" or empty. begun: models whose cars get it
    already, where it goes to one after the other; None: all."""

    version: str
    models: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    out: bool = False
    halt: str = ""
    begun: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Verdict:
    """What an item or a release means for one car.

    reason: the fee of a retrofit or why it is not possible, as the brand wrote it. note: why nothing better can be
    said: "silent" (nothing has been decided for any car), "open" (nor for this one), "missing" (facts of the car, see
    `missing`), "not_for" (that release is for other models), "no_version", "paused" or "rolled_back" (of the release).
    """

    kind: VerdictKind
    version: str = ""
    reason: str = ""
    note: str = ""
    missing: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The sentence for the car's owner: a msgid with the placeholders model, version, reason and missing."""
        return words.words(self.kind.value, self.note)

    @property
    def silent(self) -> bool:
        """Whether there is nothing to say yet, to any owner."""
        return self.note == "silent"


@dataclass(frozen=True)
class Fit:
    """Whether a rule fits a car: yes, no, or None with the facts that would decide."""

    holds: bool | None
    missing: tuple[str, ...] = ()


def fit(rule: Rule, car: Facts) -> Fit:
    """Whether all conditions of the rule hold for the car; one that fails outweighs what is not known."""
    answers = {
        "model": _named(rule.models, car.model),
        "year": _within(rule.year_from, rule.year_to, car.year),
        "hardware": _matches(rule.hardware, car.hardware),
        "software": _between(rule.software_from, rule.software_below, car.software),
        "region": _named(rule.regions, car.region),
    }
    if False in answers.values():
        return Fit(False)
    missing = tuple(name for name, answer in answers.items() if answer is None)
    return Fit(None, missing) if missing else Fit(True)


@dataclass(frozen=True)
class Decision:
    """What the rules say of a car: a rule, or none. missing: facts without which it cannot be said."""

    rule: Rule | None = None
    missing: tuple[str, ...] = ()


def decide(rules: Sequence[Rule], car: Facts) -> Decision:
    """The first rule that fits. Rules that may fit must all say the same as it, or else facts are missing."""
    possible: list[Rule | None] = []
    missing: dict[str, None] = {}
    for rule in rules:
        answer = fit(rule, car)
        if answer.holds is False:
            continue
        possible.append(rule)
        if answer.holds:
            break
        missing.update(dict.fromkeys(answer.missing))
    else:
        possible.append(None)
    if len({rule.says if rule else None for rule in possible}) > 1:
        return Decision(missing=tuple(missing))
    return Decision(possible[0])


def judge(car: Facts, rules: Sequence[Rule], target: Target | None, named: Mapping[str, Target]) -> Verdict:
    """What an item means for the car. rules: the item's own. target: the release that is to bring it, if that is
    public; named: public releases by the version that a rule names."""
    if not rules:
        return by_release(car, target) if target else Verdict(VerdictKind.UNKNOWN, note="silent")
    decision = decide(rules, car)
    if decision.rule is None or decision.rule.kind is not RuleKind.OTA:
        return _said(decision)
    version = decision.rule.version
    target = named.get(version) if version else target
    if target is not None:
        return by_release(car, target)
    if not version:
        return Verdict(VerdictKind.PLANNED, note="no_version")
    return Verdict(VerdictKind.HAS if carries(car.software, version) else VerdictKind.PLANNED, version)


def by_release(car: Facts, target: Target) -> Verdict:
    """What a release means for the car."""
    if _named(target.models, car.model) is False:
        return Verdict(VerdictKind.UNKNOWN, target.version, note="not_for")
    if carries(car.software, target.version):
        return Verdict(VerdictKind.HAS, target.version, note=target.halt)
    if target.rules:
        decision = decide(target.rules, car)
        if decision.rule is None or decision.rule.kind is not RuleKind.OTA:
            return _said(decision)
    if target.halt == "rolled_back":
        return Verdict(VerdictKind.UNKNOWN, target.version, note=target.halt)
    begun = target.out and (target.begun is None or name_key(car.model) in map(name_key, target.begun))
    return Verdict(VerdictKind.OTA if begun else VerdictKind.PLANNED, target.version, note=target.halt)


def _said(decision: Decision) -> Verdict:
    if decision.missing:
        return Verdict(VerdictKind.UNKNOWN, note="missing", missing=decision.missing)
    if decision.rule is None:
        return Verdict(VerdictKind.UNKNOWN, note="open")
    return Verdict(VerdictKind(decision.rule.kind.value), reason=decision.rule.text)


def best(verdicts: Sequence[Verdict]) -> Verdict:
    """The best news among them."""
    order = list(VerdictKind)
    return min(verdicts, key=lambda verdict: order.index(verdict.kind))


@lru_cache(maxsize=1024)
def _pattern(name: str) -> re.Pattern[str]:
    first, *parts = map(re.escape, name_key(name).split("*"))
    if not parts:
        return re.compile(first)
    # The nearest place of each part will do, so none is given up again: many stars would else be tried in every way.
    between = "".join(f"(?>.*?{part})" for part in parts[:-1])
    return re.compile(f"{first}{between}.*{parts[-1]}", re.DOTALL)


def _named(wanted: Sequence[str], name: str) -> bool | None:
    if not wanted:
        return True
    return name_key(name) in map(name_key, wanted) if name else None


def _within(first: int | None, last: int | None, year: int | None) -> bool | None:
    if first is None and last is None:
        return True
    if year is None:
        return None
    return (first is None or year >= first) and (last is None or year <= last)


def _matches(wanted: Sequence[str], hardware: str) -> bool | None:
    if not wanted:
        return True
    return any(_pattern(name).fullmatch(name_key(hardware)) for name in wanted) if hardware else None


def _between(least: str, below: str, software: str) -> bool | None:
    if not least and not below:
        return True
    if not version_key(software):
        return None
    return (not least or carries(software, least)) and not (below and carries(software, below))
