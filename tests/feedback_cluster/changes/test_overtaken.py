"""What happens to a run while somebody else acts, and that going back goes back to what held."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from cocreate.core.actor import Actor
from cocreate.core.jobs import Worker
from cocreate.core.runtime import Runtime
from feedback_cluster.changes import queries, service
from feedback_cluster.changes.models import ChangeKind, Choice
from feedback_cluster.runs.models import Run, Verdict
from feedback_cluster.runs.service import get_run
from feedback_cluster.themes.models import Theme
from tests.feedback_cluster.changes.verdicts import approve, undo

RunNow = Callable[..., Run]


def verdict(runtime: Runtime, run: Run) -> Verdict | None:
    with runtime.database.read() as session:
        return get_run(session, run.id or 0).verdict


def names_of(runtime: Runtime) -> dict[Any, Any]:
    with runtime.database.read() as session:
        return {theme.id: (theme.name, theme.born_at is None) for theme in session.exec(select(Theme))}


def test_what_two_people_decide_at_once_about_a_run_is_decided_once(
    runtime: Runtime, first: Run, propose_now: RunNow, moving: Any, pm_actor: Actor
) -> None:
    run = propose_now(moving)
    with runtime.database.write() as session:
        seen = get_run(session, run.id or 0)
        assert seen.verdict is Verdict.PROPOSED
        with runtime.database.write() as quicker:
            service.reject(quicker, get_run(quicker, run.id or 0), by=pm_actor)
        with pytest.raises(service.NotWaiting):
            service.approve(session, seen, by=pm_actor)
        session.rollback()
    assert verdict(runtime, run) is Verdict.REJECTED


def test_an_undo_that_another_run_overtook_does_not_stay_under_way(
    runtime: Runtime, first: Run, run_now: RunNow, pm_actor: Actor, worker: Worker
) -> None:
    second = run_now()
    with runtime.database.write() as session:
        service.undo(session, get_run(session, second.id or 0), by=pm_actor)
    third = run_now()
    worker.drain()
    assert (verdict(runtime, second), verdict(runtime, third)) == (Verdict.TAKEN, Verdict.TAKEN)


def test_undo_brings_no_name_back_that_only_waited(
    runtime: Runtime, first: Run, propose_now: RunNow, moving: Any, pm_actor: Actor
) -> None:
    def rename(outcome: Any) -> None:
        for told in outcome.result["themes"]:
            told["label"] = f"新名{told['cluster']}"

    before = names_of(runtime)
    assert propose_now(rename).verdict is Verdict.PARTLY
    run = propose_now(moving)
    approve(runtime, run, pm_actor)
    undo(runtime, run, pm_actor)
    assert verdict(runtime, run) is Verdict.UNDONE
    assert names_of(runtime) == before


def test_undo_brings_no_theme_to_life_that_a_person_rejected(
    runtime: Runtime, first: Run, propose_now: RunNow, moving: Any, pm_actor: Actor, bending: Any,
    gold_voices: list[int],
) -> None:  # fmt: skip
    with_birth = propose_now(lambda outcome: bending.bear(outcome, gold_voices[20:26], "凉席党"))
    with runtime.database.write() as session:
        found = queries.changes_of(session, with_birth)
        birth = next(one for one in found if one.kind in (ChangeKind.BORN, ChangeKind.SPLIT))
        service.choose(session, get_run(session, with_birth.id or 0), birth, Choice.REJECTED, by=pm_actor)
    approve(runtime, with_birth, pm_actor)
    before = names_of(runtime)
    assert (before[birth.theme_id][1], verdict(runtime, with_birth)) == (True, Verdict.PARTLY)
    run = propose_now(moving)
    approve(runtime, run, pm_actor)
    undo(runtime, run, pm_actor)
    assert names_of(runtime) == before
