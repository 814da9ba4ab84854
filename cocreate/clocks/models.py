"""Times that are owed to people: one clock per thing that waits, the steps it has climbed, and what the brand edits."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import APPEND_ONLY


class ResponseClock(SQLModel, table=True):
    """Somebody waits for a human answer. A second wait for the same thing is a new occurrence, never the old row."""

    __tablename__ = "response_clock"
    __table_args__ = (
        sa.UniqueConstraint("queue", "subject_id", "occurrence"),
        # What the timer looks for, and the lists of what waits.
        sa.Index("ix_response_clock_owed", "next_at", sqlite_where=sa.text("stopped_at IS NULL"),
                 postgresql_where=sa.text("stopped_at IS NULL")),
        sa.Index("ix_response_clock_waiting", "queue", "due_at", "id", sqlite_where=sa.text("stopped_at IS NULL"),
                 postgresql_where=sa.text("stopped_at IS NULL")),
        sa.Index("ix_response_clock_stopped", "queue", "stopped_at"),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    queue: str = Field(max_length=60)
    scope_id: int = 0
    """The part of the queue whose times were promised; 0: the whole queue."""
    subject_id: int
    occurrence: int = 1
    hours: float
    """Working hours that were promised when it began; a later change of the rule moves no clock that runs."""
    warn_hours: float
    period_hours: float
    started_at: datetime
    warn_at: datetime
    due_at: datetime
    next_at: datetime | None = None
    """When the next step of the ladder is owed; None after the last one."""
    step: int = 0
    """The last step taken, see `rules.STEPS`."""
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    member_id: int | None = Field(default=None, foreign_key="member.id", index=True)
    """The assignee, who is warned first."""
    title: str = Field(default="", max_length=200)
    """What messages call it. Only for what staff wrote: owners' words are looked up by `Queue.titles`, not copied."""
    url: str = Field(default="", max_length=400)
    stopped_at: datetime | None = None
    stopped_by: int | None = Field(default=None, foreign_key="member.id")
    answered: bool = False
    """Whether it ended with a human answer; False when the thing went away."""


class ClockStep(SQLModel, table=True):
    """One step of a ladder was taken. The key takes each step once, whoever races."""

    __tablename__ = "clock_step"
    __table_args__ = (APPEND_ONLY,)

    clock_id: int = Field(foreign_key="response_clock.id", primary_key=True)
    step: int = Field(primary_key=True)
    owed_at: datetime
    at: datetime = Field(default_factory=clock.now)
    told: int = 0
    """How many people were told; 0 for a warning that was passed over because the time was over already."""


class QueueTime(SQLModel, table=True):
    """The brand's own times for a queue, or for one part of it such as one product line."""

    __tablename__ = "queue_time"

    queue: str = Field(primary_key=True, max_length=60)
    scope_id: int = Field(default=0, primary_key=True)
    """0: the whole queue."""
    hours: float
    warn_hours: float
    period_hours: float
    department_id: int | None = Field(default=None, foreign_key="department.id")
    """Who answers for it where the thing itself names nobody."""


class WorkingHours(SQLModel, table=True):
    """When the brand works on a working day: one row, the defaults while there is none."""

    __tablename__ = "working_hours"

    id: int = Field(default=1, primary_key=True)
    spans: str = Field(max_length=120)
    """Such as `09:00-12:00,13:30-18:00`, in the configured time zone."""


class CalendarDay(SQLModel, table=True):
    """A day on which the brand works or rests, whatever weekdays and the table of holidays say."""

    __tablename__ = "calendar_day"

    day: date = Field(primary_key=True)
    works: bool
    name: str = Field(default="", max_length=60)
