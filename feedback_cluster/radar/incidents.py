"""Incidents: who leads, what is said meanwhile, when it is over. What is said goes the way of every answer."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.actor import STAFF, Actor
from cocreate.core.errors import Conflict, Invalid, NotFound
from cocreate.core.tables import columns
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import staff
from feedback_cluster.radar.alerts import end, get_alert, hold, note
from feedback_cluster.radar.models import ActKind, Alert, AlertState, Incident, IncidentQuestion
from feedback_cluster.themes import answers
from feedback_cluster.themes.models import Answer, AnswerState, Theme, ThemePost, TriageStatus
from feedback_cluster.themes.queries import Root, current_run, resolve
from forum import api as forum

LONGEST_REPORT = 4_000
NEW_VOICES = 12


class NoTheme(Conflict):
    code = "no_theme"
    message = N_("This incident is about everything at once: there is no theme whose posts could show a statement.")


class Closed(Conflict):
    code = "incident_closed"
    message = N_("This incident is closed.")


class ReportMissing(Invalid):
    code = "report_missing"
    message = N_("Please write how it ended, at most 4,000 characters.")


class QuestionMissing(Invalid):
    code = "question_missing"
    message = N_("Please fill in question and answer: at most 200 and 1,000 characters.")


class ExitUnfit(Invalid):
    code = "exit_unfit"
    message = N_("The limit lies between 1 and 5 times the usual, the time between 1 and 30 days.")


class NotStaffLead(Invalid):
    code = "not_staff"
    message = N_("Only somebody of the brand can be put in charge.")


@dataclass(frozen=True)
class ExitState:
    """limit: voices a day below which a day counts; met: such days in a row up to yesterday; days: by day, oldest
    first: (ISO date, voices, below the limit)."""

    limit: float
    met: int
    needed: int
    days: list[tuple[str, int, bool]]

    @property
    def reached(self) -> bool:
        return self.met >= self.needed


def get_incident(session: Session, incident_id: int) -> Incident:
    """The incident, or NotFound."""
    incident = session.get(Incident, incident_id)
    if incident is None:
        raise NotFound(f"incident {incident_id}")
    return incident


def incident_of(session: Session, alert_id: int) -> Incident | None:
    """What people made of the alert, if it became an incident."""
    return session.exec(select(Incident).where(Incident.alert_id == alert_id)).first()


def lead(session: Session, incident: Incident, member_id: int, *, by: Actor) -> None:
    """Put somebody of the brand in charge."""
    alert = _open(session, incident)
    if member_id not in {person.id for person in staff(session, *STAFF)}:
        raise NotStaffLead(f"member {member_id}")
    incident.lead_id = member_id
    session.add(incident)
    note(session, alert, ActKind.LEAD, by=by, lead=member_id)


def draft_statement(session: Session, incident: Incident, text: str, *, by: Actor) -> Answer:
    """Draft what the brand says while nothing is known for certain yet; the draft is an answer of the theme."""
    alert = _open(session, incident)
    if incident.theme_id is None:
        raise NoTheme(f"incident {incident.id}")
    source = f"incident:{incident.id}"
    incident.answer_id = answers.record_answer(session, incident.theme_id, text, by=by, source=source)
    session.add(incident)
    note(session, alert, ActKind.STATEMENT, by=by, answer=incident.answer_id)
    return answers.get_answer(session, incident.theme_id, incident.answer_id)


def advance_statement(
    session: Session, incident: Incident, read: int, to: Literal["approved", "published"], *, by: Actor
) -> AnswerState:
    """Approve the draft, or publish what is approved on the theme's posts; where it stands then.

    read: the answer that somebody has read; to: what they asked for, so that a second press asks for nothing more.
    """
    alert = _open(session, incident)
    answer = statement_of(session, incident)
    if answer is None:
        raise NotFound(f"incident {incident.id} has no statement")
    if answer.id != read:
        raise answers.AnswerMoved(f"incident {incident.id} has another statement")
    if to == "approved":
        answers.approve(session, answer, by=by)
        note(session, alert, ActKind.APPROVED, by=by, answer=answer.id)
    else:
        answers.publish(session, answer, by=by)
        note(session, alert, ActKind.PUBLISHED, by=by, answer=answer.id)
    return answer.state


def statement_of(session: Session, incident: Incident) -> Answer | None:
    """The holding statement as it stands; None before there is one, and once it was withdrawn."""
    answer = session.get(Answer, incident.answer_id) if incident.answer_id else None
    return answer if answer is not None and answer.state is not AnswerState.WITHDRAWN else None


def add_question(session: Session, incident: Incident, question: str, answer: str, *, by: Actor) -> IncidentQuestion:
    """A question that many ask, with its answer; it is shown to staff until it is pinned."""
    alert = _open(session, incident)
    asked, said = " ".join(question.split()), answer.strip()
    if not asked or not said or len(asked) > 200 or len(said) > 1_000:
        raise QuestionMissing(fields={"question": QuestionMissing.message})
    row = IncidentQuestion(incident_id=incident.id or 0, question=asked, answer=said, by_id=by.id)
    session.add(row)
    session.flush()
    note(session, alert, ActKind.QUESTION, by=by, question=row.id)
    return row


def pin_question(session: Session, incident: Incident, question_id: int, pinned: bool, *, by: Actor) -> None:
    """Show the question on the theme's posts while the incident is open, or take it off."""
    alert = _open(session, incident)
    row = session.get(IncidentQuestion, question_id)
    if row is None or row.incident_id != incident.id:
        raise NotFound(f"question {question_id}")
    row.pinned = pinned
    session.add(row)
    note(session, alert, ActKind.PIN if pinned else ActKind.UNPIN, by=by, question=question_id)


