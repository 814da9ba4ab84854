"""Alerts of the radar, the incidents that people make of them, and every act on either."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import APPEND_ONLY, text_enum
from cocreate.core.text_marks import N_


class AlertState(StrEnum):
    OPEN = "open"
    WATCHED = "watched"
    INCIDENT = "incident"
    FALSE_ALARM = "false_alarm"
    OVER = "over"


STATE_LABELS = {
    AlertState.OPEN: N_("Open"),
    AlertState.WATCHED: N_("Watched"),
    AlertState.INCIDENT: N_("Incident"),
    AlertState.FALSE_ALARM: N_("False alarm"),
    AlertState.OVER: N_("Over"),
}
GROUP_LABELS = {
    "model": N_("Model"),
    "model_year": N_("Model year"),
    "region": N_("Region"),
    "order_month": N_("Order month"),
}
STANDING = (AlertState.OPEN, AlertState.WATCHED, AlertState.INCIDENT)


class Alert(SQLModel, table=True):
    """A rise that somebody should look at. `theme_id` None: everything rises at once.

    The figures are those of the strongest window so far: `seen` voices in `days` days where `expected` ± `spread` were
    usual.
    """

    __tablename__ = "radar_alert"
    __table_args__ = (sa.Index("ix_radar_alert_list", "state", "opened_at"),)

    id: int | None = Field(default=None, primary_key=True)
    theme_id: int | None = Field(default=None, foreign_key="theme.id", index=True)
    slot: str | None = Field(default=None, unique=True, max_length=24)
    """theme:12 or traffic while it stands; unique, so there is one at a time."""
    state: AlertState = Field(default=AlertState.OPEN, sa_type=text_enum(AlertState))
    opened_at: datetime = Field(default_factory=clock.now)
    first_day: str = Field(max_length=10)
    """First day of the rise, ISO, in the site's time zone."""
    last_day: str = Field(max_length=10)
    seen: int = 0
    expected: float = 0.0
    spread: float = 0.0
    days: int = 1
    evidence: float = 0.0
    """How far above the usual, in standard deviations."""
    usual: float = 0.0
    """Voices a day that are usual."""
    people: int = 0
    negative: float | None = None
    """Share of the voices that complain."""
    newcomers: float | None = None
    """Share of people who speak for the first time."""
    groups: list[dict[str, Any]] = Field(sa_type=sa.JSON, default_factory=list)
    """Owners whom it is mostly about: kind, value, seen, share, usual (share)."""
    through: str = Field(default="", max_length=120)
    """The group by which it was found, where the theme as a whole was not yet loud enough."""
    curve: list[int] = Field(sa_type=sa.JSON, default_factory=list)
    """Voices a day; the last one is of `curve_until`."""
    curve_until: str = Field(default="", max_length=10)
    calm_days: int = 0
    calm_since: str = Field(default="", max_length=10)
    """The last day that was counted for `calm_days`."""
    floor: float = 0.0
    """Voices a day that a false alarm taught to be usual."""
    reason: str = Field(default="", max_length=400)
    decided_by_id: int | None = Field(default=None, foreign_key="member.id")
    decided_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def standing(self) -> bool:
        return self.state in STANDING

    @property
    def ratio(self) -> float:
        """How many times the usual; less than one voice expected counts as one."""
        return self.seen / max(1.0, self.expected)


class Incident(SQLModel, table=True):
    """An alert that people handle together, from who leads it to how it ended."""

    __tablename__ = "radar_incident"

    id: int | None = Field(default=None, primary_key=True)
    alert_id: int = Field(foreign_key="radar_alert.id", unique=True)
    theme_id: int | None = Field(default=None, foreign_key="theme.id", index=True)
    lead_id: int | None = Field(default=None, foreign_key="member.id")
    opened_by_id: int | None = Field(default=None, foreign_key="member.id")
    opened_at: datetime = Field(default_factory=clock.now)
    answer_id: int | None = Field(default=None, foreign_key="theme_answer.id")
    """The holding statement, an answer of the theme."""
    exit_ratio: float = 1.5
    exit_days: int = 3
    report: str = ""
    closed_at: datetime | None = None
    closed_by_id: int | None = Field(default=None, foreign_key="member.id")


class IncidentQuestion(SQLModel, table=True):
    """A question that many ask during an incident, with the answer; pinned ones stand on the theme's posts."""

    __tablename__ = "radar_question"

    id: int | None = Field(default=None, primary_key=True)
    incident_id: int = Field(foreign_key="radar_incident.id", index=True)
    question: str = Field(max_length=200)
    answer: str = Field(max_length=1000)
    pinned: bool = False
    by_id: int | None = Field(default=None, foreign_key="member.id")
    at: datetime = Field(default_factory=clock.now)


class ActKind(StrEnum):
    RAISED = "raised"
    GREW = "grew"
    WATCH = "watch"
    FALSE_ALARM = "false_alarm"
    INCIDENT = "incident"
    REOPEN = "reopen"
    OVER = "over"
    LEAD = "lead"
    STATEMENT = "statement"
    APPROVED = "approved"
    PUBLISHED = "published"
    QUESTION = "question"
    PIN = "pin"
    UNPIN = "unpin"
    EXIT = "exit"
    CLOSED = "closed"


ACT_LABELS = {
    ActKind.RAISED: N_("The radar raised the alert"),
    ActKind.GREW: N_("It grew: the radar told again"),
    ActKind.WATCH: N_("Watched from now on"),
    ActKind.FALSE_ALARM: N_("Called a false alarm"),
    ActKind.INCIDENT: N_("Made an incident"),
    ActKind.REOPEN: N_("Opened again"),
    ActKind.OVER: N_("Back to what is usual"),
    ActKind.LEAD: N_("Somebody leads it"),
    ActKind.STATEMENT: N_("Drafted the holding statement"),
    ActKind.APPROVED: N_("Approved the holding statement"),
    ActKind.PUBLISHED: N_("Published the holding statement"),
    ActKind.QUESTION: N_("Added a question"),
    ActKind.PIN: N_("Pinned a question"),
    ActKind.UNPIN: N_("Took a question off the posts"),
    ActKind.EXIT: N_("Changed the exit criterion"),
    ActKind.CLOSED: N_("Closed with a report"),
}


class RadarAct(SQLModel, table=True):
    """One act on an alert or its incident. Only grows; holds ids and figures."""

    __tablename__ = "radar_act"
    __table_args__ = (APPEND_ONLY,)

    id: int | None = Field(default=None, primary_key=True)
    alert_id: int = Field(foreign_key="radar_alert.id", index=True)
    kind: ActKind = Field(sa_type=text_enum(ActKind))
    by_id: int | None = Field(default=None, foreign_key="member.id")
    at: datetime = Field(default_factory=clock.now)
    data: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)


class RadarRound(SQLModel, table=True):
    """The latest look at all themes; one row."""

    __tablename__ = "radar_round"

    id: int = Field(default=1, primary_key=True)
    at: datetime
    voices: int = 0
    themes: int = 0
    left_out: list[dict[str, Any]] = Field(sa_type=sa.JSON, default_factory=list)
    """Voices that are no news, the most first: source, import_id, cause, count."""


CAUSE_LABELS = {
    "backfilled": N_("dated long before they came"),
    "undated": N_("without a date of their own"),
    "new_source": N_("from a source that has only begun to speak"),
}
