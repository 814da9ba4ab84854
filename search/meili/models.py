"""What we know about the search server beside us: what it is owed, how it does, what happened."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import text_enum

ONLY = 1
"""Id of the one row of `search_remote`."""


class Owed(StrEnum):
    """How far a change has come on its way to the server."""

    WAITING = "waiting"
    SENT = "sent"
    """Accepted as a task that has not ended yet."""
    KEPT = "kept"
    """The live index has it; kept until the index that is being built beside it has it as well."""
    COVERED = "covered"
    """Made before the index that is being built reads this row: it will have it, and nobody is asked meanwhile."""
    PARKED = "parked"
    """The server refuses this document, alone; a person decides."""


class Halt(StrEnum):
    """Why nothing is sent although the server answers."""

    NONE = ""
    KEY = "key"
    VERSION = "version"


class OwedChange(SQLModel, table=True):
    """A row of the index changed. Written by triggers on `search_doc` (migration 0004), in the row's transaction,
    while `search_remote` says that a server is meant to hear of it. What is sent is the row as it is then."""

    __tablename__ = "search_outbox"
    __table_args__ = (sa.Index("ix_search_outbox_state", "state", "seq"),)

    seq: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=24)
    row_id: int
    created_at: datetime = Field(default_factory=clock.now)
    state: Owed = Field(default=Owed.WAITING, sa_type=text_enum(Owed))
    task_uid: int | None = None
    attempts: int = 0
    error: str = Field(default="", max_length=500)


class Remote(SQLModel, table=True):
    """The state of the server beside us, one row. Times are None while the thing has not happened."""

    __tablename__ = "search_remote"

    id: int = Field(default=ONLY, primary_key=True)
    active: bool = False
    """Whether changes are noted for a server."""
    lease_owner: str = Field(default="", max_length=40)
    leased_until: datetime | None = None
    engine_version: str = Field(default="", max_length=40)
    halted: Halt = Field(default=Halt.NONE, sa_type=text_enum(Halt))
    failures: int = 0
    """Failed attempts in a row; 0 while all is well."""
    down_since: datetime | None = None
    next_try_at: datetime | None = None
    last_error: str = Field(default="", max_length=500)
    last_error_at: datetime | None = None
    last_contact_at: datetime | None = None
    live_mark: str = Field(default="", max_length=80)
    """Settings and birth of the index that we built: another one under its name is not ours, and is built anew."""
    ready_at: datetime | None = None
    """Since when the live index is complete; None while it is being filled for the first time, or anew after a loss."""
    rebuild_wanted_at: datetime | None = None
    rebuild_reason: str = Field(default="", max_length=24)
    rebuild_done: int = 0
    rebuild_total: int = 0
    """0 while nothing is being rebuilt."""
    rebuilt_at: datetime | None = None
    rebuild_seconds: float = 0.0
    rebuild_documents: int = 0
    check_wanted_at: datetime | None = None
    checked_at: datetime | None = None
    check_documents: int = 0
    check_differences: int = 0
    next_number: int = 1
    """Number of the next index that is built beside the live one."""


class RemoteEvent(SQLModel, table=True):
    """One thing that happened with the server, as the page of search health tells it."""

    __tablename__ = "search_remote_event"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(default_factory=clock.now)
    what: str = Field(max_length=24)
    facts: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
