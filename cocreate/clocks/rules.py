"""What a queue promises and how its ladder climbs. Packages declare their queues and list them in `Module.queues`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

RUNNING, WARNED, DUE, LEADERSHIP = 0, 1, 2, 3
"""Steps of a ladder. Warned: the assignee, before the time is over. Due: the department's head. One period later: the
leadership."""


@dataclass(frozen=True)
class Times:
    """Working hours: until an answer is due, before that for the warning, after it until the leadership is told."""

    hours: float
    warn_hours: float
    period_hours: float
    department_id: int | None = None


@dataclass(frozen=True)
class Queue:
    """One kind of waiting.

    hours: working hours until a human answer is due. warn_hours: how long before that the assignee is warned.
    period_hours: how long after it the leadership is told. scopes: parts that may have times of their own, as
    (id, name). titles: what messages call the things that wait, by id, asked when the message is written; without it,
    the title given at the start. crew: ids of those who are warned where a clock has neither assignee nor department.
    list_url: path of the page that shows everything in this queue that waits.
    """

    name: str
    label: str
    hours: float
    warn_hours: float = 9
    period_hours: float = 9
    help: str = ""
    scopes: Callable[[Session], Sequence[tuple[int, str]]] | None = None
    titles: Callable[[Session, Sequence[int]], Mapping[int, str]] | None = None
    crew: Callable[[Session], Sequence[int]] | None = None
    list_url: str = ""

    @property
    def times(self) -> Times:
        return Times(self.hours, self.warn_hours, self.period_hours)


@dataclass(frozen=True)
class ClockView:
    """A clock as pages show it. state: running | warned | escalated | met | late | gone.

    met: a human answered in time. late: a human answered after it. gone: what waited went away.
    """

    subject_id: int
    started_at: datetime
    due_at: datetime
    step: int
    state: str
    stopped_at: datetime | None = None
    department_id: int | None = None
    member_id: int | None = None
    hours: float = 0.0
    passed: int = 0
    """How much of the time is over, in percent of the days between start and due."""

    @property
    def open(self) -> bool:
        return self.stopped_at is None
