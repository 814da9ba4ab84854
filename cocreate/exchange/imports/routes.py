"""The pages of imports: hand in a file, say what its columns mean, try it, run it, take it back."""

import csv
import io
from collections.abc import AsyncIterator
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from starlette.datastructures import FormData, UploadFile

from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.exchange import mapping as columns
from cocreate.exchange import values
from cocreate.exchange.imports import files, queries, service
from cocreate.exchange.imports.models import STATE_LABELS, Import, ImportState, Task
from cocreate.exchange.imports.runner import options_of, planned
from cocreate.exchange.reading import RawRow, Unreadable, open_sheet
from cocreate.exchange.table import ImportTable, PlannedRow
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.page import CurrentPage

router = APIRouter(include_in_schema=False)
MAY = [allow("exchange.import")]
TABLE = "posts"
PAGE = 20
ERRORS_SHOWN = 50


async def read_form(request: Request) -> AsyncIterator[FormData]:
    """A posted form as it came: the names of its fields depend on the file."""
    async with request.form(max_files=1, max_fields=500) as form:
        yield form


Posted = Annotated[FormData, Depends(read_form)]


@router.get("/imports", dependencies=MAY)
def show_imports(
    db: ReadDb, page: CurrentPage, runtime: CurrentRuntime, before: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None
) -> Response:
    """All imports, and the form for a new one."""
    return _list(db, page, runtime, before=before)


@router.post("/imports", dependencies=MAY)
def upload_import(db: Db, page: CurrentPage, runtime: CurrentRuntime, actor: CurrentActor, form: Posted) -> Response:
    """Read a file to its end; a readable one becomes an import that waits for its mapping."""
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return _list(db, page, runtime, problem=page.text(N_("Please choose a file first.")))
    table = service.table_of(runtime, str(form.get("table") or TABLE))
    copy = files.keep(runtime.settings, file.file)
    try:
        looked = service.look(copy[0], file.filename)
        row = service.create_import(
            db, runtime, table, copy=copy, looked=looked, name=file.filename, wishes=service.Wishes(), by=actor,
        )  # fmt: skip
    except Unreadable as refused:
        reason = page.text(refused.reason, **refused.params)
        where = page.text(N_("Line %(line)s:"), line=refused.line) + " " if refused.line else ""
        return _list(db, page, runtime, problem=where + reason)
    finally:
        copy[0].unlink(missing_ok=True)
    return page.redirect("show_import", import_id=row.id)


@router.get("/imports/{import_id}", dependencies=MAY)
def show_import(import_id: RowId, db: ReadDb, page: CurrentPage, runtime: CurrentRuntime) -> Response:
    """One import: mapping and preview before it runs, progress while, a report after."""
    row = queries.get_import(db, import_id)
    if page.partial:
        answer = page.render("exchange/import.html", block="progress", **_progress(db, page, runtime, row))
        if row.shown_state != ImportState.RUNNING:
            answer.headers["HX-Refresh"] = "true"
        return answer
    return _import_page(db, page, runtime, row)


@router.post("/imports/{import_id}/mapping", dependencies=MAY)
def set_import_mapping(
    import_id: RowId, db: Db, page: CurrentPage, runtime: CurrentRuntime, actor: CurrentActor, form: Posted
) -> Response:
    """Keep what the columns mean, and go on with what the pressed button says: look, try, or import."""
    row = queries.get_import(db, import_id)
    table = service.table_of(runtime, row.table)
    wishes = _wishes(row, table, form)
    try:
        service.set_mapping(db, row, table, wishes)
    except columns.BadMapping as refused:
        row.mapping = dict(wishes.mapping or {})
        db.expunge(row)
        return _import_page(db, page, runtime, row, problem=refused.told(page.text), status=422)
    task = {"check": Task.CHECK, "start": Task.IMPORT}.get(str(form.get("do", "")))
    if task is not None:
        service.start(db, row, task, by=actor)
    return page.redirect("show_import", import_id=import_id)


@router.post("/imports/{import_id}/start", dependencies=MAY)
def start_import(import_id: RowId, db: Db, page: CurrentPage, actor: CurrentActor) -> Response:
    """Import a checked file, or go on with an interrupted run."""
    row = queries.get_import(db, import_id)
    task = Task.UNDO if row.task == Task.UNDO else Task.IMPORT
    service.start(db, row, task, by=actor)
    return page.redirect("show_import", import_id=import_id)


@router.post("/imports/{import_id}/cancel", dependencies=MAY)
def cancel_import(import_id: RowId, db: Db, page: CurrentPage, actor: CurrentActor) -> Response:
    """Stop after the batch that is being written."""
    service.cancel(db, queries.get_import(db, import_id), by=actor)
    page.flash(N_("Stopped. What is written stays until you take it back."))
    return page.redirect("show_import", import_id=import_id)


@router.post("/imports/{import_id}/undo", dependencies=MAY)
def undo_import(import_id: RowId, db: Db, page: CurrentPage, actor: CurrentActor) -> Response:
    """Take back the rows of an import that nobody has built on."""
    service.start(db, queries.get_import(db, import_id), Task.UNDO, by=actor)
    return page.redirect("show_import", import_id=import_id)


