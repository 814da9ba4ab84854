"""`cocreate cluster run` and `cocreate cluster file`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cocreate.core import schema
from cocreate.core.console import answer, fail, progress
from feedback_cluster.runs import service
from feedback_cluster.runs.models import Cause, RunState, Verdict

AS_JSON = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def register(cli: typer.Typer) -> None:
    """Add the commands to the program."""
    cluster = typer.Typer(no_args_is_help=True, help="Group feedback into themes.")
    cluster.command("run")(run)
    cluster.command("file")(file)
    cli.add_typer(cluster, name="cluster")


def run(
    context: typer.Context,
    as_json: AS_JSON = False,
    cold: Annotated[bool, typer.Option(help="Find themes afresh and match them with the old ones.")] = False,
    granularity: Annotated[float, typer.Option(min=0.1, max=5, help="More or fewer themes, for --cold.")] = 1.0,
    seed: int = 0,
    approve: Annotated[
        bool, typer.Option(help="Let what it finds take effect at once; --no-approve: by the rule on /themes/runs.")
    ] = True,
) -> None:
    """Group all posts into themes, here and now; needs no worker and may run beside `serve`."""
    from feedback_cluster.changes.queries import changes_of, told_of
    from feedback_cluster.runs.jobs import run_clusters

    runtime = context.obj.runtime
    schema.upgrade(runtime)
    try:
        with runtime.database.write() as session:
            made = service.start_run(
                session,
                cause=Cause.COMMAND,
                granularity=granularity,
                seed=seed,
                cold=cold,
                queue=False,
                at_once=approve,
            )
            run_id = made.id or 0
    except service.RunUnderway as underway:
        fail(f"{underway}; wait for it, or cancel it on /themes/runs", code=3, as_json=as_json)
    with progress("themes") as bar:
        run_clusters(runtime, run_id=run_id, watch=lambda step, done, total: bar(done, total, step))
    with runtime.database.read() as session:
        told = service.get_run(session, run_id)
        result = {
            "run_id": run_id, "posts": told.posts, "themes": told.themes, "rest": told.rest, "seconds": told.seconds
        }  # fmt: skip
        state, error, waits = told.state, told.error, told.verdict is Verdict.PROPOSED
        changes = [told_of(change) for change in changes_of(session, told)]
    if state is not RunState.DONE:
        fail(f"run {run_id} {state}: {error}" if error else f"run {run_id} {state}", as_json=as_json)
    lines = ["run {run_id}: {posts} posts in {themes} themes, {rest} in none, {seconds} s".format(**result), *changes]
    if waits:
        lines.append(f"nothing has changed yet: it waits for approval on /triage/runs/{run_id}/changes")
    answer(result, as_json=as_json, text="\n".join(lines))


def file(
    source: Annotated[Path, typer.Argument(exists=True, dir_okay=False, metavar="IN.csv")],
    text: Annotated[str, typer.Option(help="The column that holds the text.")],
    out: Annotated[Path, typer.Option(help="CSV to write: one column `theme`, one row per input row, -1 for rest.")],
    themes: Annotated[Path, typer.Option(help="JSON to write: label, keywords, size and quotes of each theme.")],
    k: Annotated[int | None, typer.Option(min=1, help="Number of themes; by default chosen from the data.")] = None,
    seed: int = 0,
    as_json: AS_JSON = False,
) -> None:
    """Group the rows of a table into themes, without a database."""
    from feedback_cluster.pipeline.table import cluster_file

    try:
        with progress("themes") as bar:
            told: dict[str, Any] = cluster_file(
                source, text, out, themes, k, seed, progress=lambda step, done, total: bar(done, total, step)
            )
    except (ValueError, OSError) as wrong:
        fail(str(wrong), code=2)
    answer(told, as_json=as_json, text="{rows} rows in {themes} themes, {rest} in none, {seconds} s".format(**told))
