"""The demo's announcements: one that was published with its answer, one that the check holds back."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.actor import Actor, Role
from cocreate.core.runtime import Runtime
from cocreate.identity.demo import content as identity_content
from cocreate.identity.members.queries import staff
from cocreate.identity.vehicles.models import Vehicle
from roadmap.fairness import service
from roadmap.fairness.counting import figures, findings_of, groups_of
from roadmap.fairness.models import (
    Announcement,
    AnnouncementAct,
    AnnouncementEvent,
    AnnouncementKind,
    AnnouncementState,
)
from roadmap.fairness.rules import Group, Rule
from roadmap.promises.follow import today

CONTENT = Path(__file__).parent.parent / "demo" / "promises.json"


def seed(runtime: Runtime) -> None:
    """Say when the demo's cars were ordered, and write the announcements."""
    rows = json.loads(CONTENT.read_text(encoding="utf-8"))["announcements"]
    models = {model["key"]: model["name"] for model in identity_content("brand.json")["models"]}
    now = today(runtime.settings.zone)
    with runtime.database.write() as session:
        _order(session, now)
        writer, second = (Actor(id=person.id, roles=frozenset({Role.PM})) for person in _two(session))
        for row in rows:
            made = service.write(session, _draft(row, models, now), by=writer)
            made.edited_at = made.created_at = clock.now() - timedelta(days=row["days_ago"] + 1)
            session.add(made)
            session.flush()
            if row["state"] == "published":
                service.approve(session, made, by=second)
                _publish(session, made, row["days_ago"], by=writer)


def _order(session: Session, now: date) -> None:
    """Each car has its order date, by model year."""
    for place, car in enumerate(session.exec(select(Vehicle).order_by(col(Vehicle.id)))):
        if car.model_year is not None:
            # This year's cars were ordered in the last weeks, those of the years before in the months before that.
            age = now.year - car.model_year
            days = 15 + (place * 11) % 60 if age <= 0 else 90 + 300 * (age - 1) + (place * 29) % 200
            car.ordered_on = now - timedelta(days=days)
            session.add(car)
    session.flush()


def _two(session: Session) -> tuple[Any, Any]:
    people = staff(session, Role.PM, Role.ADMIN)
    return people[0], people[1]


def _draft(row: dict[str, Any], models: dict[str, str], now: date) -> service.Draft:
    groups = []
    for told in row["groups"]:
        days = told.get("ordered_in_days")
        first, last = (now + timedelta(days=one) for one in days) if days else (None, None)
        rule = Rule(
            models=tuple(models[key] for key in told["models"]), year_from=told.get("year_from"),
            year_to=told.get("year_to"), ordered_from=first, ordered_to=last,
        )  # fmt: skip
        groups.append(Group(rule, told["gain"], told["value"]))
    return service.Draft(
        AnnouncementKind(row["kind"]), row["title"], row["text"], tuple(groups), row["answer"], row["tell_others"]
    )  # fmt: skip


def _publish(session: Session, row: Announcement, days_ago: int, *, by: Actor) -> None:
    """Published some days ago: whoever was told then has read it long since."""
    moment = clock.now() - timedelta(days=days_ago)
    row.findings = figures(findings_of(session, groups_of(session, row)))
    row.state, row.published_at, row.approved_at = AnnouncementState.PUBLISHED, moment, moment
    session.add(row)
    session.add(
        AnnouncementEvent(
            announcement_id=row.id or 0, act=AnnouncementAct.PUBLISHED, by_id=by.id, at=moment, seal=row.seal,
            data=row.findings,
        )
    )  # fmt: skip
