"""Themes and what belongs to them: voices by run, people's decisions, answers."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import APPEND_ONLY, text_enum
from cocreate.core.text_marks import N_
from cocreate.text.fold import fold


class TriageStatus(StrEnum):
    NEW = "new"
    TRIAGED = "triaged"
    HIDDEN = "hidden"
    MERGED = "merged"
    DECLINED = "declined"


TRIAGE_LABELS = {
    TriageStatus.NEW: N_("Not triaged"),
    TriageStatus.TRIAGED: N_("Triaged"),
    TriageStatus.HIDDEN: N_("Hidden"),
    TriageStatus.MERGED: N_("Merged"),
    TriageStatus.DECLINED: N_("Declined"),
}


class Theme(SQLModel, table=True):
    """What many owners mean. The id lasts over runs; a name that a person gave changes only by a person.

    Merging is a link: voices keep the theme they were found in, and `root_id` says under which theme they are shown.
    """

    __table_args__ = (sa.Index("ix_theme_queue", "score", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=80)
    name_locked: bool = False
    label: str = Field(default="", max_length=80)
    """What the last run would call it."""
    keywords: list[str] = Field(sa_type=sa.JSON, default_factory=list)
    words: str = ""
    """Name, label and keywords folded, for the queue's text filter."""
    quotes: list[int] = Field(sa_type=sa.JSON, default_factory=list)
    """Posts that speak for it, best first."""
    status: TriageStatus = Field(default=TriageStatus.NEW, sa_type=text_enum(TriageStatus), index=True)
    merged_into_id: int | None = Field(default=None, foreign_key="theme.id")
    root_id: int | None = Field(default=None, foreign_key="theme.id", index=True)
    assignee_id: int | None = Field(default=None, foreign_key="member.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    """The department that it was handed to."""
    handover_id: int | None = None
    decline_id: int | None = None
    born_run_id: int | None = Field(default=None, foreign_key="cluster_run.id")
    born_at: datetime | None = None
    """None until the run that found it took effect."""
    created_at: datetime = Field(default_factory=clock.now)

    # Figures, written by `stats.refresh`.
    size: int = 0
    people: int = 0
    votes: int = 0
    weekly: dict[str, int] = Field(sa_type=sa.JSON, default_factory=dict)
    """Voices by the Monday of their week."""
    models: dict[str, int] = Field(sa_type=sa.JSON, default_factory=dict)
    kinds: dict[str, int] = Field(sa_type=sa.JSON, default_factory=dict)
    first_at: datetime | None = None
    last_at: datetime | None = None
    oldest_open_at: datetime | None = None
    """When the voice was raised that waits longest for an answer."""
    trend: float = 0.0
    score: float = 0.0
    parts: dict[str, float] = Field(sa_type=sa.JSON, default_factory=dict)
    evidence: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    """What the parts of the score were computed from, so that other weights can be tried without counting again."""
    effort: str = Field(default="", max_length=4)
    """T-shirt size that a product manager gave, "" for none."""
    stale: bool = False

    # What a run or a person adds.
    area_id: int | None = Field(default=None, foreign_key="theme_area.id", index=True)
    area_locked: bool = False
    """A person put it there; no run changes its area."""
    seeds: list[str] = Field(sa_type=sa.JSON, default_factory=list)
    """Words a person founded it with; every run fills it by them."""
    dissent_id: int | None = None
    """A post of the theme that says otherwise."""
    summary: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    locked: bool = False
    """No run takes a post out of it or another theme's post into it."""
    quiet_runs: int = 0
    """Runs in a row that found no voice for it."""

    def reword(self) -> None:
        """Let the text filter find it by what it is called now."""
        self.words = fold(" ".join([self.name, self.label, *self.keywords]))


class ThemeArea(SQLModel, table=True):
    """A group of neighbouring themes. The id lasts over runs as long as most of its themes stay together."""

    __tablename__ = "theme_area"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=40)
    name_locked: bool = False
    label: str = Field(default="", max_length=40)
    """What the last run would call it."""
    hidden: bool = False


