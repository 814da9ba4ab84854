"""What a run found, written beside what holds: in batches under the run's id. `changes` makes it valid."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.runtime import Runtime
from feedback_cluster.runs.folder import Outcome, Report, RunStopped
from feedback_cluster.runs.found import keep_found
from feedback_cluster.runs.models import Run, RunFound, RunModel, RunState, Verdict
from feedback_cluster.themes.meanwhile import insert_into
from feedback_cluster.themes.models import Source, Theme, ThemePost, TriageStatus
from feedback_cluster.themes.pins import Pin
from feedback_cluster.themes.queries import current_run_id
from feedback_cluster.themes.service import add_theme

BATCH = 1_000
UNDECIDED = (Verdict.PROPOSED, Verdict.TAKING)

Facts = dict[int, dict[str, Any]]


def warm_themes(session: Session) -> dict[int, int]:
    """The theme of every post that has one."""
    statement = select(ThemePost.post_id, ThemePost.theme_id).where(
        ThemePost.run_id == current_run_id(session), col(ThemePost.theme_id).is_not(None)
    )
    return {post_id: theme_id or 0 for post_id, theme_id in session.exec(statement)}


def seed_words(session: Session) -> dict[int, list[str]]:
    """The words that people founded themes with."""
    statement = select(Theme.id, Theme.seeds).where(
        col(Theme.born_at).is_not(None), col(Theme.merged_into_id).is_(None), Theme.status != TriageStatus.HIDDEN
    )
    return {theme_id or 0: list(words) for theme_id, words in session.exec(statement) if words}


def labels(session: Session) -> dict[int, str]:
    """What the last run called the themes that stand."""
    statement = select(Theme.id, Theme.label).where(
        col(Theme.born_at).is_not(None), col(Theme.merged_into_id).is_(None), Theme.label != ""
    )
    return {theme_id or 0: label for theme_id, label in session.exec(statement)}


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
                session.connection().execute(sa.delete(RunFound).where(col(RunFound.run_id) == run_id))
                return


def keep(
    runtime: Runtime, run_id: int, outcome: Outcome, facts: Facts, said: dict[int, Pin], report: Report
) -> dict[int, int]:
    """Store assignments and model; {cluster: theme id}. Nothing of it is seen before it takes effect."""
    with runtime.database.write() as session:
        theme_ids = _themes_for(session, run_id, outcome)
        ordered = [theme_ids.get(cluster, 0) for cluster in range(max(theme_ids, default=-1) + 1)]
        session.add(RunModel(run_id=run_id, data=outcome.model, theme_ids=ordered))
        keep_found(session, run_id, outcome, theme_ids)
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
            # What was rewritten meanwhile is marked already, and stays so.
            statement = insert_into(session).on_conflict_do_nothing()
            session.connection().execute(statement, rows[start : start + BATCH])
        if not report("store", min(start + BATCH, len(rows)), len(rows)):
            raise RunStopped
    return theme_ids


def _themes_for(session: Session, run_id: int, outcome: Outcome) -> dict[int, int]:
    """The theme of each cluster; new ones are made, or taken from those that a run which came to nothing had made."""
    waiting = select(RunModel.theme_ids).join(Run, col(Run.id) == RunModel.run_id)
    waiting = waiting.where(col(Run.verdict).in_(UNDECIDED))
    promised = {theme_id for theme_ids in session.exec(waiting) for theme_id in theme_ids}
    unborn = session.exec(select(Theme).where(col(Theme.born_at).is_(None)).order_by(col(Theme.id)))
    spare = [theme for theme in unborn if theme.id not in promised]
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


def forget_old(runtime: Runtime) -> None:
    """Let go of assignments and models, but for what holds, what undo would go back to, and what waits for approval."""
    with runtime.database.read() as session:
        current = current_run_id(session)
        holds = session.get(Run, current) if current is not None else None
        waiting = session.exec(select(Run.id).where(col(Run.verdict).in_(UNDECIDED))).all()
        kept = {current, holds.base_id if holds is not None else None, *waiting}
        stored = list(session.exec(select(RunModel.run_id)))
        # One whose process died may have marks of voices, and nothing else.
        came_to_nothing = col(Run.state).in_((RunState.FAILED, RunState.CANCELLED))
        any_voice = select(ThemePost.post_id).where(ThemePost.run_id == Run.id).exists()
        stored += [run_id or 0 for run_id in session.exec(select(Run.id).where(came_to_nothing, any_voice))]
    for run_id in dict.fromkeys(stored):
        if run_id not in kept:
            _forget(runtime, run_id)
