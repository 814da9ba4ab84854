"""A run from beginning to end: export, pipeline, storing beside what holds, and a proposal that waits or takes effect.

Killed anywhere before the proposal, the old themes stand untouched and the run can be begun anew; killed after it,
what was decided is done by a job that is owed."""

import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlmodel import Session

from cocreate.core.config import Settings
from cocreate.core.errors import Unavailable
from cocreate.core.runtime import Runtime
from cocreate.text.lexicon import Lexicon
from feedback_cluster.changes.propose import propose
from feedback_cluster.changes.take import take_effect
from feedback_cluster.priority.queries import safety_words
from feedback_cluster.runs import folder as work
from feedback_cluster.runs import service, store
from feedback_cluster.runs.models import Cause, Run, RunState
from feedback_cluster.themes import bindings, pins
from feedback_cluster.themes.facts import facts_of
from forum import api as forum
from search.api import lexicon_of

log = logging.getLogger("cocreate.runs")
EXPORT_BATCH = 2_000
CACHE = "cut.npz"
MOST_IGNORED = 300

Watch = Callable[[str, int, int], None]


READY = "cluster.pipeline"
"""Under this name `Runtime.memory` keeps a process that waits for its run."""


def get_ready(runtime: Runtime) -> None:
    """Let the next run's process load its libraries now, beside what comes before that run."""
    runtime.memory[READY] = work.Pipeline()


def unwatched(step: str, done: int, total: int) -> None:
    """The progress of a run that nobody looks at."""


def run_clusters(runtime: Runtime, *, run_id: int, watch: Watch = unwatched) -> None:
    """Do a queued run. It ends done, failed or cancelled; a failure is written on the run, not raised."""
    with runtime.database.write() as session:
        run = service.begin(session, run_id)
    if run is None:
        return
    home = runtime.settings.home / "runs" / str(run_id)
    _sweep(home.parent)
    home.mkdir(parents=True, mode=0o700)
    try:
        _compute(runtime, run, home, watch)
    except work.RunStopped:
        _end(runtime, run_id, RunState.CANCELLED)
    except (work.RunFailed, OSError, ValueError) as wrong:
        log.error("run %s failed: %s", run_id, wrong)
        _end(runtime, run_id, RunState.FAILED, str(wrong) or type(wrong).__name__)
    except Exception as broken:  # whatever it was, the run must not look alive, and must not be tried again and again
        log.exception("run %s failed", run_id)
        _end(runtime, run_id, RunState.FAILED, type(broken).__name__)
    except BaseException:
        _end(runtime, run_id, RunState.CANCELLED)
        raise
    else:
        take_effect(runtime, run_id=run_id)  # by the job that is owed as well, should this process end here
        store.forget_old(runtime)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _sweep(runs: Path) -> None:
    """Remove what runs before this one left behind when their process was killed: it holds what people wrote."""
    for folder in runs.glob("*"):
        if folder.is_dir() and folder.name.isdigit():
            shutil.rmtree(folder, ignore_errors=True)


def _compute(runtime: Runtime, run: Run, home: Path, watch: Watch) -> None:
    run_id = run.id or 0

    def report(step: str, done: int, total: int) -> bool:
        watch(step, done, total)
        try:
            with runtime.database.write() as session:
                return service.report(session, run_id, step, done, total)
        except Unavailable:
            return True  # a long import holds the writer: the run goes on, the page learns of it a second later

    store.clear(runtime, run_id)
    told = dict(run.parameters)
    cold = bool(told.pop("cold", False))
    with runtime.database.read() as session:
        told["ignore"] = ignored_words(runtime, session)
        themes = store.warm_themes(session)
        said = pins.pins(session)
        bound = work.Bound(
            bindings.locked_members(session), bindings.never_pairs(session), store.seed_words(session),
            store.labels(session),
        )  # fmt: skip
        facts: store.Facts = {}
        lexicon = lexicon_of(session)
        own = None if lexicon is Lexicon.default() else lexicon
        work.write_job(home, told, cold=cold, lexicon=own, bound=bound, means=means_of(runtime.settings))
        work.write_posts(home, _noting(_all_posts(session), facts, safety_words(session)), themes, said, bound=bound)
    ready: work.Pipeline | None = runtime.memory.pop(READY, None)
    outcome = work.run_pipeline(
        home, report, timeout_seconds=runtime.settings.cluster_timeout_seconds, pipeline=ready
    )  # fmt: skip
    if not report("store", 0, len(outcome.ids)):
        raise work.RunStopped
    store.keep(runtime, run_id, outcome, facts, said, report)
    propose(runtime, run_id, outcome)
    watch("store", len(outcome.ids), len(outcome.ids))


def means_of(settings: Settings) -> dict[str, Any]:
    """With what a run is done: whose processes, which encoder, and where posts cut last night lie."""
    encoder = {"source": settings.embedding, "key": settings.embedding_key, "model": settings.embedding_model}
    return {
        "scheduler": settings.dask_scheduler,
        "embedding": encoder if settings.embedding else None,
        "cache": str(settings.home.absolute() / "runs" / CACHE),
    }


def ignored_words(runtime: Runtime, session: Session) -> list[str]:
    """Words that say nothing about a subject here: the brand's name and the names of its cars."""
    return sorted({runtime.settings.brand_name, *forum.models_in_use(session)[:MOST_IGNORED]})


def _all_posts(session: Session) -> Iterator[forum.PostText]:
    last = 0
    while batch := forum.post_texts(session, after_id=last, limit=EXPORT_BATCH):
        yield from batch
        last = batch[-1].id


def _noting(posts: Iterator[forum.PostText], facts: "store.Facts", danger: tuple[str, ...]) -> Iterator[forum.PostText]:
    for post in posts:
        facts[post.id] = facts_of(post, danger)
        yield post


def _end(runtime: Runtime, run_id: int, state: RunState, error: str = "") -> None:
    with runtime.database.write() as session:
        service.end(session, service.get_run(session, run_id), state, error=error)
    store.clear(runtime, run_id)


def run_nightly(session: Session) -> None:
    """Begin the nightly run, unless one is under way."""
    if (other := service.active_run(session)) is None or service.is_dead(other):
        service.start_run(session, cause=Cause.NIGHTLY)
