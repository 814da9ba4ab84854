"""The page of an incident: one place for everybody who handles it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Response
from pydantic import Field

from cocreate.core.actor import STAFF
from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import people, staff
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.page import CurrentPage
from feedback_cluster.radar import alerts, incidents
from feedback_cluster.radar.routes import alert_context
from feedback_cluster.themes.models import ANSWER_LABELS, AnswerState

router = APIRouter(include_in_schema=False)
READ, TRIAGE = [allow("theme.read")], [allow("theme.triage")]
Id = Annotated[int, Form(ge=1, le=MAX_ID)]
Words = Annotated[str, Form()]


@router.get("/triage/incidents/{incident_id}", dependencies=READ)
def show_incident(
    incident_id: RowId, page: CurrentPage, actor: CurrentActor, runtime: CurrentRuntime, db: ReadDb
) -> Response:
    """Who leads, what is said, when it is over, what was done."""
    incident = incidents.get_incident(db, incident_id)
    alert = alerts.get_alert(db, incident.alert_id)
    zone = runtime.settings.zone
    context = alert_context(db, page, alert) | {
        "incident": incident,
        "leader": people(db, [incident.lead_id]).get(incident.lead_id or 0),
        "staff": [(person.id, person.name) for person in staff(db, *STAFF)],
        "statement": incidents.statement_of(db, incident),
        "answer_labels": ANSWER_LABELS,
        "questions": incidents.questions_of(db, incident_id),
        "exit": incidents.exit_state(db, incident, alert, zone),
        "voices": incidents.new_voices(db, alert, actor, zone),
    }
    return page.render("feedback_cluster/radar/incident.html", **context)


@router.post("/triage/incidents/{incident_id}/lead", dependencies=TRIAGE)
def lead_incident(incident_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db, member: Id) -> Response:
    incidents.lead(db, incidents.get_incident(db, incident_id), member, by=actor)
    return _done(page, incident_id, N_("Noted who leads."))


@router.post("/triage/incidents/{incident_id}/statement", dependencies=TRIAGE)
def draft_statement(incident_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db, text: Words = "") -> Response:
    incidents.draft_statement(db, incidents.get_incident(db, incident_id), text, by=actor)
    return _done(page, incident_id, N_("Draft kept. Somebody approves it, then it can stand on the posts."))


@router.post("/triage/incidents/{incident_id}/statement/next", dependencies=TRIAGE)
def advance_statement(
    incident_id: RowId,
    page: CurrentPage,
    actor: CurrentActor,
    db: Db,
    answer: Id,
    to: Annotated[Literal["approved", "published"], Form()],
) -> Response:
    state = incidents.advance_statement(db, incidents.get_incident(db, incident_id), answer, to, by=actor)
    if state is AnswerState.APPROVED:
        return _done(page, incident_id, N_("Approved. Publish it, and it stands on every post of the theme."))
    return _done(page, incident_id, N_("Published: it stands on every post of this theme."))


@router.post("/triage/incidents/{incident_id}/questions", dependencies=TRIAGE)
def add_question(
    incident_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db, question: Words = "", answer: Words = ""
) -> Response:
    incidents.add_question(db, incidents.get_incident(db, incident_id), question, answer, by=actor)
    return _done(page, incident_id, N_("Kept. Pin it, and owners read it on the posts of the theme."))


@router.post("/triage/incidents/{incident_id}/questions/{question_id}/pin", dependencies=TRIAGE)
def pin_question(
    incident_id: RowId,
    question_id: RowId,
    page: CurrentPage,
    actor: CurrentActor,
    db: Db,
    pinned: Annotated[bool, Form()] = True,
) -> Response:
    incidents.pin_question(db, incidents.get_incident(db, incident_id), question_id, pinned, by=actor)
    return _done(page, incident_id, N_("Pinned to the posts.") if pinned else N_("Taken off the posts."))


@router.post("/triage/incidents/{incident_id}/exit", dependencies=TRIAGE)
def set_incident_exit(
    incident_id: RowId,
    page: CurrentPage,
    actor: CurrentActor,
    db: Db,
    ratio: Annotated[float, Form(), Field(allow_inf_nan=False)] = 1.5,
    days: Annotated[int, Form()] = 3,
) -> Response:
    incidents.set_exit(db, incidents.get_incident(db, incident_id), ratio, days, by=actor)
    return _done(page, incident_id, N_("The exit criterion is kept."))


@router.post("/triage/incidents/{incident_id}/close", dependencies=TRIAGE)
def close_incident(incident_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db, report: Words = "") -> Response:
    incidents.close(db, incidents.get_incident(db, incident_id), report, by=actor)
    return _done(page, incident_id, N_("Closed. The report stays with the incident."))


def _done(page: CurrentPage, incident_id: int, message: str) -> Response:
    page.flash(message, level="success")
    return page.redirect("show_incident", incident_id=incident_id)
