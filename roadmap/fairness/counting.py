"""The check as pages and steps need it: counted at once while the cars are few, else by a job that nobody waits for."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock, outbox
from cocreate.core.runtime import Runtime
from roadmap.fairness.fleet import cars_for, more_cars_than
from roadmap.fairness.models import Announcement, AnnouncementGroup, AnnouncementState
from roadmap.fairness.rules import Findings, Group, check, rule_of

JOB = "roadmap.count_announcements"
AT_ONCE = 20_000
"""With more cars in garages a request does not go through them."""
HOLDS = timedelta(days=1)
"""For so long a count of the job is good enough to approve by; the job makes a new one every hour."""
WAITING = (AnnouncementState.DRAFT, AnnouncementState.APPROVED)


def groups_of(session: Session, row: Announcement) -> list[Group]:
    """Its groups in their order."""
    statement = select(AnnouncementGroup).where(AnnouncementGroup.announcement_id == row.id)
    rows = session.exec(statement.order_by(col(AnnouncementGroup.position), col(AnnouncementGroup.id)))
    return [Group(rule_of(one.rule), one.gain, one.value) for one in rows]


def findings_of(session: Session, groups: Sequence[Group]) -> Findings:
    """Who gains and who does not, in the garages of this moment."""
    return check(groups, cars_for(session, groups))


def few_cars(session: Session) -> bool:
    """Whether a request may go through all cars in garages."""
    return not more_cars_than(session, AT_ONCE)


def checked(session: Session, row: Announcement, groups: Sequence[Group]) -> dict[str, Any] | None:
    """The counts for these groups: of this moment while the cars are few, else of the job's last round; None where it
    has not counted them yet."""
    if few_cars(session):
        return figures(findings_of(session, groups))
    known = row.findings
    if known.get("groups") != _sign(groups) or counted_at(known) < clock.now() - HOLDS:
        return None
    return dict(known)


def counted_at(known: dict[str, Any]) -> datetime:
    """When the job counted these."""
    return datetime.fromisoformat(known["counted_at"])


def queue_count(session: Session) -> None:
    """Have what waits counted soon, where no request may do it."""
    if not few_cars(session):
        outbox.enqueue(session, JOB)


def count_announcements(runtime: Runtime) -> None:
    """Job: count who gains and who gains less by every announcement that waits; doing it twice changes nothing."""
    with runtime.database.read() as session:
        if few_cars(session):
            return
        waiting = session.exec(select(Announcement).where(col(Announcement.state).in_(WAITING))).all()
    for row in waiting:
        with runtime.database.read() as session:
            groups = groups_of(session, row)
            known = figures(findings_of(session, groups))
        known |= {"groups": _sign(groups), "counted_at": clock.now().isoformat()}
        still = (col(Announcement.id) == row.id, col(Announcement.state).in_(WAITING))
        with runtime.database.write() as session:
            session.connection().execute(sa.update(Announcement).where(*still).values(findings=known))


def _sign(groups: Sequence[Group]) -> str:
    said = [[group.value, group.rule.as_json()] for group in groups]
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def figures(findings: Findings) -> dict[str, Any]:
    """The counts of a check, without anybody's id."""
    return {
        "gaining": list(findings.gaining), "gaining_owners": findings.gaining_owners,
        "losing_owners": findings.losing_owners, "also": findings.also, "further": findings.further,
        "unknown": findings.unknown,
        "neighbours": [
            {
                "group": one.group, "side": one.side.value, "owners": one.owners, "cars": one.cars,
                "first": one.first, "last": one.last, "part": one.part, "missing": one.missing,
            }
            for one in findings.neighbours
        ],
    }  # fmt: skip
