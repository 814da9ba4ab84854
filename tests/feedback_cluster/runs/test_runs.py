"""Runs: themes keep their ids, people's word binds, one at a time, and nothing changes before the switch."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.actor import Actor
from cocreate.core.config import Settings
from cocreate.core.jobs import Worker
from cocreate.core.runtime import Runtime
from feedback_cluster import api
from feedback_cluster.bench.cluster import holding
from feedback_cluster.runs import folder as work
from feedback_cluster.runs import jobs, service
from feedback_cluster.runs.models import Cause, Run, RunModel, RunState
from feedback_cluster.themes import decisions
from feedback_cluster.themes import service as themes
from feedback_cluster.themes.models import Source, Theme, ThemePost
from feedback_cluster.themes.queries import current_run_id, get_theme
from tests.feedback_cluster.pipeline.gold import GOLD

RunNow = Callable[..., Run]
ROOT = Path(__file__).parents[3]


def now_holding(runtime: Runtime) -> dict[str, Any]:
    with runtime.database.read() as session:
        return holding(session)


def theme_of(runtime: Runtime, post_id: int) -> int:
    with runtime.database.read() as session:
        return api.themes_of_posts(session, [post_id])[post_id].id


def test_a_second_run_on_the_same_posts_gives_the_same_themes(
    runtime: Runtime, gold_voices: list[int], run_now: RunNow, quick_pipeline: None
) -> None:
    first = run_now()
    before = now_holding(runtime)
    second = run_now()
    assert (first.state, second.state) == (RunState.DONE, RunState.DONE)
    assert first.posts == len(gold_voices) == len(before["places"])
    assert first.themes >= 5
    assert first.fingerprint == second.fingerprint != ""
    assert now_holding(runtime) == before


def test_themes_keep_their_ids_when_posts_are_added(
    runtime: Runtime, gold_voices: list[int], run_now: RunNow, quick_pipeline: None, make_voices: Any
) -> None:
    run_now()
    before = now_holding(runtime)["places"]
    added = make_voices([f"补充一句：{texts[0]}" for texts in GOLD.values()])
    run_now()
    after = now_holding(runtime)["places"]
    kept = sum(after[post_id] == theme for post_id, theme in before.items())
    assert kept >= 0.9 * len(before)
    assert set(added) <= set(after)


def test_what_people_decided_binds_later_runs(
    runtime: Runtime, gold_voices: list[int], run_now: RunNow, quick_pipeline: None, pm_actor: Actor
) -> None:
    run_now()
    zone = runtime.settings.zone
    seats, bluetooth = gold_voices[:10], gold_voices[10:20]
    with runtime.database.write() as session:
        seat = get_theme(session, api.themes_of_posts(session, seats)[seats[1]].id)
        themes.rename(session, seat, "座椅通风的事", by=pm_actor)
        chosen = [post for post in api.post_ids_of(session, [seat.id or 0])[seat.id or 0] if post in seats][:2]
        split = themes.split(session, seat, chosen, "凉席党", by=pm_actor, zone=zone).data["to"]
        home = get_theme(session, api.themes_of_posts(session, bluetooth)[bluetooth[1]].id)
        rows = [post for post in api.post_ids_of(session, [home.id or 0])[home.id or 0] if post in bluetooth]
        themes.move(session, home, rows[:1], seat.id, by=pm_actor, zone=zone)
        themes.move(session, home, rows[1:2], None, by=pm_actor, zone=zone)
    for cold in (False, True):
        run_now(cold=cold)
        with runtime.database.read() as session:
            assert {api.themes_of_posts(session, chosen)[post].id for post in chosen} == {split}
            assert api.themes_of_posts(session, rows[:1])[rows[0]].id == seat.id
            taken_out = api.themes_of_posts(session, rows[1:2]).get(rows[1])
            assert taken_out is None or taken_out.id != home.id
            assert session.get(Theme, seat.id or 0).name == "座椅通风的事"  # type: ignore[union-attr]
            assert session.get(Theme, split).name == "凉席党"  # type: ignore[union-attr]


def test_a_merge_binds_later_runs_and_can_still_be_taken_back(
    runtime: Runtime, gold_voices: list[int], run_now: RunNow, quick_pipeline: None, pm_actor: Actor
) -> None:
    run_now()
    zone = runtime.settings.zone
    one, two = theme_of(runtime, gold_voices[0]), theme_of(runtime, gold_voices[10])
    assert one != two
    before = now_holding(runtime)["places"]
    with runtime.database.write() as session:
        merge = themes.merge(session, get_theme(session, two), one, by=pm_actor, zone=zone)
    run_now()
    assert theme_of(runtime, gold_voices[10]) == one
    with runtime.database.write() as session:
        decisions.undo(session, merge.id or 0, by=pm_actor, zone=zone)
    assert theme_of(runtime, gold_voices[10]) == two
    assert now_holding(runtime)["places"] == before


def test_a_decision_during_a_run_holds_in_what_it_finds(
    runtime: Runtime, gold_voices: list[int], run_now: RunNow, quick_pipeline: None, pm_actor: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    run_now()
    one, two = theme_of(runtime, gold_voices[0]), theme_of(runtime, gold_voices[10])
    real = work.run_pipeline

    def meanwhile(*args: Any, **kwargs: Any) -> work.Outcome:
        found = real(*args, **kwargs)
        with runtime.database.write() as session:
            theme = get_theme(session, one)
            themes.move(session, theme, gold_voices[:1], two, by=pm_actor, zone=runtime.settings.zone)
        return found

    monkeypatch.setattr(work, "run_pipeline", meanwhile)
    run_now()
    assert theme_of(runtime, gold_voices[0]) == two
    with runtime.database.read() as session:
        sizes = {theme_id: session.get(Theme, theme_id).size for theme_id in (one, two)}  # type: ignore[union-attr]
        assert sizes == {key: len(posts) for key, posts in api.post_ids_of(session, [one, two]).items()}


def test_a_voice_written_during_a_run_is_placed_when_it_ends(
    runtime: Runtime, gold_voices: list[int], run_now: RunNow, quick_pipeline: None, make_voices: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    real = work.run_pipeline
    late: list[int] = []

    def meanwhile(*args: Any, **kwargs: Any) -> work.Outcome:
        late.extend(make_voices(["座椅通风开到三档噪音特别大"]))
        return real(*args, **kwargs)

    monkeypatch.setattr(work, "run_pipeline", meanwhile)
    run_now()
    assert theme_of(runtime, late[0]) == theme_of(runtime, gold_voices[0])


def test_one_run_at_a_time(session: Session) -> None:
    first = service.start_run(session)
    with pytest.raises(service.RunUnderway):
        service.start_run(session)
    service.cancel_run(session, first)
    assert service.start_run(session).id != first.id


def test_a_run_whose_process_is_gone_makes_room(session: Session) -> None:
    first = service.start_run(session, queue=False)
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    assert service.begin(session, first.id or 0) is not None
    first.runner = f"{service.this_process().rpartition(':')[0]}:{int(gone.stdout)}"
    session.add(first)
    session.flush()
    second = service.start_run(session)
    assert second.id != first.id
    assert session.get(Run, first.id).state is RunState.FAILED  # type: ignore[union-attr]


def test_a_silent_run_on_another_machine_is_given_up_after_a_while(session: Session) -> None:
    run = service.start_run(session, queue=False)
    run.state, run.runner, run.heartbeat_at = RunState.RUNNING, "elsewhere:1", clock.now()
    assert not service.is_dead(run)
    run.heartbeat_at = clock.now() - service.SILENCE - timedelta(seconds=1)
    assert service.is_dead(run)


def test_a_cancelled_run_changes_nothing(
    runtime: Runtime, gold_voices: list[int], run_now: RunNow, quick_pipeline: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_now()
    before = now_holding(runtime)
    real = work.run_pipeline

    def cancelled(*args: Any, **kwargs: Any) -> work.Outcome:
        with runtime.database.write() as session:
            active = service.active_run(session)
            assert active is not None
            service.cancel_run(session, active)
        return real(*args, **kwargs)

    monkeypatch.setattr(work, "run_pipeline", cancelled)
    run = run_now()
    assert run.state is RunState.CANCELLED
    assert run.slot is None
    assert now_holding(runtime) == before
    with runtime.database.read() as session:
        assert session.exec(select(ThemePost.post_id).where(ThemePost.run_id == run.id)).first() is None


def test_a_run_that_takes_too_long_is_stopped_with_its_process(
    runtime: Runtime, gold_voices: list[int], tmp_path: Path
) -> None:
    work.write_job(tmp_path, {}, cold=False)
    (tmp_path / "posts.jsonl").write_text("", encoding="utf-8")
    begun = time.monotonic()
    with pytest.raises(work.RunFailed, match="longer"):
        work.run_pipeline(tmp_path, lambda *_: True, timeout_seconds=0.2)
    assert time.monotonic() - begun < 10


def test_a_broken_job_fails_with_its_reason_and_leaves_room(
    runtime: Runtime, gold_voices: list[int], monkeypatch: pytest.MonkeyPatch, run_now: RunNow, quick_pipeline: None
) -> None:
    monkeypatch.setattr(jobs, "ignored_words", lambda *_: 7)
    run = run_now()
    assert (run.state, run.slot) == (RunState.FAILED, None)
    assert run.error
    with runtime.database.read() as session:
        assert current_run_id(session) is None


def test_the_worker_does_a_queued_run_once(
    runtime: Runtime, gold_voices: list[int], worker: Worker, quick_pipeline: None
) -> None:
    with runtime.database.write() as session:
        run_id = service.start_run(session, cause=Cause.NIGHTLY).id or 0
    worker.drain()
    with runtime.database.read() as session:
        run = service.get_run(session, run_id)
        assert run.state is RunState.DONE
        assert current_run_id(session) == run_id
        assert run.themes == len(session.exec(select(Theme.id).where(Theme.size > 0)).all())
    jobs.run_clusters(runtime, run_id=run_id)
    with runtime.database.read() as session:
        assert service.get_run(session, run_id).finished_at == run.finished_at


def test_the_nightly_timer_respects_a_run_under_way(session: Session) -> None:
    jobs.run_nightly(session)
    jobs.run_nightly(session)
    session.flush()
    assert [run.cause for run in service.recent_runs(session)] == [Cause.NIGHTLY]


def test_assignments_of_old_runs_are_let_go(
    runtime: Runtime, gold_voices: list[int], run_now: RunNow, quick_pipeline: None
) -> None:
    runs = [run_now().id for _ in range(4)]
    with runtime.database.read() as session:
        stored = set(session.exec(select(ThemePost.run_id)).all())
        models = set(session.exec(select(RunModel.run_id)).all())
    assert stored == models == set(runs[-2:])


def test_no_posts_at_all_is_a_run_too(runtime: Runtime, run_now: RunNow, quick_pipeline: None) -> None:
    run = run_now()
    assert (run.state, run.posts, run.themes, run.rest_share) == (RunState.DONE, 0, 0, 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)  # the process knows files, and no database
def test_the_pipeline_runs_in_a_process_of_its_own(runtime: Runtime, gold_voices: list[int], run_now: RunNow) -> None:
    run = run_now()
    assert (run.state, run.error) == (RunState.DONE, "")
    assert run.peak_mb > 0
    assert "numpy" in run.versions
    assert not (runtime.settings.home / "runs" / str(run.id)).exists()


@pytest.mark.slow
def test_a_killed_run_leaves_the_old_themes_and_the_next_one_works(
    runtime: Runtime, settings_of: Callable[[], dict[str, str]], gold_voices: list[int], run_now: RunNow,
    quick_pipeline: None, make_voices: Any,
) -> None:  # fmt: skip
    run_now()
    before = now_holding(runtime)
    make_voices([f"{text}，再说一遍" for texts in GOLD.values() for text in texts])
    command = [sys.executable, "-c", "import main; main.cli()", "cluster", "run"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | settings_of(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_until_running(runtime, process)
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    assert now_holding(runtime) == before
    with runtime.database.read() as session:
        killed = session.exec(select(Run).order_by(col(Run.id).desc())).first()
        assert killed is not None
        assert killed.state is RunState.RUNNING
    assert run_now().state is RunState.DONE
    with runtime.database.read() as session:
        assert service.get_run(session, killed.id or 0).state is RunState.FAILED
    assert len(now_holding(runtime)["places"]) == 2 * len(gold_voices)


def _wait_until_running(runtime: Runtime, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        assert process.poll() is None, "the command ended before it could be killed"
        with runtime.database.read() as session:
            active = service.active_run(session)
            if active is not None and active.state is RunState.RUNNING and active.step != "export":
                return
        time.sleep(0.05)
    raise AssertionError("the run never began")


@pytest.fixture
def settings_of(runtime: Runtime) -> Callable[[], dict[str, str]]:
    """The settings of this test's database as environment, for a program of its own."""

    def environment() -> dict[str, str]:
        settings: Settings = runtime.settings
        return {
            "COCREATE_HOME": str(settings.home),
            "COCREATE_DATABASE_URL": runtime.database.url,
            "COCREATE_SECRET": "test",
        }

    return environment


def test_sources_tell_how_a_voice_came_to_its_theme(
    runtime: Runtime, gold_voices: list[int], run_now: RunNow, quick_pipeline: None, pm_actor: Actor
) -> None:
    run_now()
    one, two = theme_of(runtime, gold_voices[0]), theme_of(runtime, gold_voices[10])
    with runtime.database.write() as session:
        themes.move(session, get_theme(session, one), gold_voices[:1], two, by=pm_actor, zone=runtime.settings.zone)
    run_now()
    with runtime.database.read() as session:
        rows = session.exec(select(ThemePost).where(ThemePost.run_id == current_run_id(session))).all()
    assert {row.post_id for row in rows if row.source is Source.PERSON} == {gold_voices[0]}
