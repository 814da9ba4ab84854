"""Runs of the pipeline: what each was told, how far it is, what came out, and the model that places new posts."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import text_enum
from cocreate.core.text_marks import N_

ACTIVE = "active"
"""Value of `Run.slot` while a run is queued or running; the column is unique, so there is one at a time."""


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


STATE_LABELS = {
    RunState.QUEUED: N_("In line"),
    RunState.RUNNING: N_("Running"),
    RunState.DONE: N_("Done"),
    RunState.FAILED: N_("Failed"),
    RunState.CANCELLED: N_("Cancelled"),
}
UNDERWAY = (RunState.QUEUED, RunState.RUNNING)


class Cause(StrEnum):
    """What started a run."""

    BUTTON = "button"
    COMMAND = "command"
    NIGHTLY = "nightly"
    SEED = "seed"


CAUSE_LABELS = {
    Cause.BUTTON: N_("By hand"),
    Cause.COMMAND: N_("Command line"),
    Cause.NIGHTLY: N_("Every night"),
    Cause.SEED: N_("Demo data"),
}


class Verdict(StrEnum):
    """What became of what a run found."""

    PROPOSED = "proposed"
    TAKING = "taking"
    TAKEN = "taken"
    PARTLY = "partly"
    REJECTED = "rejected"
    REPLACED = "replaced"
    UNDOING = "undoing"
    UNDONE = "undone"


VERDICT_LABELS = {
    Verdict.PROPOSED: N_("Waits for approval"),
    Verdict.TAKING: N_("Taking effect"),
    Verdict.TAKEN: N_("Took effect"),
    Verdict.PARTLY: N_("Partly took effect"),
    Verdict.REJECTED: N_("Rejected"),
    Verdict.REPLACED: N_("Replaced by a newer run"),
    Verdict.UNDOING: N_("Being taken back"),
    Verdict.UNDONE: N_("Taken back"),
}


class Run(SQLModel, table=True):
    """One clustering of all posts."""

    __tablename__ = "cluster_run"

    id: int | None = Field(default=None, primary_key=True)
    state: RunState = Field(default=RunState.QUEUED, sa_type=text_enum(RunState), index=True)
    slot: str | None = Field(default=None, unique=True, max_length=8)
    cause: Cause = Field(default=Cause.BUTTON, sa_type=text_enum(Cause))
    started_by: int | None = Field(default=None, foreign_key="member.id", index=True)
    created_at: datetime = Field(default_factory=clock.now)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    heartbeat_at: datetime | None = None
    runner: str = Field(default="", max_length=160)
    """Machine and process that work on it, so that a successor can see whether they still live."""
    cancel_at: datetime | None = None

    step: str = Field(default="", max_length=24)
    done: int = 0
    total: int = 0

    parameters: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    fingerprint: str = Field(default="", max_length=64)
    versions: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    scores: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    stages: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    """Seconds by stage of the pipeline."""
    posts: int = 0
    themes: int = 0
    rest: int = 0
    seconds: float = 0.0
    peak_mb: float = 0.0
    error: str = ""
    lexicon_changed_at: datetime | None = None
    """When the brand's lexicon last changed after this run had read it; the next run goes by the new one."""

    verdict: Verdict | None = Field(default=None, sa_type=text_enum(Verdict), index=True)
    """None while it is under way, and when it came to nothing."""
    base_id: int | None = Field(default=None, foreign_key="cluster_run.id")
    """The run whose assignments held when this one was compared; undo goes back to it."""
    at_once: bool = False
    """Whoever started it wants it to take effect without asking."""
    moved: int = 0
    """Voices that would change their theme."""
    known: int = 0
    """Voices that the run before had grouped as well."""

    @property
    def underway(self) -> bool:
        return self.state in UNDERWAY

    @property
    def moved_share(self) -> float:
        return self.moved / self.known if self.known else 0.0

    @property
    def rest_share(self) -> float:
        return self.rest / self.posts if self.posts else 0.0


class RunModel(SQLModel, table=True):
    """The fitted model of a run, so that any worker process can place a new post."""

    __tablename__ = "cluster_model"

    run_id: int = Field(foreign_key="cluster_run.id", primary_key=True)
    data: bytes = Field(sa_type=sa.LargeBinary)
    theme_ids: list[int] = Field(sa_type=sa.JSON, default_factory=list)
    """The theme of each cluster, by the cluster's number."""


class RunFound(SQLModel, table=True):
    """How a run describes its themes, kept as long as the run may take effect or be gone back to."""

    __tablename__ = "cluster_found"

    run_id: int = Field(foreign_key="cluster_run.id", primary_key=True)
    themes: list[dict[str, Any]] = Field(sa_type=sa.JSON, default_factory=list)
    """One for each theme: id, cluster, label, keywords, quotes, dissent, area, size."""
    areas: list[dict[str, Any]] = Field(sa_type=sa.JSON, default_factory=list)
    """Label and theme ids of each area."""
    ask: list[int] = Field(sa_type=sa.JSON, default_factory=list)
    """Posts about which a person's word helps most, most useful first."""


class CurrentRun(SQLModel, table=True):
    """The one row that says which run's assignments hold; a run takes effect by changing it."""

    __tablename__ = "cluster_current"

    id: int = Field(default=1, primary_key=True)
    run_id: int = Field(foreign_key="cluster_run.id", index=True)
