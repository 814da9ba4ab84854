"""`cocreate import`: the whole import in the foreground, without a worker; may run beside `serve`."""

from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from cocreate.core import schema
from cocreate.core.actor import GUEST
from cocreate.core.console import answer, fail, progress, say
from cocreate.core.errors import Refusal
from cocreate.core.runtime import Runtime
from cocreate.exchange import mapping as columns
from cocreate.exchange.imports import files, queries, runner, service
from cocreate.exchange.imports.models import Import
from cocreate.exchange.reading import Unreadable
from cocreate.exchange.table import BATCH, ImportTable, Options, Outcome, PlannedRow, RowError
from cocreate.web.i18n import Translator

TABLE = "posts"
FILE = Annotated[
    Path, typer.Argument(help="CSV (UTF-8 or GB18030), XLSX, JSON lines or a JSON list.", exists=True, dir_okay=False)
]
MAP = Annotated[str, typer.Option("--map", help="column=field,… Without it the columns are guessed.")]
SOURCE = Annotated[str, typer.Option(help="Where the voices come from; default: the file's name.")]
DEFAULTS = Annotated[str, typer.Option("--default", help="field=value,… for rows that say nothing there.")]


def register(cli: typer.Typer) -> None:
    """Add `import` to the program."""

    @cli.command("import")
    def import_file(
        context: typer.Context,
        file: FILE,
        mapping: MAP = "",
        source: SOURCE = "",
        visibility: Annotated[str, typer.Option(help="public or staff.")] = "public",
        default: DEFAULTS = "",
        table: Annotated[str, typer.Option(help="posts, or vehicles of the fleet, or another kind of row.")] = TABLE,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen and change nothing.")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")] = False,
    ) -> None:
        """Bring posts in from a file. The same command again goes on where it stopped and adds nothing twice."""
        runtime: Runtime = context.obj.runtime
        translator = Translator(runtime.settings.language, runtime.settings.zone)
        try:
            wishes = service.Wishes(
                mapping=columns.parse(mapping) if mapping else None, source=source, visibility=visibility,
                defaults=columns.parse(default),
            )  # fmt: skip
            result = (_dry_run if dry_run else _import)(runtime, file, wishes, table)
        except Unreadable as problem:
            reason = translator.gettext(problem.reason, **problem.params)
            _refuse([{"line": problem.line, "reason": reason}], as_json)
        except columns.BadMapping as refusal:
            _refuse([{"line": None, "reason": refusal.told(translator.gettext)}], as_json)
        except Refusal as refusal:
            fields = [translator.gettext(text) for text in refusal.fields.values()]
            reason = " ".join([translator.gettext(refusal.message, **refusal.params), *fields])
            _refuse([{"line": None, "reason": reason}], as_json)
        except runner.InUse:
            fail("another process imports this file right now", as_json=as_json)
        except KeyboardInterrupt:
            fail("interrupted; the same command goes on from here", code=130, as_json=as_json)
        for error in result["errors"]:
            error["reason"] = translator.gettext(error["reason"], **error.pop("params"))
        if not as_json:
            for error in result["errors"][:20]:
                say(f"line {error['line']}: {error['reason']}")
        answer(result, as_json=as_json, text=_told(result, dry_run))


def _import(runtime: Runtime, file: Path, wishes: service.Wishes, name: str) -> dict[str, Any]:
    schema.upgrade(runtime)
    table = service.table_of(runtime, name)
    # The whole file is read before the first row is written: an unreadable one changes nothing.
    looked = service.look(file, file.name)
    with file.open("rb") as content:
        copy = files.keep(runtime.settings, content)
    try:
        with runtime.database.write() as session:
            row = service.unfinished_twin(session, table.name, copy[1], wishes)
            if row is None:
                # Guessed columns are held to the same as given ones: what does not fit leaves no import behind.
                fitting = replace(wishes, mapping=_mapping(wishes, looked, table))
                row = service.create_import(
                    session, runtime, table, copy=copy, looked=looked, name=file.name, wishes=fitting, by=GUEST
                )
            elif row.position:
                say(f"going on behind row {row.position} of {row.total}")
    finally:
        copy[0].unlink(missing_ok=True)
    with progress(file.name) as update:
        done = runner.run(runtime, row.id or 0, update)
    return _report(runtime, done)


def _mapping(wishes: service.Wishes, looked: service.Looked, table: ImportTable) -> columns.ColumnMap:
    chosen = dict(wishes.mapping) if wishes.mapping is not None else columns.detect(
        looked.sheet.columns, table.fields, looked.sample
    )  # fmt: skip
    problem = columns.problem(chosen, looked.sheet.columns, table.fields)
    if problem is not None:
        raise columns.BadMapping(problem)
    return chosen


def _report(runtime: Runtime, row: Import) -> dict[str, Any]:
    with runtime.database.read() as session:
        errors = [
            {"line": e.line, "reason": e.reason, "params": e.params} for e in queries.row_errors(session, row.id or 0)
        ]
    return {
        "added": row.added, "updated": row.updated, "skipped": row.skipped, "failed": row.failed, "errors": errors,
    }  # fmt: skip


def _dry_run(runtime: Runtime, file: Path, wishes: service.Wishes, name: str) -> dict[str, Any]:
    schema.upgrade(runtime)
    table = service.table_of(runtime, name)
    looked = service.look(file, file.name)
    mapping = _mapping(wishes, looked, table)
    options = Options(wishes.source or file.stem, wishes.visibility, runtime.settings.zone, wishes.defaults)
    rows = runner.plan_rows(looked.sheet, mapping, table, options)
    outcome, errors = Outcome(), []
    while batch := list(islice(rows, BATCH)):
        errors += [one for one in batch if isinstance(one, RowError)]
        with runtime.database.read() as session:
            outcome += table.compare(session, [one for one in batch if isinstance(one, PlannedRow)], options)
    errors = sorted([*errors, *outcome.errors], key=lambda error: error.number)
    told = [{"line": e.line, "reason": e.reason, "params": dict(e.params)} for e in errors[: runner.ERRORS_KEPT]]
    return {
        "added": outcome.added, "updated": outcome.updated, "skipped": outcome.skipped, "failed": len(errors),
        "errors": told,
    }  # fmt: skip


def _refuse(errors: list[dict[str, Any]], as_json: bool) -> None:
    result = {"added": 0, "updated": 0, "skipped": 0, "failed": 0, "errors": errors}
    where = "".join(f"line {error['line']}: " if error["line"] else "" for error in errors)
    answer(result, as_json=as_json, text=where + "; ".join(error["reason"] for error in errors))
    raise typer.Exit(1)


def _told(result: dict[str, Any], dry_run: bool) -> str:
    would = "would be " if dry_run else ""
    counts = {name: result[name] for name in ("added", "updated", "skipped", "failed")}
    return ", ".join(f"{count} {would}{name}" for name, count in counts.items())