class Source(StrEnum):
    """How a voice came to its theme."""

    RUN = "run"
    NEW = "new"
    PERSON = "person"


class ThemePost(SQLModel, table=True):
    """One voice under one run. The facts beside it are copied from the forum, so that figures cost one statement."""

    __tablename__ = "theme_post"
    __table_args__ = (sa.Index("ix_theme_post_page", "theme_id", "run_id", "confidence", "post_id"),)

    run_id: int = Field(foreign_key="cluster_run.id", primary_key=True)
    post_id: int = Field(foreign_key="post.id", primary_key=True, index=True)
    theme_id: int | None = Field(default=None, foreign_key="theme.id")
    """None: rest, near no theme."""
    confidence: float = 0.0
    source: Source = Field(default=Source.RUN, sa_type=text_enum(Source))

    created_at: datetime
    kind: str = Field(max_length=24)
    model: str = ""
    board_id: int | None = None
    person: str | None = None
    is_open: bool = True
    staff_only: bool = False
    votes: int = 0
    vehicle_id: int | None = None
    model_year: int | None = None
    region: str = ""
    polarity: float = 0.0
    """From -1 (complaint) to 1 (praise), by `sentiment.judge`."""
    urgent: bool = False
    """Whether it says how much it matters: 必须, 强烈, 急."""
    safety: str = Field(default="", max_length=40)
    """The word of the brand's list that speaks of danger; "" when none does."""


class ThemePin(SQLModel, table=True):
    """What a person said about a post; every later run is bound by it."""

    __tablename__ = "theme_pin"

    post_id: int = Field(foreign_key="post.id", primary_key=True)
    theme_id: int | None = Field(default=None, foreign_key="theme.id", index=True)
    """The post belongs here; None: only `apart` was said."""
    apart: list[int] = Field(sa_type=sa.JSON, default_factory=list)
    """Themes it does not belong to."""


class NeverTogether(SQLModel, table=True):
    """Two posts that a person said do not mean the same; no run puts them into one theme. a_id < b_id."""

    __tablename__ = "never_together"

    a_id: int = Field(foreign_key="post.id", primary_key=True)
    b_id: int = Field(foreign_key="post.id", primary_key=True, index=True)


class KeptApart(SQLModel, table=True):
    """Two themes that a person keeps apart; none is offered or taken as a merge into the other. a_id < b_id."""

    __tablename__ = "theme_kept_apart"

    a_id: int = Field(foreign_key="theme.id", primary_key=True)
    b_id: int = Field(foreign_key="theme.id", primary_key=True, index=True)


class ThemeNote(SQLModel, table=True):
    """One internal note of a theme's thread; one that was taken back stays, unseen, so that undo is exact."""

    __tablename__ = "theme_note"

    id: int | None = Field(default=None, primary_key=True)
    theme_id: int = Field(foreign_key="theme.id", index=True)
    text: str
    by_id: int | None = Field(default=None, foreign_key="member.id")
    at: datetime = Field(default_factory=clock.now)
    removed_at: datetime | None = None


class Handover(SQLModel, table=True):
    """A theme was handed to a department, and whether somebody there has taken note of it."""

    __tablename__ = "theme_handover"

    id: int | None = Field(default=None, primary_key=True)
    theme_id: int = Field(foreign_key="theme.id", index=True)
    department_id: int = Field(foreign_key="department.id")
    by_id: int | None = Field(default=None, foreign_key="member.id")
    at: datetime = Field(default_factory=clock.now)
    received_by_id: int | None = Field(default=None, foreign_key="member.id")
    received_at: datetime | None = None


class DeclineReason(StrEnum):
    NOT_SAFE = "not_safe"
    LAW = "law"
    NOT_FEASIBLE = "not_feasible"
    TOO_COSTLY = "too_costly"
    AS_DESIGNED = "as_designed"
    ELSEWHERE = "elsewhere"
    LATER = "later"
    FEW = "few"


