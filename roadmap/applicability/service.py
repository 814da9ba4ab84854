"""What items and releases mean for cars: asked for many at once, answered in a handful of statements."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.statements import prepared
from cocreate.core.tables import columns
from cocreate.identity.vehicles.models import Vehicle
from roadmap.applicability.models import ApplicabilityRule
from roadmap.applicability.rules import Facts, Rule, RuleKind, Target, Verdict, VerdictKind, best, by_release, judge
from roadmap.items.models import RoadmapItem
from roadmap.releases.models import Release

__all__ = ["Car", "Verdict", "VerdictKind", "car_facts", "cars_of", "count_by_kind", "release_verdicts", "verdicts"]

CHUNK = 1000


@dataclass(frozen=True)
class Car:
    """A car of a garage, as far as rules ask."""

    id: int
    member_id: int
    model: str
    year: int | None = None
    hardware: str = ""
    software: str = ""
    region: str = ""

    @property
    def facts(self) -> Facts:
        return Facts(self.model, self.year, self.hardware, self.software, self.region)


_CAR = (
    Vehicle.id, Vehicle.member_id, Vehicle.model, Vehicle.model_year, Vehicle.hardware, Vehicle.software,
    Vehicle.region,
)  # fmt: skip


def cars_of(session: Session, member_ids: Iterable[int]) -> list[Car]:
    """Cars that stand in these members' garages, each garage in the order of its entries."""
    wanted = sorted(set(member_ids))
    found: list[Car] = []
    for start in range(0, len(wanted), CHUNK):
        found += [Car(*row) for row in _cars(session, member_ids=wanted[start : start + CHUNK])]
    return found


@prepared
def _cars(*, member_ids: Sequence[int]) -> Any:
    return (
        columns(*_CAR)
        .where(col(Vehicle.member_id).in_(member_ids), col(Vehicle.removed_at).is_(None))
        .order_by(col(Vehicle.member_id), col(Vehicle.id))
    )


def car_facts(session: Session, vehicle_ids: Iterable[int]) -> list[Car]:
    """These cars, without those that have left their garage."""
    statement = columns(*_CAR).where(col(Vehicle.id).in_(list(vehicle_ids)), col(Vehicle.removed_at).is_(None))
    return [Car(*row) for row in session.exec(statement.order_by(col(Vehicle.id)))]


@dataclass(frozen=True)
class Case:
    """All that decides what an item means for a car."""

    rules: tuple[Rule, ...]
    target: Target | None
    named: dict[str, Target]


def verdicts(
    session: Session, item_ids: Iterable[int], cars: Sequence[Car], *, release_id: int | None = None
) -> dict[tuple[int, int], Verdict]:
    """What each item means for each car, by (item, vehicle); releases that are still drafts do not count.

    release_id: asks what this release brings of the items, whichever they are aimed at.
    """
    cases = item_cases(session, item_ids, release_id) if cars else {}
    found: dict[tuple[int, int], Verdict] = {}
    for item_id, case in cases.items():
        known: dict[Facts, Verdict] = {}
        for car in cars:
            if car.facts not in known:
                known[car.facts] = judge(car.facts, case.rules, case.target, case.named)
            found[item_id, car.id] = known[car.facts]
    return found


def release_verdicts(
    session: Session, release_ids: Iterable[int], cars: Sequence[Car]
) -> dict[tuple[int, int], Verdict]:
    """What each release means for each car, by (release, vehicle); drafts too, for who may see them."""
    targets = _targets(session, col(Release.id).in_(list(release_ids))) if cars else {}
    found: dict[tuple[int, int], Verdict] = {}
    for release_id, target in targets.items():
        known: dict[Facts, Verdict] = {}
        for car in cars:
            if car.facts not in known:
                known[car.facts] = by_release(car.facts, target)
            found[release_id, car.id] = known[car.facts]
    return found


def count_by_kind(
    session: Session, item_id: int, member_ids: Iterable[int], *, release_id: int | None = None
) -> dict[str, int]:
    """How many of these people get which verdict for the best of their cars; `no_car` counts those without one.

    release_id: counts as if the item were aimed at this release.
    """
    people = set(member_ids)
    cars = cars_of(session, people)
    told = verdicts(session, [item_id], cars, release_id=release_id)
    by_owner: dict[int, list[Verdict]] = defaultdict(list)
    for car in cars:
        if (item_id, car.id) in told:
            by_owner[car.member_id].append(told[item_id, car.id])
    counts = Counter(best(found).kind.value for found in by_owner.values())
    counts["no_car"] = len(people - {car.member_id for car in cars})
    return {kind: counts.get(kind, 0) for kind in [*map(str, VerdictKind), "no_car"]}


def item_cases(session: Session, item_ids: Iterable[int], through: int | None = None) -> dict[int, Case]:
    """What decides about each of these items, aimed at the release `through` if that is given; unknown ids are left
    out."""
    wanted = list(item_ids)
    if not wanted:
        return {}
    aims = dict(
        session.exec(select(RoadmapItem.id, RoadmapItem.release_id).where(col(RoadmapItem.id).in_(wanted))).all()
    )
    if through is not None:
        aims = dict.fromkeys(aims, through)
    rules = rules_of(session, col(ApplicabilityRule.item_id).in_(wanted))
    versions = {
        rule.version for found in rules.values() for rule in found if rule.kind is RuleKind.OTA and rule.version
    }
    aimed = {release_id for release_id in aims.values() if release_id is not None}
    meant: Any = col(Release.id).in_(aimed)
    if versions:
        meant = meant | col(Release.version).in_(versions)
    targets = _targets(session, meant, col(Release.public)) if aimed or versions else {}
    named = {target.version: target for target in targets.values()}
    return {
        item_id: Case(rules.get(item_id, ()), targets.get(release_id or 0), named)
        for item_id, release_id in aims.items()
        if item_id is not None
    }


def release_target(session: Session, release_id: int) -> Target:
    """A release as far as it matters to a car, draft or not."""
    return _targets(session, col(Release.id) == release_id)[release_id]


def _targets(session: Session, *conditions: Any) -> dict[int, Target]:
    statement = columns(
        Release.id,
        Release.version,
        Release.models,
        Release.released_at,
        Release.paused_at,
        Release.rolled_back_at,
        Release.rollout,
    ).where(*conditions)
    rows = session.exec(statement).all()
    rules = rules_of(session, col(ApplicabilityRule.release_id).in_([row[0] for row in rows])) if rows else {}
    moment = clock.now()
    return {
        row[0]: Target(
            version=row[1], models=tuple(row[2]), rules=rules.get(row[0], ()), out=_past(row[3], moment),
            halt="rolled_back" if row[5] else "paused" if row[4] else "",
            begun=tuple(model for model, percent in row[6].items() if percent) if row[6] else None,
        )
        for row in rows
    }  # fmt: skip


def _past(at: datetime | None, moment: datetime) -> bool:
    return at is not None and at <= moment


def rules_of(session: Session, condition: Any) -> dict[int, tuple[Rule, ...]]:
    """Rules by the id of the item or release that they are about."""
    statement = (
        select(ApplicabilityRule).where(condition).order_by(col(ApplicabilityRule.position), col(ApplicabilityRule.id))
    )
    found: dict[int, list[Rule]] = defaultdict(list)
    for row in session.exec(statement):
        found[row.item_id or row.release_id or 0].append(row.rule)
    return {subject: tuple(rules) for subject, rules in found.items()}
