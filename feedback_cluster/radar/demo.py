"""The demo's radar: a real round over its weeks; its loudest alert is an incident that the manager has just begun."""

import json
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from cocreate.core.actor import Actor, Role
from cocreate.core.runtime import Runtime
from feedback_cluster.dossiers import service as dossiers
from feedback_cluster.radar import alerts, incidents
from feedback_cluster.radar.jobs import look_round
from feedback_cluster.radar.models import STANDING, Alert

CONTENT = Path(__file__).parent.parent / "demo" / "incident.json"


def seed(runtime: Runtime) -> None:
    """Look once, handle what is loudest, and issue the dossier of the subject that `incident.json` names."""
    look_round(runtime)
    told: dict[str, Any] = json.loads(CONTENT.read_text(encoding="utf-8"))
    people: dict[str, int] = runtime.memory["demo.people"]
    homes: dict[str, int] = runtime.memory["demo.topics"]
    by = Actor(id=people[told["lead"]], roles=frozenset({Role.PM}))
    with runtime.database.write() as session:
        standing = select(Alert).where(col(Alert.state).in_(STANDING), col(Alert.theme_id).is_not(None))
        loudest = session.exec(standing.order_by(col(Alert.evidence).desc())).first()
        if loudest is not None:
            incident = alerts.open_incident(session, loudest, by=by)
            session.flush()
            incidents.draft_statement(session, incident, told["statement"], by=by)
            for row in told["questions"]:
                asked = incidents.add_question(session, incident, row["question"], row["answer"], by=by)
                if row["pinned"]:
                    incidents.pin_question(session, incident, asked.id or 0, True, by=by)
    with runtime.database.write() as session:
        home = homes.get(told["dossier"])
        if home is not None:
            made = dossiers.issue(session, home, by=by, zone=runtime.settings.zone)
            reader = Actor(id=people[told["reader"]], name=told["reader_name"], roles=frozenset({Role.AGENT}))
            dossiers.take_note(session, made, by=reader, department=told["department"], remark=told["remark"])
