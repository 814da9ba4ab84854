"""What a run found, written beside what holds: in batches under the run's id, then made valid by one update."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock, outbox
from cocreate.core.db import insert_once
from cocreate.core.runtime import Runtime
from cocreate.core.tables import columns
from feedback_cluster.events import RunFinished
from feedback_cluster.runs import service
from feedback_cluster.runs.folder import Outcome, Report, RunStopped
from feedback_cluster.runs.models import CurrentRun, Run, RunModel, RunState
from feedback_cluster.themes import pins, stats
from feedback_cluster.themes.indexing import index_themes
from feedback_cluster.themes.models import Source, Theme, ThemeDecision, ThemePost
from feedback_cluster.themes.pins import Pin
from feedback_cluster.themes.queries import current_run_id
from feedback_cluster.themes.service import add_theme
from forum.api import PostStatus, PostText, Visibility

BATCH = 1_000
KEPT_RUNS = 2
"""Runs whose assignments stay: the current one and the one before it."""

Facts = dict[int, dict[str, Any]]


def facts_of(post: PostText) -> dict[str, Any]:
    """What a theme's figures need to know about a post."""
    return {
        "created_at": post.created_at,
        "kind": post.kind.value,
        "model": post.model,
        "board_id": post.board_id,
        "person": post.person,
        "is_open": post.stands is PostStatus.OPEN,
        "staff_only": post.visibility is Visibility.STAFF,
        "votes": post.vote_count,
    }


def warm_themes(session: Session) -> dict[int, int]:
    """The theme of every post that has one."""
    statement = select(ThemePost.post_id, ThemePost.theme_id).where(
        ThemePost.run_id == current_run_id(session), col(ThemePost.theme_id).is_not(None)
    )
    return {post_id: theme_id or 0 for post_id, theme_id in session.exec(statement)}


def clear(runtime: Runtime, run_id: int) -> None:
    """Forget what an attempt at this run has stored, unless the run took effect."""
    with runtime.database.read() as session:
        if current_run_id(session) == run_id:
            return
    _forget(runtime, run_id)


def _forget(runtime: Runtime, run_id: int) -> None:
    some = select(ThemePost.post_id).where(ThemePost.run_id == run_id).limit(BATCH * 5)
    while True:
        with runtime.database.write() as session:
            gone: Any = session.connection().execute(
                sa.delete(ThemePost).where(col(ThemePost.run_id) == run_id, col(ThemePost.post_id).in_(some))
            )
            if gone.rowcount == 0:
                session.connection().execute(sa.delete(RunModel).where(col(RunModel.run_id) == run_id))
                return


def keep(
    runtime: Runtime, run_id: int, outcome: Outcome, facts: Facts, said: dict[int, Pin], report: Report
) -> dict[int, int]:
    """Store assignments and model; {cluster: theme id}. Nothing of it is seen before `switch`."""
    with runtime.database.write() as session:
        theme_ids = _themes_for(session, run_id, outcome)
        ordered = [theme_ids.get(cluster, 0) for cluster in range(max(theme_ids, default=-1) + 1)]
        session.add(RunModel(run_id=run_id, data=outcome.model, theme_ids=ordered))
    rows = [
        {
            "run_id": run_id,
            "post_id": post_id,
            "theme_id": theme_ids.get(cluster),
            "confidence": confidence,
            "source": Source.PERSON if post_id in said and said[post_id].theme_id else Source.RUN,
            **facts[post_id],
        }
        for post_id, cluster, confidence in zip(outcome.ids, outcome.clusters, outcome.confidence, strict=True)
    ]
    for start in range(0, len(rows), BATCH):
        with runtime.database.write() as session:
            session.connection().execute(sa.insert(ThemePost), rows[start : start + BATCH])
        if not report("store", min(start + BATCH, len(rows)), len(rows)):
            raise RunStopped
    return theme_ids