@router.get("/imports/{import_id}/errors.csv", dependencies=MAY)
def download_import_errors(import_id: RowId, db: ReadDb, page: CurrentPage) -> Response:
    """Rows that were not taken, for the person who has the file."""
    queries.get_import(db, import_id)
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow([page.text(N_("Line")), page.text(N_("Reason"))])
    for error in queries.row_errors(db, import_id):
        writer.writerow([error.line, values.neutral(page.text(error.reason, **error.params))])
    headers = {
        "content-disposition": f'attachment; filename="import-{import_id}-errors.csv"',
        "cache-control": "private, no-store",
    }
    # The mark at its head tells Excel that this is UTF-8.
    return Response("\ufeff" + target.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _list(db: Any, page: Any, runtime: Any, *, before: int | None = None, problem: str = "") -> Response:
    rows = queries.latest_imports(db, before=before, limit=PAGE + 1)
    more = page.url("show_imports", {"before": rows[PAGE - 1].id}) if len(rows) > PAGE else None
    answer: Response = page.render(
        "exchange/list.html", block="rows", imports=rows[:PAGE], next_url=more, labels=STATE_LABELS, problem=problem,
        tables=[(table.name, page.text(table.label)) for table in service.tables(runtime)],
        status=422 if problem else 200,
    )  # fmt: skip
    return answer


def _import_page(
    db: Any, page: Any, runtime: Any, row: Import, *, problem: str = "", status: int = 200
) -> Response:  # fmt: skip
    table = service.table_of(runtime, row.table)
    open_mapping = not row.begun and row.shown_state != ImportState.RUNNING
    context: dict[str, Any] = {
        **_progress(db, page, runtime, row),
        "table": table,
        "open_mapping": open_mapping,
        "problem": problem,
        "sample": [],
        "preview": [],
        "errors": list(queries.row_errors(db, row.id or 0, limit=ERRORS_SHOWN)),
    }
    if open_mapping:
        context |= _preview(page, runtime, table, row, problem)
    answer: Response = page.render("exchange/import.html", block="progress", status=status, **context)
    return answer


def _progress(db: Any, page: Any, runtime: Any, row: Import) -> dict[str, Any]:
    table = service.table_of(runtime, row.table)
    route, parameter = table.link
    titles = table.titles(db, page.actor, [one["id"] for one in row.kept]) if row.kept else {}
    return {
        "kept": [(one, page.url(route, **{parameter: one["id"]}), titles.get(one["id"])) for one in row.kept],
        "row": row,
        "state": row.shown_state,
        "label": STATE_LABELS[row.shown_state],
        "Task": Task,
        "State": ImportState,
        "may_import": service.can_start(row, Task.IMPORT),
        "may_undo": service.can_start(row, Task.UNDO),
    }


def _preview(page: Any, runtime: Any, table: ImportTable, row: Import, problem: str) -> dict[str, Any]:
    """The first rows as cells and, under a mapping that will do, as they would be taken."""
    try:
        sheet = open_sheet(files.path_of(runtime.settings, row.id or 0), row.file_name)
        sample = list(islice((raw for raw in sheet.rows() if isinstance(raw, RawRow)), 2))
        wrong = columns.problem(row.mapping, row.columns, table.fields)
        if wrong is not None:
            return {"sample": sample, "problem": problem or page.text(wrong.reason, **wrong.params)}
        rows = list(islice(planned(runtime, row, table), service.SAMPLE))
    except (Unreadable, FileNotFoundError):
        return {"problem": page.text(N_("The file is no longer there. Please hand it in again."))}
    choices = {field.name: dict(field.choices) for field in table.fields}
    options = options_of(runtime, row)
    shown: list[dict[str, Any]] = []
    for one in rows:
        if isinstance(one, PlannedRow):
            cells = {
                name: page.text(choices[name][value]) if value in choices.get(name, {}) else value
                for name, value in table.preview(one, options).items()
            }
            shown.append({"line": one.line, "cells": cells, "reason": ""})
        else:
            shown.append({"line": one.line, "cells": {}, "reason": page.text(one.reason, **one.params)})
    used = [field for field in table.fields if any(one["cells"].get(field.name) for one in shown)]
    return {"sample": sample, "preview": shown, "used": used}


def _wishes(row: Import, table: ImportTable, form: FormData) -> service.Wishes:
    mapping = {}
    for place, column in enumerate(row.columns):
        chosen = str(form.get(f"column-{place}", ""))
        if chosen:
            mapping[column] = chosen
    defaults = {
        field.name: value
        for field in table.fields
        if (value := str(form.get(f"default-{field.name}", "")).strip()[:80])
    }
    return service.Wishes(
        mapping=mapping,
        source=" ".join(str(form.get("source", "")).split())[:80],
        visibility=str(form.get("visibility", "public")),
        defaults=defaults,
    )
