"""Moves the rows: batch by batch, each batch and its progress in one transaction, so a killed run lost nothing.

Only one process works on an import at a time. It holds a token, and every batch is written on the condition that the
token is still its own; whoever was taken over or cancelled finds out before it writes another row.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cocreate.core import clock
from cocreate.core.db import insert_many_once
from cocreate.core.runtime import Runtime
from cocreate.exchange import mapping as columns
from cocreate.exchange.imports import files, runners
from cocreate.exchange.imports.models import SILENT_AFTER, Import, ImportRowError, ImportState, Task
from cocreate.exchange.imports.service import table_of
from cocreate.exchange.reading import Unreadable, open_sheet
from cocreate.exchange.table import BATCH, ImportTable, Options, Outcome, PlannedRow, RowError

Progress = Callable[[int, int], Any]
ERRORS_KEPT = 1000
"""A file in which more rows fail has one thing wrong; all of them are counted."""
KEPT_LISTED = 500


class Stopped(Exception):
    """Somebody cancelled this run, or another process took it over."""


class InUse(Exception):
    """Another process works on this import."""


def run(runtime: Runtime, import_id: int, progress: Progress | None = None) -> Import:
    """Do what the import's task says, from where it stopped; the import as it stands afterwards.

    Raises InUse when another process is at it. A run that is cancelled just ends. Any other failure leaves the import
    interrupted, to be resumed.
    """
    token = runners.token()
    row = _claim(runtime, import_id, token)
    try:
        if row.task == Task.UNDO:
            _undo(runtime, row, token, progress)
        else:
            _import(runtime, row, token, progress)
        if row.task != Task.CHECK:
            # It holds people's words, and nothing asks for it any more.
            files.path_of(runtime.settings, import_id).unlink(missing_ok=True)
    except Stopped:
        pass
    except Unreadable as problem:
        _close(
            runtime, import_id, token, ImportState.FAILED,
            problem=problem.reason, problem_params=dict(problem.params), problem_line=problem.line,
        )  # fmt: skip
    except BaseException:
        _close(runtime, import_id, token, ImportState.INTERRUPTED)
        raise
    with runtime.database.read() as session:
        return session.get_one(Import, import_id)


def options_of(runtime: Runtime, row: Import) -> Options:
    return Options(row.source, row.visibility, runtime.settings.zone, row.defaults)


def planned(runtime: Runtime, row: Import, table: ImportTable) -> Iterator[PlannedRow | RowError]:
    """All rows of an import's file in their order, checked and converted."""
    sheet = open_sheet(files.path_of(runtime.settings, row.id or 0), row.file_name)
    return plan_rows(sheet, row.mapping, table, options_of(runtime, row))


def plan_rows(sheet: Any, mapping: dict[str, str], table: ImportTable, options: Options) -> Iterator[Any]:
    """Rows of a sheet as a table plans them; rows that could not even be read keep their place among them."""
    waiting: list[RowError] = []

    def readable() -> Iterator[Any]:
        for row in columns.mapped(sheet, mapping):
            if isinstance(row, RowError):
                waiting.append(row)
            else:
                yield row

    for result in table.plan(readable(), options):
        while waiting and waiting[0].number < result.number:
            yield waiting.pop(0)
        yield result
    yield from waiting


def _import(runtime: Runtime, row: Import, token: str, progress: Progress | None) -> None:
    import_id, dry = row.id or 0, row.task == Task.CHECK
    table = table_of(runtime, row.table)
    options = options_of(runtime, row)
    position = 0 if dry else row.position
    rows = (one for one in planned(runtime, row, table) if one.number > position)
    while batch := list(islice(rows, BATCH)):
        good = [one for one in batch if isinstance(one, PlannedRow)]
        errors = [one for one in batch if isinstance(one, RowError)]
        with runtime.database.write() as session:
            outcome = table.compare(session, good, options) if dry else table.write(session, import_id, good, options)
            _note(session, import_id, token, outcome, [*errors, *outcome.errors], batch[-1].number)
        if progress is not None:
            progress(batch[-1].number, row.total)
    # `position` tells what is written: a dry run leaves nothing behind it.
    done = {"position": 0} if dry else {}
    _close(runtime, import_id, token, ImportState.CHECKED if dry else ImportState.DONE, **done)


