"""Voices that change while a run is at work or undecided: what it found is not older than what people read."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from cocreate.core import clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.jobs import Worker
from cocreate.core.runtime import Runtime
from feedback_cluster.changes import service, take
from feedback_cluster.guiding.service import place
from feedback_cluster.runs import folder as work
from feedback_cluster.runs import service as runs
from feedback_cluster.runs.models import Run, RunState
from feedback_cluster.runs.service import get_run
from feedback_cluster.themes.assign import assign_posts
from feedback_cluster.themes.meanwhile import UNREAD
from feedback_cluster.themes.models import ThemePost
from feedback_cluster.themes.queries import current_run_id, get_theme
from forum import api as forum
from forum.events import PostDeleted, PostEdited, VoteCast
from forum.posts.models import Post, PostStatus, Visibility
from tests.feedback_cluster.changes.verdicts import approve, undo

RunNow = Callable[..., Run]


def row_of(runtime: Runtime, post_id: int) -> ThemePost | None:
    with runtime.database.read() as session:
        return session.get(ThemePost, (current_run_id(session), post_id))


def make_private(runtime: Runtime, worker: Worker, post_id: int) -> None:
    """The author lets only the brand read the post, and the worker hears of it."""
    with runtime.database.write() as session:
        post = session.get_one(Post, post_id)
        post.visibility = Visibility.STAFF
        session.add(post)
        outbox.publish(session, PostEdited(post_id=post_id))
    worker.drain()


@pytest.mark.parametrize("again", [False, True])
def test_a_voice_made_private_during_a_run_is_private_in_what_it_found(
    runtime: Runtime, gold_voices: list[int], run_now: RunNow, quick_pipeline: None, worker: Worker, again: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if again:
        run_now()
    real = work.run_pipeline

    def meanwhile(*args: Any, **kwargs: Any) -> work.Outcome:
        make_private(runtime, worker, gold_voices[0])
        return real(*args, **kwargs)

    monkeypatch.setattr(work, "run_pipeline", meanwhile)
    run = run_now()
    worker.drain()
    row = row_of(runtime, gold_voices[0])
    assert row is not None
    assert (row.run_id, row.staff_only, row.theme_id is not None) == (run.id, True, True)
    assert row.confidence >= 0
    with runtime.database.read() as session:
        theme = get_theme(session, row.theme_id or 0)
        rows = session.exec(select(ThemePost).where(ThemePost.run_id == run.id, ThemePost.theme_id == theme.id)).all()
        assert theme.size == len(rows)


def test_votes_and_answers_during_a_run_are_in_what_it_found(
    runtime: Runtime, gold_voices: list[int], run_now: RunNow, quick_pipeline: None, worker: Worker, pm_actor: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    run_now()
    real, (liked, answered) = work.run_pipeline, gold_voices[:2]

    def meanwhile(*args: Any, **kwargs: Any) -> work.Outcome:
        with runtime.database.write() as session:
            post = session.get_one(Post, liked)
            post.vote_count = 7
            session.add(post)
            outbox.publish(session, VoteCast(post_id=liked, member_id=pm_actor.member_id))
            forum.set_status(session, [answered], PostStatus.REVIEWING, cause=None, by=pm_actor, reason="在看")
        worker.drain()
        return real(*args, **kwargs)

    monkeypatch.setattr(work, "run_pipeline", meanwhile)
    run = run_now()
    with runtime.database.read() as session:
        rows = session.exec(select(ThemePost).where(ThemePost.run_id == run.id)).all()
        told = {row.post_id: (row.votes, row.is_open) for row in rows}
        theme = get_theme(session, next(row.theme_id for row in rows if row.post_id == liked) or 0)
        assert theme.votes == sum(row.votes for row in rows if row.theme_id == theme.id)
    assert (told[liked], told[answered]) == ((7, True), (0, False))


@pytest.mark.parametrize("state", ["approved", "rejected", "undoing"])
def test_a_voice_made_private_while_a_run_is_between_two_states_is_private_after_it(
    runtime: Runtime, first: Run, propose_now: RunNow, moving: Any, pm_actor: Actor, gold_voices: list[int],
    state: str,
) -> None:  # fmt: skip
    run = propose_now(moving)
    home = row_of(runtime, gold_voices[1])
    with runtime.database.write() as session:
        waits = get_run(session, run.id or 0)
        if state == "rejected":
            service.reject(session, waits, by=pm_actor)
        else:
            service.approve(session, waits, by=pm_actor)
    if state == "undoing":
        take.take_effect(runtime, run_id=run.id or 0)
        # A person's word keeps it where it is, so that no model looks at it again.
        with runtime.database.write() as session:
            place(session, gold_voices[:1], home.theme_id if home else 0, by=pm_actor, zone=runtime.settings.zone)
    with runtime.database.write() as session:
        post = session.get_one(Post, gold_voices[0])
        post.visibility = Visibility.STAFF
        session.add(post)
    assign_posts(runtime, post_ids=gold_voices[:1])
    if state == "rejected":
        with runtime.database.write() as session:
            service.undo(session, get_run(session, run.id or 0), by=pm_actor)
        approve(runtime, run, pm_actor)
    elif state == "undoing":
        undo(runtime, run, pm_actor)
    else:
        take.take_effect(runtime, run_id=run.id or 0)
    row = row_of(runtime, gold_voices[0])
    assert row is not None
    assert row.staff_only


def test_a_voice_deleted_during_the_first_run_is_in_no_theme(
    runtime: Runtime, gold_voices: list[int], run_now: RunNow, quick_pipeline: None, worker: Worker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    real = work.run_pipeline

    def meanwhile(*args: Any, **kwargs: Any) -> work.Outcome:
        with runtime.database.write() as session:
            post = session.get_one(Post, gold_voices[0])
            post.deleted_at, post.body = clock.now(), ""
            session.add(post)
            outbox.publish(session, PostDeleted(post_id=gold_voices[0]))
        worker.drain()
        return real(*args, **kwargs)

    monkeypatch.setattr(work, "run_pipeline", meanwhile)
    run_now()
    worker.drain()
    assert row_of(runtime, gold_voices[0]) is None


def test_marks_for_a_run_whose_process_died_do_not_stay(
    runtime: Runtime, first: Run, run_now: RunNow, gold_voices: list[int]
) -> None:
    with runtime.database.write() as session:
        dead = runs.start_run(session, queue=False).id or 0
        assert runs.begin(session, dead) is not None
    assign_posts(runtime, post_ids=gold_voices[:1])
    with runtime.database.write() as session:
        assert session.get_one(ThemePost, (dead, gold_voices[0])).confidence == UNREAD
        runs.end(session, get_run(session, dead), RunState.FAILED)
    run_now()
    with runtime.database.read() as session:
        assert session.get(ThemePost, (dead, gold_voices[0])) is None


def test_what_a_dead_run_had_written_down_of_people_s_voices_goes_with_the_next_run(
    runtime: Runtime, gold_voices: list[int], run_now: RunNow, quick_pipeline: None
) -> None:
    with runtime.database.write() as session:
        dead, other = runs.start_run(session, queue=False).id or 0, 4_000
        runs.end(session, get_run(session, dead), RunState.FAILED)
    homes = [runtime.settings.home / "runs" / str(number) for number in (dead, other)]
    for home in homes:
        home.mkdir(parents=True)
        (home / "posts.jsonl").write_text("{}")
    (homes[0].parent / "cut.npz").write_bytes(b"")
    run_now()
    assert not any(home.exists() for home in homes)
    assert (homes[0].parent / "cut.npz").exists()
