"""Pages of the radar: alerts, and what people make of each."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Response
from sqlmodel import Session

from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import NOBODY, people
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.page import CurrentPage
from feedback_cluster.radar import alerts, queries
from feedback_cluster.radar.incidents import new_voices
from feedback_cluster.radar.models import ACT_LABELS, CAUSE_LABELS, GROUP_LABELS, STATE_LABELS, Alert, AlertState

router = APIRouter(include_in_schema=False)
READ, TRIAGE = [allow("theme.read")], [allow("theme.triage")]
PILLS = {
    AlertState.OPEN: "reviewing",
    AlertState.WATCHED: "planned",
    AlertState.INCIDENT: "started",
    AlertState.FALSE_ALARM: "declined",
    AlertState.OVER: "shipped",
}
"""The shape and colour in which a state is drawn."""


@router.get("/triage/radar", dependencies=READ)
def show_radar(
    page: CurrentPage, actor: CurrentActor, db: ReadDb, view: str = "", cursor: str | None = None
) -> Response:
    """Alerts that stand, or with `view=past` those that are over."""
    past = view == "past"
    listing = queries.alerts(db, standing=not past, cursor=cursor)
    stand, gone = queries.counts(db)
    following = {"view": view, "cursor": listing.next_cursor}
    context: dict[str, Any] = {
        "rows": listing.items,
        "past": past,
        "counts": (stand, gone),
        "looked": queries.last_round(db),
        "cause_labels": CAUSE_LABELS,
        "known_days": queries.past_days(db) if not listing.items else queries.LEAST_DAYS,
        "least_days": queries.LEAST_DAYS,
        "next_url": page.url("show_radar", following) if listing.next_cursor else None,
        **_shared(),
    }
    return page.render("feedback_cluster/radar/list.html", block="rows" if cursor else "queue", **context)


def _shared() -> dict[str, Any]:
    return {"labels": STATE_LABELS, "pill_of": PILLS, "group_labels": GROUP_LABELS}


@router.post("/triage/radar/look", dependencies=TRIAGE)
def look_now(page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    """Do a round now instead of at the next full hour."""
    alerts.ask_round(db)
    page.flash(N_("The radar looks. What it finds is here in a few seconds."))
    return page.redirect("show_radar")


@router.get("/triage/radar/{alert_id}", dependencies=READ)
def show_alert(
    alert_id: RowId, page: CurrentPage, actor: CurrentActor, runtime: CurrentRuntime, db: ReadDb
) -> Response:
    """One alert: why it was raised, its curve, who speaks, what was done."""
    alert = alerts.get_alert(db, alert_id)
    context = alert_context(db, page, alert) | {
        "voices": new_voices(db, alert, actor, runtime.settings.zone),
    }
    return page.render("feedback_cluster/radar/alert.html", **context)


def alert_context(db: Session, page: CurrentPage, alert: Alert) -> dict[str, Any]:
    """What the pages of an alert and of its incident share."""
    acts = alerts.acts_of(db, alert.id or 0)
    known = people(db, [*(act.by_id for act in acts), alert.decided_by_id, *(act.data.get("lead") for act in acts)])
    days = queries.curve_days(alert)
    first = next((place for place, (day, _) in enumerate(days) if day.isoformat() >= alert.first_day), None)
    row = queries.row_of(db, alert)
    return {
        "alert": alert,
        "row": row,
        "points": [{"label": f"{day.month}/{day.day}", "value": count} for day, count in days],
        "marks": [{"index": first, "label": page.text(N_("The rise begins"))}] if first else [],
        "acts": [(act, known.get(act.by_id or 0, NOBODY)) for act in acts],
        "act_labels": ACT_LABELS,
        "decided_by": known.get(alert.decided_by_id or 0),
        **_shared(),
    }


@router.post("/triage/radar/{alert_id}/watch", dependencies=TRIAGE)
def watch_alert(alert_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    alerts.watch(db, alerts.get_alert(db, alert_id), by=actor)
    page.flash(N_("Watched. It ends by itself once the rate is back."), level="success", undo_url=_undo(page, alert_id))
    return page.redirect("show_alert", alert_id=alert_id)


@router.post("/triage/radar/{alert_id}/false-alarm", dependencies=TRIAGE)
def dismiss_alert(
    alert_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db, reason: Annotated[str, Form()] = ""
) -> Response:
    alerts.call_false(db, alerts.get_alert(db, alert_id), reason, by=actor)
    text = N_("A false alarm: this rate counts as usual from now on.")
    page.flash(text, level="success", undo_url=_undo(page, alert_id))
    return page.redirect("show_radar")


@router.post("/triage/radar/{alert_id}/reopen", dependencies=TRIAGE)
def reopen_alert(alert_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    alerts.reopen(db, alerts.get_alert(db, alert_id), by=actor)
    page.flash(N_("The alert stands open again."))
    return page.redirect("show_alert", alert_id=alert_id)


@router.post("/triage/radar/{alert_id}/incident", dependencies=TRIAGE)
def make_incident(alert_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    incident = alerts.open_incident(db, alerts.get_alert(db, alert_id), by=actor)
    db.flush()
    page.flash(N_("An incident now, and you lead it. Begin with the holding statement."), level="success")
    return page.redirect("show_incident", incident_id=incident.id)


def _undo(page: CurrentPage, alert_id: int) -> str:
    return page.url("reopen_alert", alert_id=alert_id)