def _undo(runtime: Runtime, row: Import, token: str, progress: Progress | None) -> None:
    import_id, after_id, undone = row.id or 0, row.undo_position, row.undone
    kept, kept_count = list(row.kept), row.kept_count
    table = table_of(runtime, row.table)
    while True:
        with runtime.database.write() as session:
            step = table.undo(session, import_id, after_id)
            undone += step.undone
            kept = [*kept, *(asdict(one) for one in step.kept)][:KEPT_LISTED]
            kept_count += len(step.kept)
            _advance(
                session, import_id, token,
                undone=undone, kept=kept, kept_count=kept_count, undo_position=step.last_id or after_id,
            )  # fmt: skip
        if step.last_id is None:
            break
        after_id = step.last_id
        if progress is not None:
            progress(undone, row.added)
    _close(runtime, import_id, token, ImportState.UNDONE)


# -- the token


def _claim(runtime: Runtime, import_id: int, token: str) -> Import:
    with runtime.database.write() as session:
        row = session.get_one(Import, import_id)
        known = row.runner
        free = sa.or_(
            col(Import.state) != ImportState.RUNNING,
            col(Import.runner).is_(None),
            col(Import.heard_at) < clock.now() - SILENT_AFTER,
            col(Import.runner) == known if runners.gone(known) else sa.false(),
        )
        result: Any = session.connection().execute(
            sa.update(Import)
            .where(col(Import.id) == import_id, free)
            .values(state=ImportState.RUNNING, runner=token, heard_at=clock.now())
        )
        if result.rowcount == 0:
            raise InUse(f"import {import_id}")
        session.refresh(row)
        if row.task == Task.CHECK or row.position == 0:
            row.added = row.updated = row.skipped = row.failed = row.position = 0
            session.add(row)
            session.connection().execute(sa.delete(ImportRowError).where(col(ImportRowError.import_id) == import_id))
    return row


def _advance(session: Session, import_id: int, token: str, **values: Any) -> None:
    """Note the progress of a batch in its own transaction; Stopped, which rolls it back, when the token is not ours."""
    session.flush()
    result: Any = session.connection().execute(
        sa.update(Import)
        .where(col(Import.id) == import_id, col(Import.runner) == token, col(Import.state) == ImportState.RUNNING)
        .values(heard_at=clock.now(), **values)
    )
    if result.rowcount == 0:
        raise Stopped(f"import {import_id}")


def _note(
    session: Session, import_id: int, token: str, outcome: Outcome, errors: list[RowError], position: int
) -> None:
    _advance(
        session,
        import_id,
        token,
        added=col(Import.added) + outcome.added,
        updated=col(Import.updated) + outcome.updated,
        skipped=col(Import.skipped) + outcome.skipped,
        failed=col(Import.failed) + len(errors),
        position=position,
    )
    if errors:
        known = session.connection().execute(
            sa.select(sa.func.count()).select_from(ImportRowError).where(col(ImportRowError.import_id) == import_id)
        ).scalar_one()  # fmt: skip
        kept = errors[: max(0, ERRORS_KEPT - known)]
        rows = [
            ImportRowError(import_id=import_id, number=e.number, line=e.line, reason=e.reason, params=dict(e.params))
            for e in kept
        ]
        insert_many_once(session, rows)


def _close(runtime: Runtime, import_id: int, token: str, state: ImportState, **values: Any) -> None:
    with runtime.database.write() as session:
        session.connection().execute(
            sa.update(Import)
            .where(col(Import.id) == import_id, col(Import.runner) == token, col(Import.state) == ImportState.RUNNING)
            .values(state=state, runner=None, heard_at=None, finished_at=clock.now(), **values)
        )
