"""A run proposes; it takes effect wholly, in part or not at all, and can be taken back."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from cocreate.core import audit
from cocreate.core.actor import Actor
from cocreate.core.jobs import Worker
from cocreate.core.runtime import Runtime
from feedback_cluster import api
from feedback_cluster.changes import policy, queries, service, take
from feedback_cluster.changes.models import Approval, ChangeKind, Choice, RunAct, RunChange, RunDecision, ThemeCandidate
from feedback_cluster.runs.models import Cause, Run, RunState, Verdict
from feedback_cluster.runs.service import get_run
from feedback_cluster.themes import service as themes
from feedback_cluster.themes.assign import catch_up
from feedback_cluster.themes.models import Source, Theme, ThemePost
from feedback_cluster.themes.queries import current_run_id, get_theme
from feedback_cluster.triage.queries import Filters, View, queue, view_counts
from tests.feedback_cluster.pipeline.gold import GOLD

ROOT = Path(__file__).parents[3]
RunNow = Callable[..., Run]
Holds = Callable[[], dict[str, Any]]


@pytest.fixture
def first(runtime: Runtime, gold_voices: list[int], run_now: RunNow, quick_pipeline: None) -> Run:
    """The run that holds. Afterwards the gold voices are sorted so that the first of each ten are in one theme."""
    run = run_now()
    with runtime.database.read() as session:
        found = {post_id: ref.id for post_id, ref in api.themes_of_posts(session, gold_voices).items()}
    for start in range(0, len(gold_voices), 10):
        ten = gold_voices[start : start + 10]
        themes_here = [found.get(post) for post in ten]
        main = max(themes_here, key=themes_here.count)
        gold_voices[start : start + 10] = sorted(ten, key=lambda post: found.get(post) != main)
    return run


def theme_of(runtime: Runtime, post_id: int) -> int | None:
    with runtime.database.read() as session:
        row = session.get(ThemePost, (current_run_id(session), post_id))
        return row.theme_id if row else None


def changes_of(runtime: Runtime, run: Run) -> list[RunChange]:
    with runtime.database.read() as session:
        return queries.changes_of(session, run)


def approve(runtime: Runtime, run: Run, by: Actor, only: set[int] | None = None) -> None:
    with runtime.database.write() as session:
        service.approve(session, get_run(session, run.id or 0), by=by, only=only)
    take.take_effect(runtime, run_id=run.id or 0)


def undo(runtime: Runtime, run: Run, by: Actor) -> None:
    with runtime.database.write() as session:
        service.undo(session, get_run(session, run.id or 0), by=by)
    take.take_effect(runtime, run_id=run.id or 0)


def verdict(runtime: Runtime, run: Run) -> Verdict | None:
    with runtime.database.read() as session:
        return get_run(session, run.id or 0).verdict


@pytest.fixture
def swap(bending: Any, gold_voices: list[int]) -> Callable[[Any], None]:
    """Five voices of the seats go to the bluetooth theme."""

    def bend(outcome: Any) -> None:
        bending.move(outcome, gold_voices[:5], bending.cluster_of(outcome, gold_voices[11]))

    return bend


def test_the_first_run_takes_effect_at_once(runtime: Runtime, gold_voices: list[int], propose_now: RunNow) -> None:
    run = propose_now()
    assert (run.state, run.verdict, run.base_id) == (RunState.DONE, Verdict.TAKEN, None)
    assert theme_of(runtime, gold_voices[0]) is not None


def test_a_run_that_moves_voices_changes_nothing_before_somebody_approves(
    runtime: Runtime, first: Run, propose_now: RunNow, swap: Any, holds: Holds, gold_voices: list[int], pm_actor: Actor
) -> None:
    before = holds()
    seat, bluetooth = theme_of(runtime, gold_voices[5]), theme_of(runtime, gold_voices[11])
    run = propose_now(swap)
    assert (run.state, run.verdict, run.base_id, run.moved) == (RunState.DONE, Verdict.PROPOSED, first.id, 5)
    assert holds() == before
    told = {change.kind: change for change in changes_of(runtime, run)}
    assert (told[ChangeKind.SHRANK].theme_id, told[ChangeKind.GREW].theme_id) == (seat, bluetooth)
    assert told[ChangeKind.GREW].figures["flows"] == [[seat, bluetooth, 5]]
    assert set(told[ChangeKind.GREW].posts) == set(gold_voices[:5])
    approve(runtime, run, pm_actor)
    assert verdict(runtime, run) is Verdict.TAKEN
    assert {theme_of(runtime, post) for post in gold_voices[:5]} == {bluetooth}
    with runtime.database.read() as session:
        sizes = {theme or 0: get_theme(session, theme or 0).size for theme in (seat, bluetooth)}
        assert sizes == {key: len(posts) for key, posts in api.post_ids_of(session, list(sizes)).items()}


def test_a_rejected_change_keeps_the_old_places_and_the_others_take_effect(
    runtime: Runtime, first: Run, propose_now: RunNow, bending: Any, holds: Holds, gold_voices: list[int],
    pm_actor: Actor,
) -> None:  # fmt: skip
    seats, bluetooth, rest = gold_voices[:4], gold_voices[10:14], gold_voices[20]
    seat, other, third = (theme_of(runtime, post) for post in (seats[0], bluetooth[0], rest))

    def bend(outcome: Any) -> None:
        goal = bending.cluster_of(outcome, rest)
        bending.move(outcome, [*seats, *bluetooth[:2]], goal)

    run = propose_now(bend)
    rejected = next(change for change in changes_of(runtime, run) if change.theme_id == seat)
    with runtime.database.write() as session:
        one = service.get_change(session, run, rejected.id or 0)
        service.choose(session, get_run(session, run.id or 0), one, Choice.REJECTED, by=pm_actor)
    approve(runtime, run, pm_actor)
    assert verdict(runtime, run) is Verdict.PARTLY
    assert {theme_of(runtime, post) for post in seats} == {seat}
    assert {theme_of(runtime, post) for post in bluetooth[:2]} == {third}
    assert theme_of(runtime, bluetooth[3]) == other
    with runtime.database.read() as session:
        for theme_id in (seat, other, third):
            assert get_theme(session, theme_id or 0).size == len(
                api.post_ids_of(session, [theme_id or 0])[theme_id or 0]
            )


def test_a_rejected_run_leaves_everything_and_waits_again_when_that_is_taken_back(
    runtime: Runtime, first: Run, propose_now: RunNow, swap: Any, holds: Holds, pm_actor: Actor
) -> None:
    before = holds()
    run = propose_now(swap)
    with runtime.database.write() as session:
        service.reject(session, get_run(session, run.id or 0), by=pm_actor)
    assert (verdict(runtime, run), holds()) == (Verdict.REJECTED, before)
    with runtime.database.write() as session:
        service.undo(session, get_run(session, run.id or 0), by=pm_actor)
    assert verdict(runtime, run) is Verdict.PROPOSED


def test_undo_goes_back_exactly_and_decisions_since_hold(
    runtime: Runtime, first: Run, propose_now: RunNow, swap: Any, holds: Holds, gold_voices: list[int],
    pm_actor: Actor, make_voices: Any, worker: Worker,
) -> None:  # fmt: skip
    before = holds()
    seat, bluetooth = theme_of(runtime, gold_voices[5]), theme_of(runtime, gold_voices[11])
    run = propose_now(swap)
    approve(runtime, run, pm_actor)
    undo(runtime, run, pm_actor)
    assert verdict(runtime, run) is Verdict.UNDONE
    assert holds() == before

    again = propose_now(swap)
    approve(runtime, again, pm_actor)
    with runtime.database.write() as session:
        themes.rename(session, get_theme(session, bluetooth or 0), "手机连不上车", by=pm_actor)
        zone = runtime.settings.zone
        themes.move(session, get_theme(session, bluetooth or 0), [gold_voices[0]], seat, by=pm_actor, zone=zone)
        themes.move(session, get_theme(session, bluetooth or 0), [gold_voices[12]], seat, by=pm_actor, zone=zone)
    late = make_voices(["座椅通风三档的噪音像吹风机"])[0]
    catch_up(runtime, again.id or 0)
    undo(runtime, again, pm_actor)
    worker.drain()
    with runtime.database.read() as session:
        assert get_theme(session, bluetooth or 0).name == "手机连不上车"
    assert {theme_of(runtime, post) for post in (gold_voices[0], gold_voices[12], *gold_voices[1:5])} == {seat}
    assert theme_of(runtime, late) == seat
    with runtime.database.read() as session:
        assert get_theme(session, seat or 0).size == len(api.post_ids_of(session, [seat or 0])[seat or 0])
        acts = session.exec(select(RunDecision.act).order_by(col(RunDecision.id))).all()
        assert acts == [RunAct.TAKE, RunAct.UNDO, RunAct.TAKE, RunAct.UNDO]
        assert [entry.action for entry in audit.trail(session, "run", again.id or 0)] == ["run.undo", "run.take"]


def test_a_theme_of_a_run_that_was_taken_back_is_not_on_offer(
    runtime: Runtime, first: Run, propose_now: RunNow, bending: Any, gold_voices: list[int], pm_actor: Actor
) -> None:
    def offered() -> list[str]:
        with runtime.database.read() as session:
            return [name for _, name in themes.themes_for_choice(session, 0)]

    before = offered()
    run = propose_now(lambda outcome: bending.bear(outcome, gold_voices[:6], "凉席党"), cause=Cause.COMMAND)
    assert "凉席党" in offered()
    undo(runtime, run, pm_actor)
    assert sorted(offered()) == sorted(before)


def test_undo_is_refused_when_another_run_took_effect_since(
    runtime: Runtime, first: Run, run_now: RunNow, pm_actor: Actor
) -> None:
    second = run_now()
    run_now()
    with runtime.database.write() as session, pytest.raises(service.UndoGone):
        service.undo(session, get_run(session, second.id or 0), by=pm_actor)


def test_a_newer_proposal_replaces_an_undecided_one_and_says_so(
    runtime: Runtime, first: Run, propose_now: RunNow, swap: Any, pm_actor: Actor
) -> None:
    older, newer = propose_now(swap), propose_now(swap)
    assert (verdict(runtime, older), verdict(runtime, newer)) == (Verdict.REPLACED, Verdict.PROPOSED)
    with runtime.database.write() as session:
        told = session.exec(select(RunDecision).where(RunDecision.run_id == older.id)).one()
        assert (told.act, told.by_id, told.data) == (RunAct.REPLACE, None, {"by_run": newer.id})
        with pytest.raises(service.NotWaiting):
            service.approve(session, get_run(session, older.id or 0), by=pm_actor)


@pytest.mark.parametrize(
    ("approval", "bent", "expected"),
    [
        (Approval.SMALL, False, Verdict.TAKEN),
        (Approval.SMALL, True, Verdict.PROPOSED),
        (Approval.BY_HAND, False, Verdict.PROPOSED),
        (Approval.ALWAYS, True, Verdict.TAKEN),
    ],
)
def test_the_rule_says_which_runs_take_effect_by_themselves(
    runtime: Runtime, first: Run, propose_now: RunNow, swap: Any, make_voices: Any, pm_actor: Actor,
    approval: Approval, bent: bool, expected: Verdict,
) -> None:  # fmt: skip
    with runtime.database.write() as session:
        policy.set_policy(session, approval, 0.02, 3, by=pm_actor)
    make_voices(["座椅通风三档噪音大"])
    run = propose_now(swap if bent else None, cause=Cause.NIGHTLY)
    assert run.verdict is expected


def test_a_small_run_that_takes_effect_by_itself_gives_no_theme_another_name(
    runtime: Runtime, first: Run, propose_now: RunNow, gold_voices: list[int]
) -> None:
    def rename(outcome: Any) -> None:
        for told in outcome.result["themes"]:
            told["label"] = f"新名{told['cluster']}"

    with runtime.database.read() as session:
        names = dict(session.exec(select(Theme.id, Theme.name)).all())
    run = propose_now(rename)
    assert run.verdict is Verdict.PARTLY
    with runtime.database.read() as session:
        assert dict(session.exec(select(Theme.id, Theme.name)).all()) == names


def test_a_new_theme_waits_until_two_runs_have_seen_it(
    runtime: Runtime, first: Run, propose_now: RunNow, bending: Any, make_voices: Any, gold_voices: list[int],
    pm_actor: Actor,
) -> None:  # fmt: skip
    with runtime.database.write() as session:
        policy.set_policy(session, Approval.ALWAYS, 0.02, 3, by=pm_actor)
    seat = theme_of(runtime, gold_voices[0])

    def bear(outcome: Any) -> None:
        bending.bear(outcome, gold_voices[:6], "凉席党")

    once = propose_now(bear)
    assert once.verdict is Verdict.PARTLY
    assert {theme_of(runtime, post) for post in gold_voices[:6]} == {seat}
    told = next(change for change in changes_of(runtime, once) if change.candidate_id)
    assert (told.kind, told.choice, told.figures["seen"]) == (ChangeKind.SPLIT, Choice.WAITING, 1)

    same_data = propose_now(bear)
    assert {theme_of(runtime, post) for post in gold_voices[:6]} == {seat}, "the same data is no new evidence"
    make_voices(["蓝牙又断连了"])
    twice = propose_now(bear)
    assert (same_data.verdict, twice.verdict) == (Verdict.PARTLY, Verdict.TAKEN)
    born = {theme_of(runtime, post) for post in gold_voices[:6]}
    assert len(born) == 1
    assert born != {seat}
    with runtime.database.read() as session:
        assert get_theme(session, born.pop() or 0).name == "凉席党"
        candidate = session.exec(select(ThemeCandidate)).one()
        assert (candidate.seen, candidate.theme_id is not None) == (2, True)


def test_a_person_may_approve_at_once_what_was_seen_once(
    runtime: Runtime, first: Run, propose_now: RunNow, bending: Any, gold_voices: list[int], pm_actor: Actor
) -> None:
    run = propose_now(lambda outcome: bending.bear(outcome, gold_voices[:6], "凉席党"))
    assert run.verdict is Verdict.PROPOSED
    every = {change.id or 0 for change in changes_of(runtime, run)}
    approve(runtime, run, pm_actor, only=every)
    with runtime.database.read() as session:
        assert api.themes_of_posts(session, gold_voices[:1])[gold_voices[0]].name == "凉席党"


def test_what_a_person_rejected_is_not_offered_again(
    runtime: Runtime, first: Run, propose_now: RunNow, bending: Any, make_voices: Any, gold_voices: list[int],
    pm_actor: Actor, run_now: RunNow,
) -> None:  # fmt: skip
    def bear(outcome: Any) -> None:
        bending.bear(outcome, gold_voices[:6], "凉席党")

    run = propose_now(bear)
    birth = next(change for change in changes_of(runtime, run) if change.candidate_id)
    with runtime.database.write() as session:
        one = service.get_change(session, run, birth.id or 0)
        service.choose(session, get_run(session, run.id or 0), one, Choice.REJECTED, by=pm_actor)
    approve(runtime, run, pm_actor)
    for _ in range(3):
        make_voices(["蓝牙又断连了"])
        later = propose_now(bear)
        told = next(change for change in changes_of(runtime, later) if change.candidate_id)
        assert told.choice is Choice.REJECTED


def test_new_voices_near_a_theme_that_waits_go_where_it_would_split_off_from(
    runtime: Runtime, first: Run, propose_now: RunNow, bending: Any, make_voices: Any, gold_voices: list[int],
    pm_actor: Actor,
) -> None:  # fmt: skip
    with runtime.database.write() as session:
        policy.set_policy(session, Approval.ALWAYS, 0.02, 3, by=pm_actor)
    seat = theme_of(runtime, gold_voices[0])
    run = propose_now(lambda outcome: bending.bear(outcome, gold_voices[:6], "凉席党"))
    with runtime.database.read() as session:
        from feedback_cluster.runs.models import RunModel

        model = session.get(RunModel, run.id)
        assert model is not None
        assert model.theme_ids.count(seat or 0) == 2
        unborn = session.exec(select(Theme.id).where(col(Theme.born_at).is_(None))).all()
        assert not set(unborn) & set(model.theme_ids)


def test_voices_written_while_a_run_waits_are_in_it_when_it_takes_effect(
    runtime: Runtime, first: Run, propose_now: RunNow, make_voices: Any, gold_voices: list[int],
    pm_actor: Actor, worker: Worker, monkeypatch: pytest.MonkeyPatch, bending: Any,
) -> None:  # fmt: skip
    run = propose_now(
        lambda outcome: bending.move(outcome, gold_voices[20:24], bending.cluster_of(outcome, gold_voices[11]))
    )
    late = make_voices(["座椅通风三档的噪音像吹风机"])
    catch_up(runtime, first.id or 0)
    with runtime.database.write() as session:
        service.approve(session, get_run(session, run.id or 0), by=pm_actor)
    with monkeypatch.context() as patched:
        patched.setattr(take, "catch_up", lambda *_: None)
        take.take_effect(runtime, run_id=run.id or 0)
    assert theme_of(runtime, late[0]) == theme_of(runtime, gold_voices[0]), "no voice is without its theme for a moment"
    worker.drain()
    with runtime.database.read() as session:
        row = session.get(ThemePost, (run.id, late[0]))
        assert row is not None
        assert row.source is Source.NEW
        assert current_run_id(session) == run.id


def test_a_decision_made_while_a_run_waits_holds_when_it_takes_effect(
    runtime: Runtime, first: Run, propose_now: RunNow, swap: Any, gold_voices: list[int], pm_actor: Actor
) -> None:
    third = theme_of(runtime, gold_voices[20])
    run = propose_now(swap)
    with runtime.database.write() as session:
        home = get_theme(session, theme_of(runtime, gold_voices[0]) or 0)
        themes.move(session, home, gold_voices[:1], third, by=pm_actor, zone=runtime.settings.zone)
    approve(runtime, run, pm_actor)
    assert theme_of(runtime, gold_voices[0]) == third


def test_a_taking_that_was_interrupted_is_done_once_by_the_worker(
    runtime: Runtime, first: Run, propose_now: RunNow, swap: Any, gold_voices: list[int], pm_actor: Actor,
    worker: Worker, monkeypatch: pytest.MonkeyPatch, holds: Holds,
) -> None:  # fmt: skip
    """Whatever is broken off inside the one transaction leaves what held; the owed job does it again, exactly."""
    before = holds()
    run = propose_now(swap)
    with runtime.database.write() as session:
        service.approve(session, get_run(session, run.id or 0), by=pm_actor)
    real = take._switch

    def killed(*args: Any) -> None:
        real(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(take, "_switch", killed)
    with pytest.raises(KeyboardInterrupt):
        take.take_effect(runtime, run_id=run.id or 0)
    monkeypatch.setattr(take, "_switch", real)
    assert (holds(), verdict(runtime, run)) == (before, Verdict.TAKING)
    worker.drain()
    assert verdict(runtime, run) is Verdict.TAKEN
    after = holds()
    take.take_effect(runtime, run_id=run.id or 0)
    assert holds() == after != before


KILLED = """
import os, signal, sys
import main
from feedback_cluster.changes import take
real = take._switch
def killed(*args):
    real(*args)
    os.kill(os.getpid(), signal.SIGKILL)
