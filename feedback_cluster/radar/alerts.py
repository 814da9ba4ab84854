"""Alerts: how one comes to be, grows and ends, and what people make of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor, Role
from cocreate.core.db import insert_once
from cocreate.core.errors import Conflict, Invalid, NotFound
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import staff
from cocreate.notify.inbox.service import tell
from feedback_cluster.radar.models import ActKind, Alert, AlertState, Incident, RadarAct, RadarRound
from feedback_cluster.themes.models import Theme
from feedback_cluster.themes.queries import get_theme

if TYPE_CHECKING:
    from feedback_cluster.radar.surge import Surge

JOB = "feedback_cluster.radar"
SCAN_KEY = "radar:by-hand"
CALM_DAYS = 3
LONGEST_REASON = 400
FEW = 3
"""More alerts of one round than this are told in one message."""


class AlertMoved(Conflict):
    code = "alert_moved"
    message = N_("This alert is further along already. Please look again.")


class ReasonMissing(Invalid):
    code = "reason_missing"
    message = N_("Please say in a few words why it is a false alarm, at most 400 characters.")


@dataclass
class Finding:
    """A rise with what explains it. series: the radar's own number, None for everything; standing: its alert so far."""

    series: int | None
    surge: "Surge"
    standing: Alert | None
    through: str = ""
    theme_id: int | None = None
    people: int = 0
    enough: bool = True
    negative: float | None = None
    newcomers: float | None = None
    usual: float = 0.0
    groups: list[dict[str, Any]] = field(default_factory=list)
    curve: list[int] = field(default_factory=list)
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True)
class Standing:
    """A standing alert as it is today; `day` is the last whole day, and `calm` says how that was."""

    alert_id: int
    theme_id: int | None
    calm: bool
    day: date
    curve: list[int]
    until: date


def keep(session: Session, findings: Sequence[Finding], still: Sequence[Standing], *, moment: datetime) -> list[int]:
    """Write what a round found; ids of the alerts that are new or grew, whose message goes out."""
    hold(session, [*(one.alert_id for one in still), *(f.standing.id or 0 for f in findings if f.standing)])
    for one in still:
        _follow(session, one)
    told: list[tuple[Alert, bool]] = []
    for finding in findings:
        known = session.get(Alert, finding.standing.id) if finding.standing is not None else None
        if known is None or not known.standing:
            if finding.enough and (made := _raise(session, finding, moment)) is not None:
                told.append((made, False))
        elif _grew(known, finding):
            _take_figures(known, finding)
            session.add(known)
            note(session, known, ActKind.GREW, seen=known.seen, days=known.days)
            told.append((known, True))
    session.flush()
    _tell(session, told)
    return [alert.id or 0 for alert, _ in told]


def _raise(session: Session, finding: Finding, moment: datetime) -> Alert | None:
    """The new alert; None when another process raised it meanwhile."""
    slot = f"theme:{finding.theme_id}" if finding.theme_id else "traffic"
    alert = Alert(theme_id=finding.theme_id, slot=slot, opened_at=moment, first_day="", last_day="")
    alert.through = finding.through[:120]
    _take_figures(alert, finding)
    if not insert_once(session, alert):
        return None
    made = session.exec(select(Alert).where(Alert.slot == slot)).one()
    note(session, made, ActKind.RAISED, seen=made.seen, days=made.days)
    return made


def _take_figures(alert: Alert, finding: Finding) -> None:
    rise = finding.surge
    alert.seen, alert.days = rise.seen, rise.days
    alert.expected, alert.spread = round(rise.expected, 2), round(rise.spread, 2)
    alert.evidence, alert.usual = round(rise.evidence, 2), round(finding.usual, 3)
    alert.people, alert.negative, alert.newcomers = finding.people, finding.negative, finding.newcomers
    alert.groups, alert.curve = finding.groups, finding.curve
    if finding.first_day is not None and finding.last_day is not None:
        alert.first_day = alert.first_day or finding.first_day.isoformat()
        alert.last_day = alert.curve_until = finding.last_day.isoformat()
    alert.calm_days = 0


def _grew(alert: Alert, finding: Finding) -> bool:
    """Whether it is so much louder than when people were told that they must look again."""
    rise = finding.surge
    return rise.evidence >= alert.evidence + 1.0 and rise.ratio >= 1.35 * alert.ratio


def _follow(session: Session, one: Standing) -> None:
    alert = session.get(Alert, one.alert_id)
    if alert is None or not alert.standing:
        return
    alert.curve, alert.curve_until = one.curve, one.until.isoformat()
    if one.theme_id is not None and one.theme_id != alert.theme_id:
        alert = _moved(session, alert, one.theme_id)
    if one.day.isoformat() > max(alert.calm_since, alert.last_day):
        alert.calm_since = one.day.isoformat()
        alert.calm_days = alert.calm_days + 1 if one.calm else 0
    if alert.calm_days >= CALM_DAYS and alert.state in (AlertState.OPEN, AlertState.WATCHED):
        end(session, alert, AlertState.OVER)
        note(session, alert, ActKind.OVER)
    session.add(alert)


def _moved(session: Session, alert: Alert, theme_id: int) -> Alert:
    """The alert of a theme that was merged goes with it, unless there is one already."""
    taken = session.exec(select(Alert.id).where(Alert.slot == f"theme:{theme_id}")).first()
    if taken is None:
        alert.theme_id, alert.slot = theme_id, f"theme:{theme_id}"
    elif alert.state is not AlertState.INCIDENT:
        end(session, alert, AlertState.OVER)
        note(session, alert, ActKind.OVER)
    return alert


