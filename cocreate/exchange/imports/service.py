"""Changing imports: handed in, mapped, started, cancelled, taken back. The rows themselves are moved by `runner`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict, Invalid
from cocreate.core.runtime import Runtime
from cocreate.core.text_marks import N_
from cocreate.exchange import mapping as columns
from cocreate.exchange.imports import files
from cocreate.exchange.imports.models import STARTABLE, UNDOABLE, Import, ImportRowError, ImportState, Task
from cocreate.exchange.reading import RawRow, Sheet, Unreadable, open_sheet
from cocreate.exchange.table import ImportTable, RowError

JOB = "exchange.run_import"
SAMPLE = 20
VISIBILITIES = ("public", "staff")


class UnreadableFile(Invalid):
    """The file as a whole was refused; nothing was changed."""

    code = "unreadable_file"
    message = N_("The file could not be read: %(problem)s")


class NotNow(Conflict):
    code = "import_state"
    message = N_("That cannot be done with this import now.")


@dataclass(frozen=True)
class Wishes:
    """What a person says about a file. mapping: None to have it guessed."""

    mapping: Mapping[str, str] | None = None
    source: str = ""
    visibility: str = "public"
    defaults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Looked:
    """A file that was read to its end."""

    sheet: Sheet
    total: int
    unreadable_rows: int
    sample: list[RawRow]


def table_of(runtime: Runtime, name: str) -> ImportTable:
    """The table that imports of this name write to; Invalid when there is none."""
    found = next((table for table in tables(runtime) if table.name == name), None)
    if found is None:
        raise Invalid(f"no table {name}", fields={"table": N_("Please choose one of the options.")})
    return found


def tables(runtime: Runtime) -> list[ImportTable]:
    """Everything that files may bring, voices first."""
    every = [table for module in runtime.modules for table in module.tables]
    return sorted(every, key=lambda table: table.name != "posts")


def look(path: Path, name: str) -> Looked:
    """Read a whole file before anything is written; Unreadable when it is not what it seems."""
    sheet = open_sheet(path, name)
    total = bad = 0
    sample: list[RawRow] = []
    for row in sheet.rows():
        total += 1
        if isinstance(row, RowError):
            bad += 1
        elif len(sample) < SAMPLE:
            sample.append(row)
    if total == 0:
        raise Unreadable(N_("Below the head the file has no row."))
    return Looked(sheet, total, bad, sample)


def create_import(
    session: Session, runtime: Runtime, table: ImportTable, *, copy: tuple[Path, str, int], looked: Looked,
    name: str, wishes: Wishes, by: Actor
) -> Import:  # fmt: skip
    """A new import of a file that was looked at; BadMapping when a given mapping does not fit it.

    copy: what `files.keep` returned; the file moves to its place under the new id.
    """
    path, sha256, size = copy
    sheet = looked.sheet
    chosen = dict(wishes.mapping) if wishes.mapping is not None else columns.detect(
        sheet.columns, table.fields, looked.sample
    )  # fmt: skip
    if wishes.mapping is not None:
        _refuse(columns.problem(chosen, sheet.columns, table.fields))
    row = Import(
        table=table.name,
        file_name=name[:200],
        file_bytes=size,
        sha256=sha256,
        format=sheet.format,
        encoding=sheet.encoding,
        columns=sheet.columns,
        mapping=chosen,
        source=(wishes.source or Path(name).stem)[:80],
        visibility=_visibility(wishes.visibility),
        defaults=dict(wishes.defaults),
        total=looked.total,
        started_by=by.id,
    )
    session.add(row)
    session.flush()
    path.replace(files.path_of(runtime.settings, row.id or 0))
    audit.record(session, by, "import.create", "import", row.id, sha256=sha256, rows=looked.total)
    return row


def unfinished_twin(session: Session, table: str, sha256: str, wishes: Wishes) -> Import | None:
    """An import of the same bytes, mapped the same way, that never reached its end: a second call goes on with it."""
    statement = (
        select(Import)
        .where(
            Import.table == table,
            Import.sha256 == sha256,
            Import.task == Task.IMPORT,
            col(Import.state).in_([ImportState.INTERRUPTED, ImportState.RUNNING]),
        )
        .order_by(col(Import.id).desc())
    )
    for row in session.exec(statement):
        same = (wishes.mapping is None or dict(wishes.mapping) == row.mapping) and row.visibility == wishes.visibility
        if same and dict(wishes.defaults) == row.defaults and (not wishes.source or wishes.source == row.source):
            return row
    return None


def set_mapping(session: Session, row: Import, table: ImportTable, wishes: Wishes) -> None:
    """Say anew what the columns mean; only before the first row was written."""
    if row.begun or row.shown_state == ImportState.RUNNING:
        raise NotNow(f"import {row.id} is {row.state}")
    chosen = dict(wishes.mapping or {})
    _refuse(columns.problem(chosen, row.columns, table.fields))
    row.mapping, row.defaults, row.visibility = chosen, dict(wishes.defaults), _visibility(wishes.visibility)
    row.source = wishes.source[:80] or row.source
    row.state, row.task, row.position = ImportState.UPLOADED, Task.IMPORT, 0
    row.added = row.updated = row.skipped = row.failed = 0
    session.add(row)
    session.connection().execute(sa.delete(ImportRowError).where(col(ImportRowError.import_id) == row.id))


def start(session: Session, row: Import, task: Task, *, by: Actor) -> None:
    """Queue a run: a dry run, the import (from where it stopped), or its undoing."""
    if not can_start(row, task):
        raise NotNow(f"import {row.id} is {row.state}")
    if row.task == Task.CHECK:
        row.position = 0
    row.state, row.task, row.runner, row.heard_at = ImportState.RUNNING, task, None, clock.now()
    row.problem, row.finished_at = "", None
    session.add(row)
    audit.record(session, by, f"import.{task.value}", "import", row.id)
    outbox.enqueue(session, JOB, lane=outbox.SLOW, import_id=row.id)


def can_start(row: Import, task: Task) -> bool:
    """Whether this run makes sense for the import as it stands."""
    if task == Task.UNDO:
        return row.begun and row.shown_state in UNDOABLE
    if task == Task.CHECK and row.begun:
        return False
    return row.task != Task.UNDO and row.shown_state in STARTABLE


def cancel(session: Session, row: Import, *, by: Actor) -> None:
    """Stop a run at the end of its batch; what is written stays, and may be taken back or continued."""
    if row.state != ImportState.RUNNING:
        raise NotNow(f"import {row.id} is {row.state}")
    row.state, row.runner = ImportState.CANCELLED, None
    session.add(row)
    audit.record(session, by, "import.cancel", "import", row.id)


def _refuse(problem: columns.Problem | None) -> None:
    if problem is not None:
        raise columns.BadMapping(problem)


def _visibility(value: str) -> str:
    if value not in VISIBILITIES:
        raise Invalid(value, fields={"visibility": N_("Please choose one of the options.")})
    return value
