"""What a package offers so that rows of a file can become its rows; listed in `Module.tables`.

`exchange` owns files, progress, batches and resuming. A table owns what a row means, who a row is, and how to undo it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlmodel import Session

from cocreate.core.actor import Actor
from cocreate.core.text_marks import N_
from cocreate.exchange.values import BadValue

BATCH = 500
"""Most rows of one transaction: short enough for other writers to wait."""


@dataclass(frozen=True)
class Field:
    """One thing a column may mean. label: msgid. aliases: what people call it in the head of a file."""

    name: str
    label: str
    aliases: Sequence[str] = ()
    many: bool = False
    """Whether several columns may feed it."""
    choices: Sequence[tuple[str, str]] = ()
    """Value and msgid, where only these make sense; the first is the default."""
    text: bool = False
    """Whether it is the running text: offered for the longest column when no name fits."""


@dataclass(frozen=True)
class Options:
    """What is said once for a whole file. defaults: field → value for rows that have none."""

    source: str
    visibility: str
    zone: ZoneInfo
    defaults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SourceRow:
    """One row of a file under its field names. number: 1 for the first row below the head. line: where it stands."""

    number: int
    line: int
    values: Mapping[str, Sequence[str]]

    def one(self, name: str) -> str:
        """The first value that says something, without blanks around it; empty if there is none."""
        return next((text for value in self.values.get(name, ()) if (text := value.strip())), "")


@dataclass(frozen=True)
class RowError:
    """A row that cannot be taken. reason: msgid with placeholders for params."""

    number: int
    line: int
    reason: str
    params: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class PlannedRow:
    """A row that can be taken; `data` is the table's own."""

    number: int
    line: int
    data: Any


SAME_ID = N_("The id “%(id)s” stands in line %(line)s already.")


def plan_once(
    rows: Iterable[SourceRow], read: Callable[[SourceRow], Any], who: Callable[[Any], str], *, twice: str = SAME_ID
) -> Iterator[PlannedRow | RowError]:
    """Rows as `read` takes them, in the order of the file; refused what it cannot read, and a later row about the same.

    who: what the row that was read is about, empty where it does not say. twice: msgid with the place of `line`.
    """
    lines: dict[str, int] = {}
    for row in rows:
        try:
            found = read(row)
        except BadValue as problem:
            yield RowError(row.number, row.line, problem.reason, problem.params)
            continue
        about = who(found)
        first = lines.setdefault(about, row.line) if about else row.line
        if first != row.line:
            yield RowError(row.number, row.line, twice, {"id": row.one("external_id")[:60], "line": first})
        else:
            yield PlannedRow(row.number, row.line, found)


@dataclass
class Outcome:
    """What became of rows."""

    added: int = 0
    updated: int = 0
    skipped: int = 0
    errors: list[RowError] = field(default_factory=list)
    """Rows that only the database could refuse, such as a change that needs a reason."""

    def __iadd__(self, other: "Outcome") -> "Outcome":
        self.added += other.added
        self.updated += other.updated
        self.skipped += other.skipped
        self.errors += other.errors
        return self


@dataclass(frozen=True)
class Kept:
    """A row that an undo left in place, and why (msgid). Its title is looked up when shown: it may be blanked later."""

    id: int
    reason: str


@dataclass(frozen=True)
class UndoStep:
    """What one step of an undo did. last_id: where the next step goes on; None at the end."""

    undone: int
    kept: Sequence[Kept]
    last_id: int | None


class ImportTable(Protocol):
    """A kind of row that files may bring."""

    name: str
    label: str
    fields: Sequence[Field]
    link: tuple[str, str]
    """Name of the route that shows one row, and of its parameter."""

    def plan(self, rows: Iterable[SourceRow], options: Options) -> Iterator[PlannedRow | RowError]:
        """Check and convert rows in their order, without a database; the same file gives the same plan each time."""
        ...

    def preview(self, row: PlannedRow, options: Options) -> Mapping[str, str]:
        """A planned row as people may look at it, by field."""
        ...

    def compare(self, session: Session, rows: Sequence[PlannedRow], options: Options) -> Outcome:
        """What writing these rows would do; changes nothing."""
        ...

    def write(self, session: Session, import_id: int, rows: Sequence[PlannedRow], options: Options) -> Outcome:
        """Add or update at most BATCH rows in the caller's transaction. Writing a row again changes nothing."""
        ...

    def undo(self, session: Session, import_id: int, after_id: int) -> UndoStep:
        """Take back up to BATCH rows that this import added and nobody has built on, by ascending id."""
        ...

    def titles(self, session: Session, actor: Actor, ids: Sequence[int]) -> Mapping[int, str]:
        """What rows are called now, by id; without those that this reader may not open."""
        ...
