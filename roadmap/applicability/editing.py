"""The rules of an item or a release: read, and replaced as a whole."""

import hashlib
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cocreate.core import audit, clock
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict
from cocreate.core.tables import columns
from cocreate.core.text_marks import N_
from cocreate.identity.vehicles.models import Vehicle
from roadmap.applicability.models import ApplicabilityRule
from roadmap.applicability.rules import Facts, Rule
from roadmap.applicability.service import rules_of
from roadmap.items.models import RoadmapItem
from roadmap.releases.models import Release
from roadmap.releases.rollout import announce

Subject = RoadmapItem | Release


class RulesMoved(Conflict):
    code = "rules_moved"
    message = N_("Somebody has changed these rules in the meantime. Please look at them first.")


def rules_for(session: Session, subject: Subject) -> tuple[Rule, ...]:
    """The subject's rules in their order."""
    return rules_of(session, _mine(subject)).get(subject.id or 0, ())


def sign(rules: Sequence[Rule]) -> str:
    """Short for exactly these rules."""
    return hashlib.sha256(repr(tuple(rules)).encode()).hexdigest()[:16]


def replace_rules(session: Session, subject: Subject, rules: Sequence[Rule], *, seen: str, by: Actor) -> None:
    """Put these rules in the place of those that were seen; RulesMoved when there are others by now.

    Whoever gets a release that is out already because of it is told of their points in it.
    """
    kind = type(subject)
    # The subject's row is ours from here on, so that the look below holds until the commit.
    session.connection().execute(sa.update(kind).where(col(kind.id) == subject.id).values(edited_at=clock.now()))
    if sign(rules_for(session, subject)) != seen:
        raise RulesMoved(f"{kind.__name__} {subject.id}")
    session.connection().execute(sa.delete(ApplicabilityRule).where(_mine(subject)))
    session.add_all(_row(rule, place, by, subject) for place, rule in enumerate(rules))
    session.flush()
    audit.record(session, by, "applicability.save", subject.__tablename__, subject.id, rules=len(rules))
    release = session.get(Release, subject.release_id or 0) if isinstance(subject, RoadmapItem) else subject
    if release is not None:
        announce(session, release)


def _row(rule: Rule, place: int, by: Actor, subject: Subject) -> ApplicabilityRule:
    item_id, release_id = (subject.id, None) if isinstance(subject, RoadmapItem) else (None, subject.id)
    return ApplicabilityRule(
        item_id=item_id, release_id=release_id,
        position=place, kind=rule.kind, models=list(rule.models), year_from=rule.year_from, year_to=rule.year_to,
        hardware=list(rule.hardware), software_from=rule.software_from, software_below=rule.software_below,
        regions=list(rule.regions), version=rule.version, text=rule.text, created_by=by.id,
    )  # fmt: skip


def fleet_facts(session: Session) -> list[tuple[Facts, int]]:
    """All cars in garages, equal ones counted together."""
    facts = (
        col(Vehicle.model), col(Vehicle.model_year), col(Vehicle.hardware), col(Vehicle.software), col(Vehicle.region),
    )  # fmt: skip
    statement = columns(*facts, sa.func.count()).where(col(Vehicle.removed_at).is_(None)).group_by(*facts)
    return [(Facts(*row[:5]), row[5]) for row in session.exec(statement)]


def _mine(subject: Subject) -> Any:
    if isinstance(subject, RoadmapItem):
        return col(ApplicabilityRule.item_id) == subject.id
    return col(ApplicabilityRule.release_id) == subject.id
