"""A run takes effect, in whole or in part, or is taken back: one transaction each, owed by a job, safe to repeat."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import outbox
from cocreate.core.db import insert_once
from cocreate.core.runtime import Runtime
from cocreate.core.tables import columns
from feedback_cluster.changes.models import ChangeKind, Choice, RunChange, ThemeCandidate
from feedback_cluster.changes.propose import replace
from feedback_cluster.events import RunFinished
from feedback_cluster.runs import found as descriptions
from feedback_cluster.runs import service, store
from feedback_cluster.runs.models import CurrentRun, Run, RunFound, RunModel, Verdict
from feedback_cluster.themes import bindings, pins, stats
from feedback_cluster.themes.assign import INLINE, catch_up, count_later, count_themes
from feedback_cluster.themes.bindings import New, NewTheme, Old, OldTheme
from feedback_cluster.themes.listeners import ASSIGN
from feedback_cluster.themes.meanwhile import let_go_of_unread
from feedback_cluster.themes.models import Source, Theme, ThemeDecision, ThemePost

HELD = (Choice.REJECTED, Choice.WAITING)
BATCH = 500


def take_effect(runtime: Runtime, *, run_id: int) -> None:
    """Do what is owed for this run: make its assignments the valid ones, or go back to those before it."""
    with runtime.database.read() as session:
        verdict = service.get_run(session, run_id).verdict
    if verdict is Verdict.TAKING:
        _take(runtime, run_id)
    elif verdict is Verdict.UNDOING:
        _undo(runtime, run_id)
    else:
        return
    with runtime.database.read() as session:
        now = session.get(CurrentRun, 1)
        stale = session.exec(select(Theme.id).where(col(Theme.stale).is_(True)).order_by(col(Theme.id))).all()
    if now is not None:
        catch_up(runtime, now.run_id)
    count_themes(runtime, theme_ids=[theme_id or 0 for theme_id in stale])
    store.forget_old(runtime)


def _take(runtime: Runtime, run_id: int) -> None:
    zone = runtime.settings.zone
    with runtime.database.read() as session:
        counted = stats.figures(session, None, zone, run_id=run_id)
    with runtime.database.write() as session:
        base_id = pins.hold_current(session)
        run = service.get_run(session, run_id)
        if run.verdict is not Verdict.TAKING:
            return  # another process was quicker
        if run.base_id != base_id:
            replace(session, run, by_run=base_id or 0)
            return
        changes = list(session.exec(select(RunChange).where(RunChange.run_id == run_id)))
        unread = let_go_of_unread(session, run_id)
        held = _held(session, run_id)
        touched = _hold_back(session, run, held) if base_id is not None else set()
        missing = _carry_over(session, base_id, run_id) if base_id is not None else unread
        touched |= bindings.bind(session, base_id, run_id)
        if base_id is not None and (before := session.get(RunFound, base_id)) is not None:
            descriptions.remember(session, before)
        if (found := session.get(RunFound, run_id)) is not None:
            descriptions.describe(session, found, **_left_alone(held))
        _remember(session, changes)
        touched |= _decided_since(session, run.started_at)
        _switch(session, run_id, counted, touched, missing, zone)
        _follow_silence(session)
        run.verdict = Verdict.PARTLY if held else Verdict.TAKEN
        session.add(run)
        outbox.publish(session, RunFinished(run_id=run_id))


def _undo(runtime: Runtime, run_id: int) -> None:
    zone = runtime.settings.zone
    with runtime.database.read() as session:
        base_id = service.get_run(session, run_id).base_id or 0
        counted = stats.figures(session, None, zone, run_id=base_id)
    with runtime.database.write() as session:
        current = pins.hold_current(session)
        run = service.get_run(session, run_id)
        if run.verdict is not Verdict.UNDOING:
            return
        if current != run_id:  # another run took effect meanwhile: there is nothing to go back from any more
            run.verdict = Verdict.PARTLY if _held(session, run_id) else Verdict.TAKEN
            session.add(run)
            return
        missing = _carry_over(session, run_id, base_id, arrivals=True)
        touched = bindings.bind(session, run_id, base_id)
        if (found := session.get(RunFound, base_id)) is not None:
            descriptions.describe(session, found)
        touched |= _decided_since(session, run.finished_at)
        _switch(session, base_id, counted, touched, missing, zone)
        run.verdict = Verdict.UNDONE
        session.add(run)
        for other in session.exec(select(Run).where(Run.verdict == Verdict.PROPOSED, Run.base_id == run_id)):
            replace(session, other, by_run=base_id)
        session.connection().execute(
            sa.update(ThemeCandidate).where(col(ThemeCandidate.last_run_id) == run_id).values(theme_id=None)
        )
        outbox.publish(session, RunFinished(run_id=base_id))


def _switch(
    session: Session, run_id: int, counted: dict[int, Any], touched: set[int], missing: list[int], zone: ZoneInfo
) -> None:
    if not insert_once(session, CurrentRun(id=1, run_id=run_id)):
        session.connection().execute(sa.update(CurrentRun).where(col(CurrentRun.id) == 1).values(run_id=run_id))
    stats.store(session, counted)
    roots = pins.roots_of(session, touched)
    if len(roots) <= INLINE:
        stats.refresh(session, roots, zone)
    else:
        count_later(session, sorted(roots))  # counting them all here would keep every other writer waiting
    for start in range(0, len(missing), BATCH):
        outbox.enqueue(session, ASSIGN, post_ids=missing[start : start + BATCH])


def _held(session: Session, run_id: int) -> list[RunChange]:
    changes = select(RunChange).where(RunChange.run_id == run_id, col(RunChange.choice).in_(HELD))
    return list(session.exec(changes.order_by(col(RunChange.id))))


def _left_alone(held: Sequence[RunChange]) -> dict[str, set[int]]:
    unborn = {change.theme_id for change in held if change.kind in (ChangeKind.BORN, ChangeKind.SPLIT)}
    named = {change.theme_id for change in held if change.kind is ChangeKind.RENAMED}
    kept = {change.theme_id for change in held} - unborn - named
    return {"unborn": unborn, "named": named, "kept": kept}


def _hold_back(session: Session, run: Run, held: Sequence[RunChange]) -> set[int]:
    """Put the voices of changes that were not approved back where they were; the themes that changed by it.

    A voice moves only when neither the theme that it leaves nor the one that it joins was held back.
    """
    roots = {change.theme_id for change in held if change.kind is not ChangeKind.RENAMED}
    if not roots:
        return set()
    run_id, base_id = run.id or 0, run.base_id or 0
    either = sa.or_(OldTheme.root_id.in_(roots), NewTheme.root_id.in_(roots))
    touched = bindings.put(session, run_id, session.exec(bindings.moved(base_id, run_id, either)).all())
    unborn = {change.theme_id: change for change in held if change.kind in (ChangeKind.BORN, ChangeKind.SPLIT)}
    session.connection().execute(
        sa.update(ThemePost)
        .where(col(ThemePost.run_id) == run_id, col(ThemePost.theme_id).in_(list(unborn)))
        .values(theme_id=None, source=Source.NEW)
    )
    model = session.get(RunModel, run_id)
    if model is not None and unborn:
        # New voices near a centre that is no theme yet belong to the theme it would split off from, or to none.
        model.theme_ids = [_instead(theme_id, unborn) for theme_id in model.theme_ids]
        session.add(model)
    session.flush()
    return touched


def _instead(theme_id: int, unborn: dict[int, RunChange]) -> int:
    change = unborn.get(theme_id)
    if change is None:
        return theme_id
    return change.theme_ids[1] if change.kind is ChangeKind.SPLIT else 0


def _carry_over(session: Session, from_id: int, to_id: int, *, arrivals: bool = False) -> list[int]:
    """Take along the voices that only the first run knows; those that the second one's model shall place.

    They keep their place for the moment until the model has looked at them: no voice is ever without its theme.
    arrivals: it shall also place what the first one's model had placed on arrival.
    """
    known = select(New.post_id).where(New.run_id == to_id)
    missing = Old.post_id.not_in(known)
    wanted = sa.or_(missing, Old.source == Source.NEW) if arrivals else missing
    later = list(session.exec(select(Old.post_id).where(Old.run_id == from_id, wanted).order_by(Old.post_id)))
    names = [column.name for column in ThemePost.__table__.columns]  # type: ignore[attr-defined]
    copied = [sa.literal(to_id) if name == "run_id" else getattr(Old, name) for name in names]
    session.connection().execute(
        sa.insert(ThemePost).from_select(names, sa.select(*copied).where(Old.run_id == from_id, missing))
    )
    return later


def _remember(session: Session, changes: Sequence[RunChange]) -> None:
    """Let candidates know that they became themes, or that a person does not want them."""
    for change in changes:
        candidate = session.get(ThemeCandidate, change.candidate_id) if change.candidate_id else None
        if candidate is None:
            continue
        if change.choice not in HELD:
            candidate.theme_id = change.theme_id
        session.add(candidate)


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


def _follow_silence(session: Session) -> None:
    """Count for how many runs each theme has had no voice."""
    alive = sa.and_(col(Theme.born_at).is_not(None), col(Theme.merged_into_id).is_(None))
    connection = session.connection()
    connection.execute(sa.update(Theme).where(alive, col(Theme.size) == 0).values(quiet_runs=col(Theme.quiet_runs) + 1))
    connection.execute(sa.update(Theme).where(col(Theme.size) > 0, col(Theme.quiet_runs) > 0).values(quiet_runs=0))
