"""What commands share: the runtime made on demand, progress, and answers for people or as one JSON line."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cocreate.core.config import Settings
from cocreate.core.module import Module
from cocreate.core.runtime import Runtime

_errors = Console(stderr=True)


class Program:
    """What every command finds in its context: settings and runtime, made when first asked for."""

    def __init__(self, modules: tuple[Module, ...]) -> None:
        self.modules = modules

    @cached_property
    def runtime(self) -> Runtime:
        return Runtime(Settings(), self.modules)


def say(text: str) -> None:
    """A line for the person at the terminal, on standard error, so that pipes carry only results."""
    _errors.print(text, highlight=False)


def fail(text: str, *, code: int = 1, as_json: bool = False) -> NoReturn:
    """Say what went wrong and what to do, and leave with this exit code; as JSON also as `{"error": …}`."""
    _errors.print(f"[red]{text}[/red]", highlight=False)
    if as_json:
        answer({"error": text}, as_json=True, text="")
    raise typer.Exit(code)


def answer(result: dict[str, Any], *, as_json: bool, text: str) -> None:
    """The outcome of a command: one JSON object on the last line of standard output, or a sentence."""
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False))
    else:
        typer.echo(text)


@contextmanager
def progress(title: str) -> Iterator[Any]:
    """A progress bar on standard error; call what it yields with (done, total)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_errors, transient=True) as bar:
        task = bar.add_task(title, total=None)

        def update(done: int, total: int | None = None, step: str | None = None) -> None:
            bar.update(task, completed=done, total=total, description=step or title)

        yield update
