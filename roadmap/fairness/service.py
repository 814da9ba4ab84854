"""Announcements are written, checked, approved by somebody else, and only then published; each act stays written."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict, Invalid, NotFound
from cocreate.core.text_marks import N_
from roadmap.fairness.counting import checked, groups_of, queue_count
from roadmap.fairness.models import (
    Announcement,
    AnnouncementAct,
    AnnouncementEvent,
    AnnouncementGroup,
    AnnouncementKind,
    AnnouncementState,
)
from roadmap.fairness.rules import Group
from roadmap.publishing.approval import ApprovalMissing, check_second

TELL = "roadmap.tell_announcement"


class AnswerMissing(Invalid):
    code = "answer_missing"
    message = N_("Owners beside these groups gain less. Prepare the answer that they will read before this leaves.")


class ReasonMissing(Invalid):
    code = "reason_missing"
    message = N_("Owners have read it. Please say in one sentence why it no longer holds.")


class NotNow(Conflict):
    code = "announcement_state"
    message = N_("That cannot be done with this announcement now. Please look again.")


class NotCounted(Conflict):
    code = "not_counted"
    message = N_("The many cars in garages are still being counted for it. Please come back in a few minutes.")


class SecondPersonMissing(ApprovalMissing):
    message = N_("A second person must approve these words before they leave.")


@dataclass(frozen=True)
class Draft:
    """What an announcement says and for whom. answer: to those who gain less; tell_others: in a message as well."""

    kind: AnnouncementKind
    title: str
    text: str
    groups: tuple[Group, ...]
    answer: str = ""
    tell_others: bool = False

    @property
    def columns(self) -> dict[str, Any]:
        names = ("kind", "title", "text", "answer", "tell_others")
        return {name: getattr(self, name) for name in names}


def get_announcement(session: Session, announcement_id: int, actor: Actor) -> Announcement:
    """The announcement; NotFound when there is none, or it was never published and the reader is not of the staff."""
    row = session.get(Announcement, announcement_id)
    if row is None or not (row.published_at or actor.can("roadmap.edit")):
        raise NotFound(f"announcement {announcement_id}")
    return row


def write(session: Session, draft: Draft, *, by: Actor) -> Announcement:
    """A new announcement, seen by staff alone."""
    row = Announcement(**draft.columns, edited_by=by.id, created_by=by.id, edited_at=clock.now())
    session.add(row)
    session.flush()
    _put_groups(session, row, draft.groups)
    _note(session, row, AnnouncementAct.WRITTEN, by)
    queue_count(session)
    return row


def edit(session: Session, row: Announcement, draft: Draft, *, by: Actor, seen: int | None = None) -> None:
    """Other words or groups. What was approved must be approved anew; what is published stays as it was said.

    seen: the number of edits that the writer had before their eyes.
    """
    _expect(row, AnnouncementState.DRAFT, AnnouncementState.APPROVED)
    if seen is not None and seen != row.edits:
        raise NotNow(f"announcement {row.id} was edited meanwhile")
    values = {
        **draft.columns, "state": AnnouncementState.DRAFT, "edited_by": by.id, "edited_at": clock.now(),
        "edits": row.edits + 1, "approved_by": None, "approved_at": None, "seal": "",
    }  # fmt: skip
    _change(session, row, values)
    session.connection().execute(sa.delete(AnnouncementGroup).where(col(AnnouncementGroup.announcement_id) == row.id))
    _put_groups(session, row, draft.groups)
    _note(session, row, AnnouncementAct.EDITED, by)
    queue_count(session)


def approve(session: Session, row: Announcement, *, by: Actor) -> None:
    """A second person agrees to these words for these groups, having seen who gains less."""
    _expect(row, AnnouncementState.DRAFT)
    check_second(row.edited_by, by)
    groups = groups_of(session, row)
    counted = _counted(session, row, groups)
    _need_answer(row, counted)
    seal = seal_of(row, groups)
    values = {"state": AnnouncementState.APPROVED, "approved_by": by.id, "approved_at": clock.now(), "seal": seal}
    _change(session, row, values)
    _note(session, row, AnnouncementAct.APPROVED, by, counted)


def publish(session: Session, row: Announcement, *, by: Actor) -> None:
    """Everybody may read it, and those whom it concerns are told. Refused without the approval of exactly this, and
    without an answer for those who gain less in the garages of this moment, or of the last count where they are many.
    """
    _expect(row, AnnouncementState.DRAFT, AnnouncementState.APPROVED)
    groups = groups_of(session, row)
    counted = _counted(session, row, groups)
    _need_answer(row, counted)
    if row.state != AnnouncementState.APPROVED or row.seal != seal_of(row, groups):
        raise SecondPersonMissing(f"announcement {row.id} is {row.state}")
    values = {"state": AnnouncementState.PUBLISHED, "published_at": clock.now(), "findings": counted}
    _change(session, row, values)
    _note(session, row, AnnouncementAct.PUBLISHED, by, counted)
    outbox.enqueue(session, TELL, key=f"announcement:{row.id}", announcement_id=row.id)


def withdraw(session: Session, row: Announcement, *, reason: str, by: Actor) -> None:
    """It no longer holds; it stays readable with the reason above it."""
    _expect(row, AnnouncementState.PUBLISHED)
    if not reason.strip():
        raise ReasonMissing(fields={"reason": ReasonMissing.message})
    values = {
        "state": AnnouncementState.WITHDRAWN, "withdrawn_at": clock.now(), "withdrawn_because": reason.strip()[:1000],
    }  # fmt: skip
    _change(session, row, values)
    _note(session, row, AnnouncementAct.WITHDRAWN, by)


def seal_of(row: Announcement, groups: Sequence[Group]) -> str:
    """Fingerprint of everything that an approval is about."""
    said = {
        "kind": row.kind, "title": row.title, "text": row.text, "answer": row.answer, "tell_others": row.tell_others,
        "groups": [[group.gain, group.value, group.rule.as_json()] for group in groups],
    }  # fmt: skip
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _counted(session: Session, row: Announcement, groups: Sequence[Group]) -> dict[str, Any]:
    counted = checked(session, row, groups)
    if counted is None:
        raise NotCounted(f"announcement {row.id}")
    return counted


def _need_answer(row: Announcement, counted: dict[str, Any]) -> None:
    if counted["losing_owners"] and not row.answer.strip():
        raise AnswerMissing(fields={"answer": AnswerMissing.message})


def _expect(row: Announcement, *states: AnnouncementState) -> None:
    if row.state not in states:
        raise NotNow(f"announcement {row.id} is {row.state}")


def _change(session: Session, row: Announcement, values: dict[str, Any]) -> None:
    """Only over what was seen: an approval never lands on words that were edited meanwhile."""
    seen = (
        col(Announcement.id) == row.id, col(Announcement.state) == row.state, col(Announcement.edits) == row.edits,
    )  # fmt: skip
    result: Any = session.connection().execute(sa.update(Announcement).where(*seen).values(**values))
    if result.rowcount != 1:
        raise NotNow(f"announcement {row.id} was changed meanwhile")
    session.refresh(row)


def _put_groups(session: Session, row: Announcement, groups: Sequence[Group]) -> None:
    session.add_all(
        AnnouncementGroup(
            announcement_id=row.id or 0, position=place, gain=group.gain, value=group.value, rule=group.rule.as_json()
        )
        for place, group in enumerate(groups)
    )
    session.flush()


def _note(
    session: Session, row: Announcement, act: AnnouncementAct, by: Actor, data: dict[str, Any] | None = None
) -> None:
    session.add(
        AnnouncementEvent(
            announcement_id=row.id or 0, act=act, by_id=by.id, seal=row.seal, data=data or {}, at=clock.now()
        )
    )
    audit.record(session, by, f"announcement.{act.value}", "announcement", row.id)