def set_exit(session: Session, incident: Incident, ratio: float, days: int, *, by: Actor) -> None:
    """When it is over: so many days in a row below so many times the usual."""
    alert = _open(session, incident)
    if not (1.0 <= ratio <= 5.0 and 1 <= days <= 30):
        raise ExitUnfit(fields={"ratio": ExitUnfit.message})
    incident.exit_ratio, incident.exit_days = ratio, days
    session.add(incident)
    note(session, alert, ActKind.EXIT, by=by, ratio=ratio, days=days)


def close(session: Session, incident: Incident, report: str, *, by: Actor) -> None:
    """It is over; the report stays with it, pinned questions leave the posts, the statement stays until withdrawn."""
    alert = _open(session, incident)
    words = report.strip()
    if not words or len(words) > LONGEST_REPORT:
        raise ReportMissing(fields={"report": ReportMissing.message})
    incident.report, incident.closed_at, incident.closed_by_id = words, clock.now(), by.id
    session.add(incident)
    end(session, alert, AlertState.OVER)
    note(session, alert, ActKind.CLOSED, by=by)


def _open(session: Session, incident: Incident) -> Alert:
    hold(session, [incident.alert_id])
    session.refresh(incident)
    if incident.closed_at is not None:
        raise Closed(f"incident {incident.id}")
    return get_alert(session, incident.alert_id)


def questions_of(session: Session, incident_id: int) -> list[IncidentQuestion]:
    """Pinned ones first, then the newest."""
    statement = select(IncidentQuestion).where(IncidentQuestion.incident_id == incident_id)
    rows = session.exec(statement.order_by(col(IncidentQuestion.id).desc())).all()
    return sorted(rows, key=lambda row: not row.pinned)


def exit_state(session: Session, incident: Incident, alert: Alert, zone: ZoneInfo, *, shown: int = 14) -> ExitState:
    """How far the exit criterion is met, counted from the theme's voices of whole days since the rise began."""
    today = clock.now().astimezone(zone).date()
    limit = max(1.0, incident.exit_ratio * alert.usual)  # one voice a day is calm, however quiet a theme was
    counts = daily_voices(session, incident.theme_id, zone, days=max(shown, incident.exit_days) + 1)
    days = []
    for back in range(max(shown, incident.exit_days), 0, -1):
        day = today - timedelta(days=back)
        if day.isoformat() >= alert.first_day:
            count = counts.get(day.isoformat(), 0)
            days.append((day.isoformat(), count, count <= limit))
    met = 0
    for _, _, below in reversed(days):
        if not below:
            break
        met += 1
    return ExitState(limit, met, incident.exit_days, days)


def daily_voices(session: Session, theme_id: int | None, zone: ZoneInfo, *, days: int) -> dict[str, int]:
    """Voices by local day; of all themes where `theme_id` is None."""
    since = clock.now() - timedelta(days=days + 1)
    statement: Any = (
        select(ThemePost.created_at)
        .join(Theme, col(Theme.id) == ThemePost.theme_id)
        .where(ThemePost.run_id == current_run(), col(ThemePost.created_at) >= since)
    )
    if theme_id is not None:
        statement = statement.where(Theme.root_id == resolve(session, theme_id))
    found: dict[str, int] = {}
    for moment in session.exec(statement):
        day = moment.astimezone(zone).date().isoformat()
        found[day] = found.get(day, 0) + 1
    return found


def new_voices(
    session: Session, alert: Alert, actor: Actor, zone: ZoneInfo, *, limit: int = NEW_VOICES
) -> list[forum.PostCard]:
    """The newest voices since the rise began that this reader may see."""
    since = clock.now() - timedelta(days=90)
    statement = (
        columns(ThemePost.post_id, ThemePost.created_at)
        .join(Theme, col(Theme.id) == ThemePost.theme_id)
        .where(ThemePost.run_id == current_run(), col(ThemePost.created_at) >= since)
        .order_by(col(ThemePost.created_at).desc())
        .limit(limit)
    )
    if alert.theme_id is not None:
        statement = statement.where(Theme.root_id == resolve(session, alert.theme_id))
    ids = [
        post_id
        for post_id, moment in session.exec(statement)
        if moment.astimezone(zone).date().isoformat() >= alert.first_day
    ]
    cards = forum.post_cards(session, ids, actor=actor)
    return [cards[post_id] for post_id in ids if post_id in cards]


def pinned_on_posts(session: Session, post_ids: list[int]) -> dict[int, list[tuple[str, str]]]:
    """By post: questions and answers that open incidents pinned to its theme or to one merged into it; none of hidden
    themes."""
    if (
        not post_ids
        or session.exec(select(IncidentQuestion.id).where(col(IncidentQuestion.pinned)).limit(1)).first() is None
    ):
        return {}
    begun = aliased(Theme, name="begun")  # the incident's own theme, which may have been merged since
    leaf = columns(ThemePost.post_id, IncidentQuestion.question, IncidentQuestion.answer)
    statement = (
        leaf.join(Theme, col(Theme.id) == ThemePost.theme_id)
        .join(Root, Root.id == Theme.root_id)
        .join(begun, begun.root_id == Root.id)
        .join(Incident, col(Incident.theme_id) == begun.id)
        .join(IncidentQuestion, col(IncidentQuestion.incident_id) == Incident.id)
        .where(
            ThemePost.run_id == current_run(),
            col(ThemePost.post_id).in_(post_ids),
            Root.status != TriageStatus.HIDDEN,
            col(Incident.closed_at).is_(None),
            col(IncidentQuestion.pinned),
        )
        .order_by(col(IncidentQuestion.id))
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for post_id, question, answer in session.exec(statement):
        found.setdefault(post_id, []).append((question, answer))
    return found