def _themes_for(session: Session, run_id: int, outcome: Outcome) -> dict[int, int]:
    """The theme of each cluster; new ones are made, or taken from those that a run which came to nothing had made."""
    spare = list(session.exec(select(Theme).where(col(Theme.born_at).is_(None)).order_by(col(Theme.id))))
    found: dict[int, int] = {}
    for told in outcome.result["themes"]:
        theme_id = told["theme"]
        if theme_id is None:
            theme = spare.pop(0) if spare else add_theme(session, told["label"][:80], run_id=run_id)
            theme.born_run_id = run_id
            session.add(theme)
            theme_id = theme.id
        found[told["cluster"]] = theme_id
    return found


def switch(
    runtime: Runtime, run_id: int, outcome: Outcome, theme_ids: dict[int, int], *, began: datetime | None
) -> None:
    """Make the run's assignments the valid ones. What people decided while it ran holds."""
    zone = runtime.settings.zone
    with runtime.database.read() as session:
        counted = stats.figures(session, None, zone, run_id=run_id)
    with runtime.database.write() as session:
        pins.hold_current(session)
        run = service.get_run(session, run_id)
        if run.slot is None or run.cancel_at is not None:
            raise RunStopped
        touched = pins.apply_all(session, run_id)
        _describe(session, outcome, theme_ids)
        if not insert_once(session, CurrentRun(id=1, run_id=run_id)):
            session.connection().execute(sa.update(CurrentRun).where(col(CurrentRun.id) == 1).values(run_id=run_id))
        stats.store(session, counted)
        touched |= _decided_since(session, began)
        if touched:
            stats.refresh(session, pins.roots_of(session, touched), zone)
        _finish(session, run, outcome)


def _describe(session: Session, outcome: Outcome, theme_ids: dict[int, int]) -> None:
    described: list[Theme] = []
    for told in outcome.result["themes"]:
        theme = session.get(Theme, theme_ids[told["cluster"]])
        if theme is None:
            continue
        described.append(theme)
        theme.label = told["label"][:80]
        theme.name = theme.name if theme.name_locked else theme.label
        theme.keywords, theme.quotes = told["keywords"], told["quotes"]
        theme.born_at = theme.born_at or clock.now()
        theme.reword()
        session.add(theme)
    session.flush()
    index_themes(session, described)


def _decided_since(session: Session, began: datetime | None) -> set[int]:
    if began is None:
        return set()
    data = session.exec(
        columns(ThemeDecision.theme_id, ThemeDecision.data, ThemeDecision.undoes_id).where(ThemeDecision.at >= began)
    ).all()
    undone = [undoes for _, _, undoes in data if undoes is not None]
    earlier = session.exec(select(ThemeDecision.data).where(col(ThemeDecision.id).in_(undone))) if undone else ()
    touched = {theme_id for told in (*(row[1] for row in data), *earlier) for theme_id in told.get("touched", [])}
    return touched | {row[0] for row in data}


def _finish(session: Session, run: Run, outcome: Outcome) -> None:
    told = outcome.result
    run.fingerprint, run.versions, run.scores = told["fingerprint"], told["versions"], told["scores"]
    run.stages, run.peak_mb = told["seconds"], told["peak_mb"]
    run.posts, run.rest = len(outcome.ids), told["rest"]
    run.themes = sum(1 for theme in told["themes"] if theme["size"])
    run.step, run.done, run.total = "done", run.posts, run.posts
    service.end(session, run, RunState.DONE)
    outbox.publish(session, RunFinished(run_id=run.id or 0))


def forget_old(runtime: Runtime) -> None:
    """Let go of the assignments of runs before the last two, and of their models."""
    with runtime.database.read() as session:
        current = current_run_id(session)
        kept = session.exec(
            select(Run.id).where(Run.state == RunState.DONE).order_by(col(Run.id).desc()).limit(KEPT_RUNS)
        ).all()
        stored = session.exec(select(RunModel.run_id).where(RunModel.run_id != current)).all()
    for run_id in stored:
        if run_id not in kept:
            _forget(runtime, run_id)
