"""The evaluator of applicability rules against a brute-force one, and each of its sentences alone."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadmap.applicability.rules import Facts, Rule, RuleKind, Target, Verdict, VerdictKind, best, decide, fit, judge
from roadmap.applicability.words import WORDS
from tests.roadmap.applicability import brute

OTA, RETROFIT, NEVER = RuleKind.OTA, RuleKind.RETROFIT, RuleKind.NOT_POSSIBLE


def test_ten_thousand_random_cars_get_what_the_slow_evaluator_says() -> None:
    dice, world, told = random.Random(20261122), brute.world(), 0
    seen: set[str] = set()
    for _ in range(200):
        rules = brute.random_rules(dice)
        for car in dice.sample(world, 50):
            expected, answer = brute.first(rules, car), decide(rules, car)
            assert answer.missing == ()
            assert answer.rule is expected, (rules, car)
            seen.add(expected.kind.value if expected else "none")
            told += 1
    assert told == 10_000
    assert seen == {"ota", "retrofit", "not_possible", "none"}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_a_car_with_gaps_is_told_only_what_holds_however_they_are_filled(seed: int) -> None:
    dice = random.Random(seed)
    rules, world = brute.random_rules(dice), brute.world()
    for car in dice.sample(world, 20):
        partly = brute.with_gaps(car, dice)
        answer = decide(rules, partly)
        if answer.missing:
            unknown = {name for name in ("year", "hardware", "software", "region") if not getattr(partly, name)}
            assert set(answer.missing) <= unknown
            continue
        may_be = {found.says if (found := brute.first(rules, whole)) else None for whole in brute.completions(partly)}
        assert may_be == {answer.rule.says if answer.rule else None}


@pytest.mark.parametrize("seed", range(40))
def test_the_whole_verdict_follows_from_rule_and_release(seed: int) -> None:
    dice = random.Random(seed)
    rules = brute.random_rules(dice)
    target = Target(
        "2.9", models=tuple(dice.sample(brute.MODELS, dice.choice((0, 2)))), rules=tuple(brute.random_rules(dice)),
        out=dice.random() < 0.5, halt=dice.choice(("", "paused", "rolled_back")),
    )  # fmt: skip
    for car in dice.sample(brute.world(), 40):
        verdict = judge(car, rules, target, {})
        rule = brute.first(rules, car)
        if rules and (rule is None or rule.kind is not OTA):
            kind = VerdictKind(rule.kind.value) if rule else VerdictKind.UNKNOWN
            assert (verdict.kind, verdict.reason) == (kind, rule.text if rule else "")
        elif rule and rule.version:
            has = brute.numbers(car.software) >= brute.numbers(rule.version)
            assert verdict == Verdict(VerdictKind.HAS if has else VerdictKind.PLANNED, rule.version)
        else:
            assert verdict == _by_release(car, target)


def _by_release(car: Facts, target: Target) -> Verdict:
    if target.models and car.model not in target.models:
        return Verdict(VerdictKind.UNKNOWN, "2.9", note="not_for")
    if brute.numbers(car.software) >= (2, 9):
        return Verdict(VerdictKind.HAS, "2.9", note=target.halt)
    if target.rules:
        rule = brute.first(list(target.rules), car)
        if rule is None:
            return Verdict(VerdictKind.UNKNOWN, note="open")
        if rule.kind is not OTA:
            return Verdict(VerdictKind(rule.kind.value), reason=rule.text)
    if target.halt == "rolled_back":
        return Verdict(VerdictKind.UNKNOWN, "2.9", note="rolled_back")
    return Verdict(VerdictKind.OTA if target.out else VerdictKind.PLANNED, "2.9", note=target.halt)


def test_three_cars_three_texts() -> None:
    rules = [
        Rule(NEVER, models=("云麓",), hardware=("HW2*",), text="第二代底盘没有这个电机"),
        Rule(RETROFIT, models=("云麓",), year_to=2023, text="1200 元，含工时"),
        Rule(OTA, models=("云麓",)),
    ]
    target = Target("2.4", out=True)
    says = [
        judge(Facts("云麓", year, hardware, "2.2"), rules, target, {})
        for year, hardware in ((2022, "HW2B"), (2022, "HW3"), (2024, "HW3"))
    ]
    assert [verdict.kind.value for verdict in says] == ["not_possible", "retrofit", "ota"]
    assert [verdict.reason or verdict.version for verdict in says] == [
        "第二代底盘没有这个电机",
        "1200 元，含工时",
        "2.4",
    ]
    # The other model was not thought of: nobody may guess for it.
    assert judge(Facts("青川", 2024, "HW3"), rules, target, {}) == Verdict(VerdictKind.UNKNOWN, note="open")


def test_what_is_not_known_is_asked_for_and_not_guessed() -> None:
    rules = [Rule(NEVER, hardware=("HW2",), text="没有电机"), Rule(OTA)]
    assert decide(rules, Facts("云麓")).missing == ("hardware",)
    assert decide(rules, Facts("云麓", hardware="HW3")).rule == rules[1]
    # A year before or after makes no difference where both rules say the same.
    same = [Rule(OTA, year_to=2022), Rule(OTA)]
    assert decide(same, Facts("云麓")).rule is not None
    # A condition that fails for certain outweighs one that is not known.
    assert fit(Rule(OTA, models=("青川",), year_from=2022), Facts("云麓")).holds is False


@pytest.mark.parametrize(
    ("rule", "car", "holds"),
    [
        (Rule(OTA, year_from=2022, year_to=2022), Facts("x", 2022), True),
        (Rule(OTA, year_from=2023), Facts("x", 2022), False),
        (Rule(OTA, software_from="2.9"), Facts("x", software="OTA 2.10"), True),
        (Rule(OTA, software_from="2.4"), Facts("x", software="2.4"), True),
        (Rule(OTA, software_below="2.4"), Facts("x", software="2.4.0"), False),
        (Rule(OTA, software_below="2.4"), Facts("x", software="2.3.9"), True),
        (Rule(OTA, software_below="2.4"), Facts("x", software="不知道"), None),
        (Rule(OTA, hardware=("hw3*",)), Facts("x", hardware="HW 3 PLUS"), True),
        (Rule(OTA, hardware=("HW3",)), Facts("x", hardware="HW3 Plus"), False),
        (Rule(OTA, hardware=("H.3",)), Facts("x", hardware="HW3"), False),
        (Rule(OTA, models=("k7 pro",)), Facts("Ｋ７Ｐｒｏ"), True),  # noqa: RUF001
        (Rule(OTA, regions=("广东",)), Facts("x"), None),
        (Rule(OTA), Facts("x"), True),
    ],
)  # fmt: skip
def test_a_single_condition(rule: Rule, car: Facts, holds: bool | None) -> None:
    assert fit(rule, car).holds is holds


def test_a_rule_may_name_another_release() -> None:
    rules = [Rule(OTA, version="3.0")]
    later = Target("3.0", models=("青川",))
    car = Facts("云麓", software="2.4")
    assert judge(car, rules, Target("2.4", out=True), {}) == Verdict(VerdictKind.PLANNED, "3.0")
    assert judge(car, rules, None, {"3.0": later}).note == "not_for"
    assert judge(car, [Rule(OTA)], None, {}) == Verdict(VerdictKind.PLANNED, note="no_version")
    assert judge(car, [], None, {}).silent


def test_of_several_cars_the_best_news_counts_and_every_verdict_has_words() -> None:
    told = [Verdict(VerdictKind.NOT_POSSIBLE), Verdict(VerdictKind.RETROFIT), Verdict(VerdictKind.PLANNED)]
    assert best(told).kind is VerdictKind.PLANNED
    assert {kind for kind, _ in WORDS} == {kind.value for kind in VerdictKind}
    assert Verdict(VerdictKind.HAS, "2.4", note="paused").words == Verdict(VerdictKind.HAS, "2.4").words


def test_a_pattern_of_many_stars_is_answered_at_once() -> None:
    # Tried in every way this would take longer than the universe is old.
    rule = Rule(OTA, hardware=("*a" * 30,))
    assert fit(rule, Facts("云麓", hardware="a" * 59 + "b")).holds is False
    assert fit(rule, Facts("云麓", hardware="a" * 60)).holds is True


@given(st.text("ab*", max_size=8), st.text("ab", min_size=1, max_size=8))
def test_a_star_stands_for_anything(name: str, hardware: str) -> None:
    def fits(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return any(fits(pattern[1:], text[at:]) for at in range(len(text) + 1))
        return text[:1] == pattern[0] and fits(pattern[1:], text[1:])

    assert fit(Rule(OTA, hardware=(name,)), Facts("云麓", hardware=hardware)).holds is fits(name, hardware)
