"""What a package brings: `main.MODULES` lists one Module for each, and web, worker, command line, migrations and tests
all start from that tuple."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from sqlmodel import Session

from cocreate.core.actor import Actor, Role
from cocreate.core.events import Event
from cocreate.core.text_marks import N_

if TYPE_CHECKING:
    import typer

    from cocreate.core.runtime import Runtime

Listener = Callable[[Session, Any], None]
"""Called with a session and the event; idempotent, delivered at least once."""

Background = Callable[["Runtime", threading.Event], None]
"""Runs in a thread of its own until the event is set; ends by itself where there is nothing to do."""

Filler = Callable[[Session, Any, Sequence[int]], Mapping[int, Markup]]
"""Fills a slot: session, the page being drawn, all ids at once → HTML by id."""


@dataclass(frozen=True)
class Job:
    """Work that an outbox row can name.

    run: called as `run(session, **payload)` in one transaction, or as `run(runtime, **payload)` when `own_sessions`
    is set, for work that takes long and commits in steps.
    """

    name: str
    run: Callable[..., None]
    own_sessions: bool = False
    slow: bool = False


@dataclass(frozen=True)
class Timer:
    """Runs a job every day at `hour` o'clock or, without it, every `every_minutes`, in the configured time zone."""

    job: str
    hour: int | str | None = None
    every_minutes: int = 60


@dataclass(frozen=True)
class NavItem:
    """A door in the navigation. room: "owner" (bottom bar on phones), "staff" or "host". group: under which of the
    workbench's headings a staff door stands, one of `STAFF_GROUPS`."""

    label: str
    route: str
    icon: str
    room: str = "owner"
    policy: str | None = None
    position: int = 50
    group: str = "arrange"


STAFF_GROUPS = {
    "understand": N_("Understand"),
    "answer": N_("Answer"),
    "care": N_("Care"),
    "measure": N_("Measure"),
    "arrange": N_("Arrange"),
}
"""The workbench's headings, in their order: what owners mean, what the brand answers, who waits for what, figures, and
what is set up once."""


@dataclass(frozen=True)
class Notice:
    """The wording of one kind of message: msgids with placeholders that the message's params fill.

    group: which line of a member's preferences decides about it, one of `cocreate.notify.groups.GROUPS`.
    """

    title: str
    reason: str
    body: str = ""
    group: str = "followed"


@dataclass(frozen=True)
class Module:
    """One package's contribution; every field is optional but the name."""

    name: str
    routers: Sequence[str] = ()
    """Dotted names of modules that hold a `router`, imported where pages are served: a command needs none of them."""
    models: Sequence[str] = ()
    """Dotted names of modules that hold tables, imported before migrations and sessions."""
    jobs: Sequence[Job] = ()
    timers: Sequence[Timer] = ()
    background: Sequence[Background] = ()
    """Beside the worker."""
    beside_pages: Sequence[Background] = ()
    """Beside the pages, in every process that serves them; nothing waits for it."""
    commands: Sequence["Callable[[typer.Typer], None]"] = ()
    listeners: Mapping[type[Event], Sequence[Listener]] = field(default_factory=dict)
    slots: Mapping[str, Sequence[Filler]] = field(default_factory=dict)
    policies: Mapping[str, frozenset[Role]] = field(default_factory=dict)
    search_sources: Sequence[Any] = ()
    tables: Sequence[Any] = ()
    """Import tables, see `cocreate.exchange.table.ImportTable`."""
    points_rules: Sequence[Any] = ()
    """What earns points, see `cocreate.points.rules.PointsRule`."""
    notices: Mapping[str, Notice] = field(default_factory=dict)
    nav: Sequence[NavItem] = ()
    before_seeds: Sequence["Callable[[Runtime], None]"] = ()
    """What the demo's seeds will wait for and that may begin at once, beside those of the modules before."""
    seeds: Sequence["Callable[[Runtime], None]"] = ()
    """Write the demo community, in the order of the modules."""
    benches: Mapping[str, str] = field(default_factory=dict)
    """Functions as “package.module:name”, imported when one is run."""
    authenticate: "Callable[[Runtime, Mapping[str, str], Mapping[str, str]], Actor] | None" = None
    """Who sends a request, from its cookies and headers; identity alone sets it."""
    queues: Sequence[Any] = ()
    """Kinds of waiting with a promised time, see `cocreate.clocks.rules.Queue`."""
    doctor: "Sequence[Callable[[Runtime], tuple[str, bool, str]]]" = ()
    """Checks of `cocreate doctor`: title, passed, and what to do."""