REASON_LABELS = {
    DeclineReason.NOT_SAFE: N_("It would not be safe"),
    DeclineReason.LAW: N_("The law does not allow it"),
    DeclineReason.NOT_FEASIBLE: N_("These cars cannot do it"),
    DeclineReason.TOO_COSTLY: N_("It costs more than it gives"),
    DeclineReason.AS_DESIGNED: N_("It is meant to be so"),
    DeclineReason.ELSEWHERE: N_("Something else solves it"),
    DeclineReason.LATER: N_("Not now, perhaps later"),
    DeclineReason.FEW: N_("It helps too few owners"),
}


class Decline(SQLModel, table=True):
    """A theme will not be done: why, said to its owners, and what they can do instead."""

    __tablename__ = "theme_decline"

    id: int | None = Field(default=None, primary_key=True)
    theme_id: int = Field(foreign_key="theme.id", index=True)
    reason: DeclineReason = Field(sa_type=text_enum(DeclineReason))
    sentence: str = Field(max_length=500)
    alternative: str = Field(default="", max_length=500)
    by_id: int | None = Field(default=None, foreign_key="member.id")
    at: datetime = Field(default_factory=clock.now)
    told_at: datetime | None = None
    """When the owners behind it were told; None while it can still be taken back unnoticed."""
    taken_back_at: datetime | None = None


class DecisionKind(StrEnum):
    RENAME = "rename"
    MERGE = "merge"
    SPLIT = "split"
    MOVE = "move"
    HIDE = "hide"
    RESTORE = "restore"
    ASSIGN = "assign"
    TRIAGE = "triage"
    REOPEN = "reopen"
    NOTE = "note"
    FOUND = "found"
    PLACE = "place"
    LOCK = "lock"
    UNLOCK = "unlock"
    NEVER = "never"
    APART = "apart"
    SEEDS = "seeds"
    EFFORT = "effort"
    DEPARTMENT = "department"
    RECEIVE = "receive"
    DECLINE = "decline"
    AREA = "area"
    UNDO = "undo"


class ThemeDecision(SQLModel, table=True):
    """One decision of a person, with what it takes to take it back. Only grows; holds ids and theme names."""

    __tablename__ = "theme_decision"
    __table_args__ = (APPEND_ONLY,)

    id: int | None = Field(default=None, primary_key=True)
    theme_id: int = Field(foreign_key="theme.id", index=True)
    kind: DecisionKind = Field(sa_type=text_enum(DecisionKind))
    by_id: int | None = Field(default=None, foreign_key="member.id")
    at: datetime = Field(default_factory=clock.now)
    data: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    undoes_id: int | None = Field(default=None, foreign_key="theme_decision.id", unique=True)
    bulk_id: int | None = Field(default=None, foreign_key="theme_bulk.id", index=True)
    """The act on many themes that it was part of."""


class AnswerState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


ANSWER_LABELS = {
    AnswerState.DRAFT: N_("Draft"),
    AnswerState.APPROVED: N_("Approved"),
    AnswerState.PUBLISHED: N_("Published"),
    AnswerState.WITHDRAWN: N_("Withdrawn"),
}


class Answer(SQLModel, table=True):
    """The brand's wording for a theme; once published it stands on the theme's posts."""

    __tablename__ = "theme_answer"

    id: int | None = Field(default=None, primary_key=True)
    theme_id: int = Field(foreign_key="theme.id", index=True)
    text: str
    state: AnswerState = Field(default=AnswerState.DRAFT, sa_type=text_enum(AnswerState))
    source: str = Field(default="triage", max_length=80)
    """Where the wording came from, such as live:AB12CD."""
    recording_url: str = Field(default="", max_length=400)
    """Where somebody can be seen or heard saying it."""
    by_id: int | None = Field(default=None, foreign_key="member.id")
    created_at: datetime = Field(default_factory=clock.now)
    approved_by_id: int | None = Field(default=None, foreign_key="member.id")
    approved_at: datetime | None = None
    published_at: datetime | None = None
