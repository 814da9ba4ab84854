"""Holding a meeting: begin with a view of the queue, decide theme by theme, come back later, end it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock
from cocreate.core.actor import STAFF, Actor
from cocreate.core.errors import Conflict, Invalid, NotFound
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import staff
from feedback_cluster.meetings.models import Meeting, Minute, Outcome
from feedback_cluster.themes import decisions, service
from feedback_cluster.themes.declining import check_words, decline, declined_by
from feedback_cluster.themes.models import Theme, TriageStatus
from feedback_cluster.themes.queries import get_theme, resolve

LONGEST_TITLE, LONGEST, MOST_THEMES, MOST_NAMES, LONGEST_NAME = 80, 500, 60, 40, 40


class NothingToDiscuss(Conflict):
    code = "nothing_to_discuss"
    message = N_("This view of the queue is empty: choose one with themes.")


class NoTitle(Invalid):
    code = "no_title"
    message = N_("A meeting needs a title, at most 80 characters.")


class NoDecision(Invalid):
    code = "no_decision"
    message = N_("Write down what was decided, in at most 500 characters.")


class NotOfTheBrand(Invalid):
    code = "not_of_the_brand"
    message = N_("Only somebody of the brand can take it on.")


class MeetingOver(Conflict):
    code = "meeting_over"
    message = N_("This meeting is over; its minutes stand. Begin another one.")


@dataclass(frozen=True)
class Decided:
    """What the meeting says about one theme. reason and alternative: for a decline, whose sentence owners read."""

    outcome: Outcome
    sentence: str
    member_id: int | None = None
    due_on: date | None = None
    reason: str = ""
    alternative: str = ""


def begin(session: Session, title: str, attendees: Sequence[str], theme_ids: Sequence[int], *, by: Actor) -> Meeting:
    """A meeting over these themes, in this order."""
    given = " ".join(title.split())
    if not given or len(given) > LONGEST_TITLE:
        raise NoTitle(fields={"title": NoTitle.message})
    if not theme_ids:
        raise NothingToDiscuss("no theme")
    meeting = Meeting(
        title=given, attendees=names_of(attendees), themes=list(theme_ids)[:MOST_THEMES], by_id=by.member_id
    )  # fmt: skip
    session.add(meeting)
    session.flush()
    audit.record(session, by, "meeting.begin", "triage_meeting", meeting.id, themes=len(meeting.themes))
    return meeting


def names_of(attendees: Sequence[str]) -> list[str]:
    """Each name once, in the order in which they were given."""
    clean = (" ".join(name.split())[:LONGEST_NAME] for name in attendees)
    return list(dict.fromkeys(name for name in clean if name))[:MOST_NAMES]


def get_meeting(session: Session, meeting_id: int) -> Meeting:
    """The meeting; NotFound when there is none."""
    meeting = session.get(Meeting, meeting_id)
    if meeting is None:
        raise NotFound(f"meeting {meeting_id}")
    return meeting


def attend(session: Session, meeting: Meeting, attendees: Sequence[str], *, by: Actor) -> None:
    """Write down who is there."""
    _still_on(meeting)
    meeting.attendees = names_of(attendees)
    session.add(meeting)
    audit.record(session, by, "meeting.attend", "triage_meeting", meeting.id)


def decide(session: Session, meeting: Meeting, theme_id: int, decided: Decided, *, by: Actor, zone: ZoneInfo) -> Minute:
    """Record the decision and let it take effect on the theme; deciding anew takes the earlier one back first."""
    _hold(session, meeting)
    _still_on(meeting)
    if theme_id not in meeting.themes:
        raise NotFound(f"theme {theme_id} in meeting {meeting.id}")
    sentence = decided.sentence.strip()
    if not sentence or len(sentence) > LONGEST:
        raise NoDecision(fields={"sentence": NoDecision.message})
    if decided.outcome is Outcome.DECLINE:
        check_words(decided.reason, sentence, decided.alternative)
    if decided.member_id is not None and decided.member_id not in {one.id for one in staff(session, *STAFF)}:
        raise NotOfTheBrand(fields={"member": NotOfTheBrand.message})
    theme = get_theme(session, resolve(session, theme_id))
    known = session.get(Minute, (meeting.id, theme_id))
    if known is not None:
        for decision_id in reversed(known.decisions):
            # What somebody has decided elsewhere since stands: the meeting goes on from there.
            with suppress(decisions.Overtaken):
                decisions.undo(session, decision_id, by=by, zone=zone)
    minute = known or Minute(
        meeting_id=meeting.id or 0, theme_id=theme_id, name=theme.name, outcome=decided.outcome, sentence=sentence,
        by_id=by.member_id,
    )  # fmt: skip
    minute.name, minute.outcome, minute.sentence = theme.name, decided.outcome, sentence
    minute.member_id, minute.due_on = decided.member_id, decided.due_on
    minute.by_id, minute.at = by.member_id, clock.now()
    minute.decisions = _take_effect(session, theme, decided, sentence, by=by, zone=zone)
    session.add(minute)
    session.flush()
    return minute


def _take_effect(
    session: Session, theme: Theme, decided: Decided, sentence: str, *, by: Actor, zone: ZoneInfo
) -> list[int]:
    made = []
    if decided.outcome is Outcome.PURSUE and theme.status is TriageStatus.DECLINED:
        # A no that is taken back is told to whoever heard it. Deciding otherwise again does not bring it back.
        decisions.undo(session, declined_by(session, theme), by=by, zone=zone)
    if decided.member_id is not None and decided.member_id != theme.assignee_id:
        made.append(service.assign(session, theme, decided.member_id, by=by))
    if decided.outcome is Outcome.PURSUE and theme.status in (TriageStatus.NEW, TriageStatus.HIDDEN):
        made.append(service.triage(session, theme, by=by))
    if decided.outcome is Outcome.DECLINE and theme.status is not TriageStatus.DECLINED:
        made.append(decline(session, theme, decided.reason, sentence, decided.alternative, by=by))
    return [decision.id or 0 for decision in made]


def end(session: Session, meeting: Meeting, *, by: Actor) -> None:
    """Close the meeting; its minutes no longer change."""
    _still_on(meeting)
    meeting.ended_at = clock.now()
    session.add(meeting)
    audit.record(session, by, "meeting.end", "triage_meeting", meeting.id)


def minutes_of(session: Session, meeting: Meeting) -> dict[int, Minute]:
    """What was decided so far, by theme."""
    rows = session.exec(select(Minute).where(Minute.meeting_id == meeting.id).order_by(col(Minute.at)))
    return {row.theme_id: row for row in rows}


def next_open(session: Session, meeting: Meeting) -> int | None:
    """The first theme of the agenda about which nothing is decided yet."""
    decided = minutes_of(session, meeting)
    return next((theme_id for theme_id in meeting.themes if theme_id not in decided), None)


def recent(session: Session, *, limit: int = 30) -> list[Meeting]:
    """Meetings, those under way first, then the newest."""
    ended = col(Meeting.ended_at).is_not(None)
    return list(session.exec(select(Meeting).order_by(ended, col(Meeting.id).desc()).limit(limit)))


def _hold(session: Session, meeting: Meeting) -> None:
    """Two who decide at once decide one after the other, and none of them once the meeting is over."""
    own = col(Meeting.id) == meeting.id
    session.connection().execute(sa.update(Meeting).where(own).values(ended_at=Meeting.ended_at))
    session.refresh(meeting)


def _still_on(meeting: Meeting) -> None:
    if meeting.ended_at is not None:
        raise MeetingOver(f"meeting {meeting.id}")
