"""The demo's roll-outs: one that was stopped and went on, rules over cars, cars that have releases, personal notes."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.actor import Actor
from cocreate.core.db import insert_many_once
from cocreate.identity.members.models import Member
from cocreate.identity.vehicles.models import Vehicle
from roadmap.applicability.models import ApplicabilityRule, CarRelease
from roadmap.applicability.rules import RuleKind, VerdictKind
from roadmap.applicability.service import car_facts, release_verdicts
from roadmap.items.models import RoadmapItem
from roadmap.releases import personal
from roadmap.releases.models import Release, ReleaseRollout, RolloutKind
from roadmap.releases.rollout import overall

CONTENT = Path(__file__).parent.parent / "demo" / "rollouts.json"


def seed(
    session: Session, releases: Mapping[str, Release], items: Mapping[str, RoadmapItem], models: Mapping[str, str],
    by: Actor
) -> None:  # fmt: skip
    """Write all of it behind the releases and items of the demo."""
    told: dict[str, Any] = json.loads(CONTENT.read_text(encoding="utf-8"))
    for row in told["steps"]:
        session.add(_step(row, releases[row["release"]], models, by))
    for key, shares in told["shares"].items():
        release = releases[key]
        release.rollout = {models[model]: percent for model, percent in shares.items()}
        release.rollout_percent = overall(session, release.rollout)
        session.add(release)
    for subject, rows in told["rules"].items():
        session.add_all(_rule(row, place, items[subject], models, by) for place, row in enumerate(rows))
    # Every other owner likes to be named.
    session.connection().execute(sa.update(Member).where(col(Member.id) % 2 == 1).values(named_in_releases=True))
    session.flush()
    _cars(session, releases)
    newest = releases[told["newest"]]
    behind = {item: personal.supporters(session, item) for item in personal.items_in(session, newest.id or 0)}
    members = {member for found in behind.values() for member in {*found.authors, *found.voters}}
    personal.tell_some(session, newest, behind, sorted(members))


def _step(row: dict[str, Any], release: Release, models: Mapping[str, str], by: Actor) -> ReleaseRollout:
    return ReleaseRollout(
        release_id=release.id or 0, kind=RolloutKind(row["kind"]), model=models.get(row.get("model", ""), ""),
        percent=row.get("percent", 0), sentence=row.get("sentence", ""), at=_ago(row["days_ago"]), by_id=by.id,
    )  # fmt: skip


def _rule(
    row: dict[str, Any], place: int, item: RoadmapItem, models: Mapping[str, str], by: Actor
) -> ApplicabilityRule:  # fmt: skip
    return ApplicabilityRule(
        item_id=item.id, position=place, kind=RuleKind(row["kind"]), text=row.get("text", ""),
        models=[models[model] for model in row.get("models", [])], hardware=row.get("hardware", []),
        year_from=row.get("year_from"), year_to=row.get("year_to"), created_by=by.id,
    )  # fmt: skip


def _cars(session: Session, releases: Mapping[str, Release]) -> None:
    """Which car has which release; nobody is told of it again, the notes of that time have long been read."""
    cars = car_facts(session, [one or 0 for one in session.exec(select(Vehicle.id))])
    out = {row.id or 0: row.released_at for row in releases.values() if row.released_at is not None}
    told = release_verdicts(session, out, cars)
    has = [pair for pair, verdict in told.items() if verdict.kind is VerdictKind.HAS]
    insert_many_once(
        session,
        [CarRelease(vehicle_id=car, release_id=release, at=out[release] or clock.now()) for release, car in has],
    )


def _ago(days: float) -> datetime:
    return clock.now() - timedelta(days=days)
