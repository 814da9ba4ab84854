"""The program `cocreate`: the kernel's own commands, and those that modules bring."""

import inspect
import logging
import os
import pkgutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cocreate import cli_demo
from cocreate.core import schema
from cocreate.core.config import Settings
from cocreate.core.console import Program, answer, fail, say
from cocreate.core.module import Module
from cocreate.core.runtime import Runtime
from cocreate.identity.demo import MARKER

NAME = Annotated[str | None, typer.Option("--new", help="Write a migration with this name that follows the models.")]


JSON = Annotated[bool, typer.Option("--json", help="Answer with one JSON object.")]


def create_cli(modules: Sequence[Module]) -> typer.Typer:
    """The command line over these modules. Settings are read when a command runs, never at import."""
    cli = typer.Typer(no_args_is_help=True, add_completion=False, help="Owner co-creation: forum, themes, roadmap.")

    @cli.callback()
    def begin(context: typer.Context) -> None:
        logging.basicConfig(level=os.environ.get("LOG_LEVEL", "WARNING"), format="%(levelname)s %(name)s: %(message)s")
        context.obj = Program(tuple(modules))

    _database_commands(cli)
    _process_commands(cli)
    _bench_command(cli, modules)
    cli_demo.register(cli)
    for module in modules:
        for register in module.commands:
            register(cli)
    return cli


def _database_commands(cli: typer.Typer) -> None:
    @cli.command()
    def migrate(context: typer.Context, new: NAME = None, down: bool = False) -> None:
        """Bring the database to the newest schema, or one step back with --down."""
        runtime = context.obj.runtime
        if new:
            say(f"wrote {schema.new(runtime, new)}")
        elif down:
            schema.downgrade(runtime)
            say("one step back")
        else:
            schema.upgrade(runtime)
            say("the database is up to date")

    @cli.command()
    def doctor(context: typer.Context, as_json: JSON = False) -> None:
        """Look whether everything that the site needs is there, and say how to mend what is not."""
        runtime = context.obj.runtime
        findings = [check(runtime) for module in runtime.modules for check in module.doctor]
        lines = [
            f"{'✓' if passed else '✗'} {title}" + (f"\n    {todo}" if todo else "") for title, passed, todo in findings
        ]
        result = {"ok": all(passed for _, passed, _ in findings), "checks": [
            {"title": title, "ok": passed, "todo": todo} for title, passed, todo in findings
        ]}  # fmt: skip
        answer(result, as_json=as_json, text="\n".join(lines))
        raise typer.Exit(0 if result["ok"] else 1)


def _process_commands(cli: typer.Typer) -> None:
    @cli.command()
    def serve(context: typer.Context, reload: bool = False) -> None:
        """Serve the site; with SQLite the worker runs inside."""
        import uvicorn

        runtime = context.obj.runtime
        settings: Settings = runtime.settings
        if settings.demo or (settings.home / MARKER).exists():
            fail(f"{settings.home} is the demo's home; start it with `cocreate demo`")
        schema.upgrade(runtime)
        runtime.close()
        uvicorn.run(
            "main:create", factory=True, host=settings.host, port=settings.port, reload=reload,
            timeout_graceful_shutdown=5, proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=settings.trusted_proxies or None, server_header=False,
        )  # fmt: skip

    @cli.command()
    def worker(context: typer.Context) -> None:
        """Run background work; needs PostgreSQL, because with SQLite `serve` does it."""
        import signal
        import threading

        from cocreate.core.jobs import Worker

        runtime = context.obj.runtime
        if runtime.database.is_sqlite:
            fail("with SQLite the worker runs inside `cocreate serve`")
        running = Worker(runtime, sole=False)
        over = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: over.set())
        running.start()
        say("working; Ctrl-C stops")
        over.wait()
        running.stop()


def _bench_command(cli: typer.Typer, modules: Sequence[Module]) -> None:
    benches = {name: bench for module in modules for name, bench in module.benches.items()}

    @cli.command()
    def bench(
        context: typer.Context,
        name: Annotated[str, typer.Argument(help=f"One of: {', '.join(sorted(benches)) or 'none yet'}.")],
        data: Annotated[
            Path | None, typer.Option(help="Folder with real feedback, for the benches that need it.")
        ] = None,
        posts: Annotated[int | None, typer.Option(min=1, help="Over so many posts, for the benches that ask.")] = None,
        meilisearch: Annotated[
            str | None, typer.Option(help="Binary or address of a Meilisearch to compare with (bench search).")
        ] = None,
        people: Annotated[int | None, typer.Option(min=10, help="How many are told (bench publish).")] = None,
        rows: Annotated[str | None, typer.Option(help="Only these rows, with commas (bench themes).")] = None,
        seeds: Annotated[int | None, typer.Option(min=1, help="How many seeds (bench themes).")] = None,
        out: Annotated[Path | None, typer.Option(help="JSON file that keeps every figure (bench themes).")] = None,
        as_json: Annotated[bool, typer.Option("--json")] = False,
    ) -> None:
        """Measure one promise in a home of its own; with DATABASE_URL set, in that database, which should be empty."""
        if name not in benches:
            fail(f"there is no bench {name!r}; known: {', '.join(sorted(benches))}")
        run = pkgutil.resolve_name(benches[name])
        wanted = inspect.signature(run).parameters
        options = {
            "data": data, "posts": posts, "people": people,
            "meilisearch": meilisearch, "rows": rows, "seeds": seeds, "out": out
        }  # fmt: skip
        given = {key: value for key, value in options.items() if value is not None}
        if spare := [key for key in given if key not in wanted and key != "data"]:
            fail(f"the bench {name} takes no --{spare[0]}")
        if "data" in wanted and data is None and wanted["data"].default is inspect.Parameter.empty:
            fail("this bench reads real feedback: give its folder with --data")
        with tempfile.TemporaryDirectory() as home:
            settings = context.obj.runtime.settings
            settings = settings.model_copy(update={"home": Path(home)})
            runtime = Runtime(settings, context.obj.modules)
            schema.upgrade(runtime)
            result = run(runtime, **{key: value for key, value in given.items() if key in wanted})
            runtime.close()
        # A bench that compares has a table for people; its figures are in the other keys.
        table = result.pop("table", None)
        lines = "\n".join(f"{key}: {value}" for key, value in result.items())
        answer(result, as_json=as_json, text=table or lines)
