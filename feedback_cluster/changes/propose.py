"""What a finished run would change, counted once and stored; then it waits for a person, or takes effect."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import outbox
from cocreate.core.runtime import Runtime
from cocreate.core.tables import columns
from feedback_cluster.changes import candidates
from feedback_cluster.changes.compare import NOWHERE, Draft, Flow, differences, totals
from feedback_cluster.changes.models import ChangeKind, Choice, RunAct, RunChange, RunDecision
from feedback_cluster.changes.policy import policy, takes_effect
from feedback_cluster.runs import service
from feedback_cluster.runs.folder import Outcome, RunStopped
from feedback_cluster.runs.models import Run, RunFound, RunState, Verdict
from feedback_cluster.themes import bindings, pins
from feedback_cluster.themes.bindings import New, NewTheme, Old, OldTheme
from feedback_cluster.themes.meanwhile import catch_up_facts, let_go_of_unread
from feedback_cluster.themes.models import Source, Theme
from feedback_cluster.themes.queries import current_run_id

TAKE = "feedback_cluster.take"
SAMPLES = 12
"""Moved voices that a change keeps by id; all of them can be paged through as long as both runs are stored."""
MOST_LOOKED_AT = 20_000


def propose(runtime: Runtime, run_id: int, outcome: Outcome) -> bool:
    """Store what the stored run would change; whether it takes effect at once, and if so, the job of doing it is owed.

    Raises RunStopped when somebody cancelled the run meanwhile.
    """
    while True:
        with runtime.database.write() as session:
            base_id = current_run_id(session)
            if base_id is not None:
                let_go_of_unread(session, run_id)
                catch_up_facts(session, base_id, run_id)
            bindings.bind(session, base_id, run_id)
        with runtime.database.read() as session:
            flows = counted_flows(session, base_id, run_id) if base_id is not None else []
            samples = moved_samples(session, base_id, run_id) if base_id is not None else {}
        with runtime.database.write() as session:
            if pins.hold_current(session) != base_id:
                continue  # another run took effect while this one was compared
            run = service.get_run(session, run_id)
            if run.slot is None or run.cancel_at is not None:
                raise RunStopped
            finish(session, run, outcome)
            run.base_id = base_id
            run.known, run.moved = totals(flows)
            changes = store_changes(session, run, flows, samples) if base_id is not None else []
            _replace_older(session, run)
            if takes_effect(policy(session), run, changes):
                run.verdict = Verdict.TAKING
                outbox.enqueue(session, TAKE, run_id=run_id)
                if changes:
                    session.add(RunDecision(run_id=run_id, act=RunAct.TAKE, by_id=run.started_by, data={"rule": True}))
            else:
                run.verdict = Verdict.PROPOSED
            session.add(run)
            return run.verdict is Verdict.TAKING


def finish(session: Session, run: Run, outcome: Outcome) -> None:
    """Write down what the pipeline told about itself, and make room for the next run."""
    told = outcome.result
    run.fingerprint, run.versions, run.scores = told["fingerprint"], told["versions"], told["scores"]
    run.stages, run.peak_mb = told["seconds"], told["peak_mb"]
    run.posts, run.rest = len(outcome.ids), told["rest"]
    run.themes = sum(1 for theme in told["themes"] if theme["size"])
    run.step, run.done, run.total = "done", run.posts, run.posts
    service.end(session, run, RunState.DONE)
    session.flush()


def counted_flows(session: Session, base_id: int, run_id: int) -> list[Flow]:
    """How many voices go from which theme to which, as themes are shown now."""
    fresh = sa.or_(Old.post_id.is_(None), Old.source == Source.NEW)
    old = sa.case((fresh, sa.literal(NOWHERE)), else_=sa.func.coalesce(OldTheme.root_id, NOWHERE))
    new = sa.func.coalesce(NewTheme.root_id, NOWHERE)
    is_fresh = sa.case((fresh, 1), else_=0)
    statement: Any = (
        select(old, new, is_fresh, sa.func.count())
        .select_from(New)
        .outerjoin(Old, sa.and_(Old.post_id == New.post_id, Old.run_id == base_id))
        .outerjoin(OldTheme, OldTheme.id == Old.theme_id)
        .outerjoin(NewTheme, NewTheme.id == New.theme_id)
        .where(New.run_id == run_id)
        .group_by(sa.literal_column("1"), sa.literal_column("2"), sa.literal_column("3"))
    )
    return [Flow(int(a), int(b), bool(f), n) for a, b, f, n in session.connection().execute(statement)]


def moved_samples(session: Session, base_id: int, run_id: int) -> dict[int, list[int]]:
    """Some of the voices that leave or join each theme, surest first; one statement, however many themes there are."""
    statement = (
        columns(Old.post_id, OldTheme.root_id, NewTheme.root_id)
        .join(New, sa.and_(New.post_id == Old.post_id, New.run_id == run_id))
        .outerjoin(OldTheme, OldTheme.id == Old.theme_id)
        .outerjoin(NewTheme, NewTheme.id == New.theme_id)
        .where(
            Old.run_id == base_id, Old.source != Source.NEW, OldTheme.root_id.is_distinct_from(NewTheme.root_id)
        )
        .order_by(New.confidence.desc(), New.post_id)
        .limit(MOST_LOOKED_AT)
    )  # fmt: skip
    found: dict[int, list[int]] = {}
    for post_id, old, new in session.exec(statement):
        for theme_id in (old, new):
            if theme_id is not None and len(listed := found.setdefault(theme_id, [])) < SAMPLES:
                listed.append(post_id)
    return found


def store_changes(session: Session, run: Run, flows: list[Flow], samples: dict[int, list[int]]) -> list[RunChange]:
    """One row for each theme that would have other voices or another name."""
    found = session.get(RunFound, run.id)
    told = {one["id"]: one for one in found.themes} if found is not None else {}
    born = {theme_id for theme_id, one in told.items() if one["new"]}
    drafts = differences(flows, born)
    names = _names(session, {theme for draft in drafts for theme in (draft.theme_id, draft.other) if theme})
    changes = [_change(session, run, draft, names, told) for draft in drafts]
    for change in changes:
        change.posts = samples.get(change.theme_id, [])
    changes += _renames(session, run, told, born)
    session.add_all(changes)
    session.flush()
    return changes


def _names(session: Session, theme_ids: set[int]) -> dict[int, str]:
    rows = session.exec(select(Theme.id, Theme.name).where(col(Theme.id).in_(theme_ids))).all() if theme_ids else []
    return {theme_id or 0: name for theme_id, name in rows}


def _change(
    session: Session, run: Run, draft: Draft, names: dict[int, str], told: dict[int, dict[str, Any]]
) -> RunChange:
    theme_id = draft.theme_id
    is_new = draft.kind in (ChangeKind.BORN, ChangeKind.SPLIT)
    change = RunChange(
        run_id=run.id or 0,
        kind=draft.kind,
        theme_id=theme_id,
        theme_ids=list(dict.fromkeys([theme_id, *([draft.other] if draft.other else [])])),
        figures={
            "before": draft.before, "after": draft.after, "fresh": draft.fresh, "joined": draft.joined,
            "left": draft.left, "flows": draft.flows,
            "name": told[theme_id]["label"] if is_new else names.get(theme_id, ""),
            "other": names.get(draft.other or 0, ""),
        },
    )  # fmt: skip
    if is_new:
        members = session.exec(select(New.post_id).where(New.run_id == run.id, New.theme_id == theme_id)).all()
        label = told[theme_id]["label"]
        parent = draft.other if draft.kind is ChangeKind.SPLIT else None
        candidate, choice = candidates.note(session, run, label, members, parent)
        change.candidate_id = candidate.id
        change.figures = {**change.figures, "seen": candidate.seen}
        # Whoever says "at once" stands for what was seen once; what was rejected before stays rejected.
        change.choice = Choice.OPEN if run.at_once and choice is Choice.WAITING else choice
    return change


def _renames(session: Session, run: Run, told: dict[int, dict[str, Any]], born: set[int]) -> list[RunChange]:
    known = session.exec(
        select(Theme).where(
            col(Theme.id).in_(set(told) - born), col(Theme.name_locked).is_(False),
            col(Theme.merged_into_id).is_(None), col(Theme.born_at).is_not(None),
        ).order_by(col(Theme.id))
    )  # fmt: skip
    return [
        RunChange(
            run_id=run.id or 0, kind=ChangeKind.RENAMED, theme_id=theme.id or 0, theme_ids=[theme.id or 0],
            figures={"name": theme.name, "to": told[theme.id or 0]["label"], "after": told[theme.id or 0]["size"]},
        )
        for theme in known
        if told[theme.id or 0]["size"] and theme.name != told[theme.id or 0]["label"]
    ]  # fmt: skip


def _replace_older(session: Session, run: Run) -> None:
    """A newer proposal takes the place of those that nobody decided about."""
    older = session.exec(select(Run).where(Run.verdict == Verdict.PROPOSED, Run.id != run.id)).all()
    for other in older:
        replace(session, other, by_run=run.id or 0)


def replace(session: Session, run: Run, *, by_run: int) -> None:
    """Let go of an undecided proposal, because another run came or what it was compared with holds no more."""
    run.verdict = Verdict.REPLACED
    session.add(run)
    session.add(RunDecision(run_id=run.id or 0, act=RunAct.REPLACE, data={"by_run": by_run}))
