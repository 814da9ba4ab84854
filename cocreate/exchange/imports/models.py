"""Imports: a file that was handed in, what its columns mean, how far it got."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import text_enum
from cocreate.core.text_marks import N_
from cocreate.exchange.imports.runners import gone

SILENT_AFTER = timedelta(seconds=30)
"""A run that has not been heard of for so long was killed."""


class ImportState(StrEnum):
    UPLOADED = "uploaded"
    CHECKED = "checked"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    DONE = "done"
    CANCELLED = "cancelled"
    UNDONE = "undone"
    FAILED = "failed"


class Task(StrEnum):
    """What a run does: a dry run, the import itself, or taking it back."""

    CHECK = "check"
    IMPORT = "import"
    UNDO = "undo"


STATE_LABELS = {
    ImportState.UPLOADED: N_("Uploaded"),
    ImportState.CHECKED: N_("Checked"),
    ImportState.RUNNING: N_("Running"),
    ImportState.INTERRUPTED: N_("Interrupted"),
    ImportState.DONE: N_("Done"),
    ImportState.CANCELLED: N_("Cancelled"),
    ImportState.UNDONE: N_("Taken back"),
    ImportState.FAILED: N_("Failed"),
}
STARTABLE = frozenset({ImportState.UPLOADED, ImportState.CHECKED, ImportState.INTERRUPTED, ImportState.CANCELLED})
UNDOABLE = frozenset({ImportState.DONE, ImportState.INTERRUPTED, ImportState.CANCELLED, ImportState.FAILED})
SETTLED = frozenset(ImportState) - {ImportState.RUNNING, ImportState.INTERRUPTED}
"""Nothing is owed to an import in one of these."""


class Import(SQLModel, table=True):
    """One file on its way in. The file lies under HOME/imports with the row's id as its name."""

    id: int | None = Field(default=None, primary_key=True)
    table: str = Field(max_length=40)
    state: ImportState = Field(default=ImportState.UPLOADED, sa_type=text_enum(ImportState))
    task: Task = Field(default=Task.IMPORT, sa_type=text_enum(Task))
    """What the latest run does or did."""
    file_name: str = Field(max_length=200)
    file_bytes: int
    sha256: str = Field(max_length=64, index=True)
    format: str = Field(max_length=8)
    encoding: str = Field(default="", max_length=16)
    columns: list[str] = Field(sa_type=sa.JSON, default_factory=list)
    mapping: dict[str, str] = Field(sa_type=sa.JSON, default_factory=dict)
    source: str = Field(default="", max_length=80)
    visibility: str = Field(default="public", max_length=16)
    defaults: dict[str, str] = Field(sa_type=sa.JSON, default_factory=dict)
    total: int = 0
    """Rows below the head, counted when the file was read through."""
    position: int = 0
    """Number of the last row that is dealt with; a resumed run goes on behind it."""
    added: int = 0
    updated: int = 0
    skipped: int = 0
    failed: int = 0
    undone: int = 0
    undo_position: int = 0
    kept: list[dict[str, Any]] = Field(sa_type=sa.JSON, default_factory=list)
    """The first rows that an undo left in place: id and reason."""
    kept_count: int = 0
    """All of them."""
    problem: str = ""
    """Why a run failed, a msgid with placeholders for `problem_params`."""
    problem_params: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    problem_line: int | None = None
    runner: str | None = Field(default=None, max_length=120)
    """Token of the process that works on it; another may take over once this one is gone or silent."""
    heard_at: datetime | None = None
    started_by: int | None = Field(default=None, foreign_key="member.id")
    created_at: datetime = Field(default_factory=clock.now)
    finished_at: datetime | None = None

    @property
    def silent(self) -> bool:
        """Whether a run that says it is running was killed."""
        if self.state != ImportState.RUNNING:
            return False
        return gone(self.runner) or self.heard_at is None or self.heard_at < clock.now() - SILENT_AFTER

    @property
    def shown_state(self) -> ImportState:
        return ImportState.INTERRUPTED if self.silent else self.state

    @property
    def begun(self) -> bool:
        """Whether rows may have been written, so that the mapping is no longer open."""
        return self.task == Task.UNDO or (self.task == Task.IMPORT and self.position > 0)

    @property
    def percent(self) -> int:
        return min(100, round(100 * self.position / self.total)) if self.total else 0


class ImportRowError(SQLModel, table=True):
    """A row that was not taken, and why."""

    __tablename__ = "import_row_error"

    import_id: int = Field(foreign_key="import.id", primary_key=True)
    number: int = Field(primary_key=True)
    line: int
    reason: str
    params: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