def end(session: Session, alert: Alert, state: AlertState) -> None:
    """The alert stands no longer."""
    alert.state, alert.slot, alert.closed_at = state, None, clock.now()
    session.add(alert)


def note(session: Session, alert: Alert, kind: ActKind, *, by: Actor | None = None, **data: Any) -> None:
    """Write an act into the alert's time line, and what a person did into the audit as well."""
    session.flush()
    session.add(RadarAct(alert_id=alert.id or 0, kind=kind, by_id=by.id if by else None, data=data))
    if by is not None:
        audit.record(session, by, f"radar.{kind}", "radar_alert", alert.id, **data)


def get_alert(session: Session, alert_id: int) -> Alert:
    """The alert, or NotFound."""
    alert = session.get(Alert, alert_id)
    if alert is None:
        raise NotFound(f"alert {alert_id}")
    return alert


def watch(session: Session, alert: Alert, *, by: Actor) -> None:
    """Somebody keeps an eye on it; it ends by itself once the rate is back."""
    _expect(session, alert, AlertState.OPEN)
    _decide(session, alert, AlertState.WATCHED, by)
    note(session, alert, ActKind.WATCH, by=by)


def call_false(session: Session, alert: Alert, reason: str, *, by: Actor) -> None:
    """No alert after all. What was seen is usual from now on, so that the same rate is not told again."""
    _expect(session, alert, AlertState.OPEN, AlertState.WATCHED)
    words = " ".join(reason.split())
    if not words or len(words) > LONGEST_REASON:
        raise ReasonMissing(fields={"reason": ReasonMissing.message})
    alert.reason, alert.floor = words, alert.seen / max(1, alert.days)
    _decide(session, alert, AlertState.FALSE_ALARM, by)
    end(session, alert, AlertState.FALSE_ALARM)
    note(session, alert, ActKind.FALSE_ALARM, by=by)


def open_incident(session: Session, alert: Alert, *, by: Actor) -> Incident:
    """Make it an incident, led by who opens it until somebody else takes over."""
    _expect(session, alert, AlertState.OPEN, AlertState.WATCHED)
    _decide(session, alert, AlertState.INCIDENT, by)
    incident = Incident(alert_id=alert.id or 0, theme_id=alert.theme_id, lead_id=by.id, opened_by_id=by.id)
    session.add(incident)
    note(session, alert, ActKind.INCIDENT, by=by)
    return incident


def ask_round(session: Session) -> None:
    """Have the radar look soon; however often one asks before it has looked, it looks once."""
    last = session.get(RadarRound, 1)
    outbox.enqueue(session, JOB, key=f"{SCAN_KEY}:{last.at.isoformat() if last else ''}")


def reopen(session: Session, alert: Alert, *, by: Actor) -> None:
    """Take back "watched" or "false alarm": the alert stands open again."""
    _expect(session, alert, AlertState.WATCHED, AlertState.FALSE_ALARM)
    slot = f"theme:{alert.theme_id}" if alert.theme_id else "traffic"
    if alert.slot is None and session.exec(select(Alert.id).where(Alert.slot == slot)).first() is not None:
        raise AlertMoved(f"{slot} has another alert")
    alert.slot, alert.closed_at, alert.floor, alert.reason = slot, None, 0.0, ""
    _decide(session, alert, AlertState.OPEN, by)
    try:
        session.flush()
    except IntegrityError as race:  # another one of the theme was raised or opened again at this moment
        raise AlertMoved(f"{slot} has another alert") from race
    note(session, alert, ActKind.REOPEN, by=by)


def hold(session: Session, alert_ids: Sequence[int]) -> None:
    """Nobody else decides on these alerts until the transaction ends; read them after this."""
    session.connection().execute(
        sa.update(Alert).where(col(Alert.id).in_(list(alert_ids))).values(calm_days=col(Alert.calm_days))
    )


def _expect(session: Session, alert: Alert, *states: AlertState) -> None:
    hold(session, [alert.id or 0])
    session.refresh(alert)
    if alert.state not in states:
        raise AlertMoved(f"alert {alert.id} is {alert.state}")


def _decide(session: Session, alert: Alert, state: AlertState, by: Actor) -> None:
    alert.state, alert.decided_by_id, alert.decided_at = state, by.id, clock.now()
    session.add(alert)


def _tell(session: Session, told: Sequence[tuple[Alert, bool]]) -> None:
    """One message to every product manager for each alert, or one for all where many come at once."""
    managers = {person.id for person in staff(session, Role.PM)}
    if len(told) > FEW:
        key = "radar:" + ",".join(f"{alert.id}-{alert.seen}" for alert, _ in told)[:180]
        tell(session, managers, "radar.many", key=key, params={"count": len(told)}, url="/triage/radar")
        return
    for alert, grew in told:
        params: dict[str, Any] = {"seen": alert.seen, "days": alert.days, "expected": round(alert.expected)}
        name, readers = "radar.traffic", set(managers)
        if alert.theme_id is not None:
            theme: Theme = get_theme(session, alert.theme_id)
            name, params = "radar.theme", {**params, "theme": theme.name}
            readers |= {theme.assignee_id} if theme.assignee_id else set()
        key = f"radar:{alert.id}" + (f":{alert.seen}" if grew else "")
        tell(session, readers, name, key=key, params=params, url=f"/triage/radar/{alert.id}")


def acts_of(session: Session, alert_id: int) -> list[RadarAct]:
    """Everything that was done, newest first."""
    statement = select(RadarAct).where(RadarAct.alert_id == alert_id).order_by(col(RadarAct.id).desc())
    return list(session.exec(statement))
