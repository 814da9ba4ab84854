"""Who is told of an announcement: those who gain and, if that was chosen, those beside them with the answer."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from cocreate.core.module import Notice
from cocreate.core.runtime import Runtime
from cocreate.core.text_marks import N_
from cocreate.notify.inbox.service import tell
from roadmap.fairness.counting import groups_of
from roadmap.fairness.fleet import cars_for
from roadmap.fairness.models import Announcement, AnnouncementState
from roadmap.fairness.rules import Findings, Group, check

GAIN, OTHER = "roadmap.announcement.gain", "roadmap.announcement.other"
NOTICES = {
    GAIN: Notice("%(title)s", N_("Because you drive a %(model)s."), N_("For your car: %(gain)s"), group="releases"),
    OTHER: Notice("%(title)s", N_("Because you drive a %(model)s."), "%(answer)s", group="releases"),
}
CHUNK = 200


def letters(session: Session, row: Announcement) -> dict[str, dict[int, dict[str, Any]]]:
    """What each member would be told, by notice. Somebody with cars on both sides is told what they gain."""
    groups = groups_of(session, row)
    cars = cars_for(session, groups)
    findings = check(groups, cars)
    models = {car.member_id: car.model for car in reversed(cars)}
    gaining = _gaining(findings, groups, {car.id: (car.member_id, car.model) for car in cars})
    found = {GAIN: {one: {"title": row.title, **words} for one, words in gaining.items()}}
    if row.tell_others and row.answer:
        others = sorted(findings.losers - set(gaining))
        answer = {"title": row.title, "answer": row.answer}
        found[OTHER] = {one: {**answer, "model": models[one]} for one in others}
    return found


def _gaining(
    findings: Findings, groups: list[Group], owners: Mapping[int, tuple[int, str]]
) -> dict[int, dict[str, Any]]:
    """Each gaining member once, with the best gain among their cars."""
    best: dict[int, tuple[int, str]] = {}
    for car_id, place in findings.winners.items():
        member_id, model = owners[car_id]
        if member_id not in best or groups[place].value > groups[best[member_id][0]].value:
            best[member_id] = (place, model)
    return {member: {"gain": groups[place].gain, "model": model} for member, (place, model) in sorted(best.items())}


def tell_announcement(runtime: Runtime, *, announcement_id: int) -> None:
    """Job: one message for each, in chunks that other writers can pass; a second run adds only what is missing."""
    with runtime.database.read() as session:
        row = session.get(Announcement, announcement_id)
        if row is None or row.state != AnnouncementState.PUBLISHED:
            return
        planned = letters(session, row)
    for notice, words in planned.items():
        members = sorted(words)
        for start in range(0, len(members), CHUNK):
            chunk = {one: words[one] for one in members[start : start + CHUNK]}
            with runtime.database.write() as session:
                tell(
                    session, list(chunk), notice, key=f"announcement:{announcement_id}", params=chunk,
                    url=f"/announcements/{announcement_id}", topic=f"announcement:{announcement_id}",
                )  # fmt: skip
