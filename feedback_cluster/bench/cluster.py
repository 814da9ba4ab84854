"""`cocreate bench cluster`: one run over both real files, and a second one that must find the same themes."""

import csv
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, select

import feedback_cluster
from cocreate.core import clock
from cocreate.core.console import say
from cocreate.core.runtime import Runtime
from feedback_cluster.runs import service
from feedback_cluster.runs.jobs import run_clusters
from feedback_cluster.runs.models import Cause, Run
from feedback_cluster.themes.models import Theme, ThemePost
from feedback_cluster.themes.queries import current_run_id

SECONDS_BAR, MEMORY_BAR = 15.0, 700.0
FILES = (("car_opinions.csv", "opinions"), ("car_complaints.csv", "complaints"))


def cluster(runtime: Runtime, data: Path | None = None) -> dict[str, Any]:
    """Seconds of a run from start to switch, peak memory of its process in MB, and whether a second run is the same.

    runtime: over a migrated database without posts. data: folder of the real files, by default beside the checkout.
    """
    count = fill(runtime, data or data_folder())
    say(f"{count} posts")
    first, before = one_run(runtime)
    second, after = one_run(runtime)
    told = {
        "posts": first.posts,
        "themes": first.themes,
        "rest_share": round(first.rest_share, 3),
        "seconds": first.seconds,
        "second_seconds": second.seconds,
        "peak_mb": max(first.peak_mb, second.peak_mb),
        "same_themes": before == after,
        "stages": first.stages,
    }
    enough = first.seconds <= SECONDS_BAR and max(first.peak_mb, second.peak_mb) <= MEMORY_BAR and before == after
    return {**told, "passed": enough}


def data_folder() -> Path:
    """Where the real feedback lies."""
    beside = Path(feedback_cluster.__file__).parent.parent.parent / "shared" / "data"
    return Path(os.environ.get("COCREATE_REALDATA") or beside)


def one_run(runtime: Runtime) -> tuple[Run, dict[str, Any]]:
    """Do a run; it, and what then holds: names and memberships."""
    with runtime.database.write() as session:
        run_id = service.start_run(session, cause=Cause.COMMAND, queue=False).id or 0
    run_clusters(runtime, run_id=run_id)
    with runtime.database.read() as session:
        run = service.get_run(session, run_id)
        say(f"run {run.id}: {run.state}, {run.themes} themes, {run.seconds} s, {run.peak_mb} MB {run.error}")
        return run, holding(session)


def holding(session: Session) -> dict[str, Any]:
    """Themes with their names, and the theme of every post."""
    names = session.exec(select(Theme.id, Theme.name)).all()
    places = session.exec(
        select(ThemePost.post_id, ThemePost.theme_id).where(ThemePost.run_id == current_run_id(session))
    ).all()
    return {"names": {row[0]: row[1] for row in names}, "places": {row[0]: row[1] for row in places}}


def fill(runtime: Runtime, folder: Path) -> int:
    """Put both files into the empty table of posts, as an import would leave them; how many there are."""
    post: Any = SQLModel.metadata.tables["post"]
    with runtime.database.write() as session:
        if session.connection().execute(sa.select(sa.func.count()).select_from(post)).scalar():
            raise RuntimeError("this bench needs a database without posts")
        rows = list(_rows(folder))
        for start in range(0, len(rows), 500):
            session.connection().execute(sa.insert(post), rows[start : start + 500])
    return len(rows)


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    moment = clock.now()
    for name, source in FILES:
        with (folder / name).open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(csv.DictReader(file)):
                said = moment - timedelta(minutes=17 * number)
                yield {
                    "title": row["text"][:60], "title_derived": True, "body": row["text"], "kind": "problem",
                    "status": "open", "visibility": "public", "source": source, "external_id": row["id"],
                    "author_label": None, "imported_votes": 0, "channel": "import", "model": row.get("model") or "",
                    "src": "", "created_at": _date(row.get("date"), said), "vote_count": 0, "comment_count": 0,
                    "hot": 0.0,
                }  # fmt: skip


def _date(text: str | None, otherwise: datetime) -> datetime:
    try:
        return datetime.fromisoformat(text or "").replace(tzinfo=otherwise.tzinfo)
    except ValueError:
        return otherwise