take._switch = killed
sys.argv = ["cocreate", "cluster", "run", "--cold"]
main.cli()
"""


@pytest.mark.slow
def test_a_process_killed_while_a_run_takes_effect_leaves_it_to_the_worker(
    runtime: Runtime, first: Run, holds: Holds, worker: Worker, make_voices: Any
) -> None:
    make_voices([f"{text}，又来" for texts in GOLD.values() for text in texts[:3]])
    before = holds()
    own = {
        "COCREATE_HOME": str(runtime.settings.home), "COCREATE_DATABASE_URL": runtime.database.url,
        "COCREATE_SECRET": "test",
    }  # fmt: skip
    process = subprocess.run(
        [sys.executable, "-c", KILLED], cwd=ROOT, env=os.environ | own, capture_output=True, check=False
    )
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()[-500:]
    after = holds()  # themes that are not born yet are known, and seen by nobody
    assert after["places"] == before["places"]
    assert {theme: after["names"][theme] for theme in before["names"]} == before["names"]
    with runtime.database.read() as session:
        run = session.exec(select(Run).order_by(col(Run.id).desc())).first()
    assert run is not None
    assert (run.state, run.verdict) == (RunState.DONE, Verdict.TAKING)
    worker.drain()
    assert verdict(runtime, run) is Verdict.TAKEN
    with runtime.database.read() as session:
        assert current_run_id(session) == run.id
        sizes = dict(session.exec(select(Theme.id, Theme.size).where(Theme.size > 0)).all())
        assert sizes == {key: len(posts) for key, posts in api.post_ids_of(session, [i or 0 for i in sizes]).items()}


def test_a_theme_without_voices_fades_and_is_not_deleted(
    runtime: Runtime, first: Run, propose_now: RunNow, bending: Any, gold_voices: list[int], session: Session
) -> None:
    seat = theme_of(runtime, gold_voices[0]) or 0

    def empty(outcome: Any) -> None:
        goal, gone = bending.cluster_of(outcome, gold_voices[11]), bending.cluster_of(outcome, gold_voices[0])
        if gone != goal:
            bending.move(outcome, [p for p, c in zip(outcome.ids, outcome.clusters, strict=True) if c == gone], goal)

    for quiet in (1, 2):
        propose_now(empty, at_once=True)
        session.expire_all()
        theme = get_theme(session, seat)
        assert (theme.size, theme.quiet_runs) == (0, quiet)
    theme.quiet_runs = 3
    session.add(theme)
    session.flush()
    assert view_counts(session, 0)[View.FADED] == 1
    assert [row.id for row in queue(session, Filters(View.FADED), me=0).items] == [seat]
    assert seat not in [row.id for row in queue(session, Filters(View.ALL), me=0).items]
