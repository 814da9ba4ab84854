"""New voices find their theme when the worker has run, and leave it when they are gone."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import Session, col, select

from cocreate.core import outbox
from cocreate.core.actor import Actor
from cocreate.core.jobs import Worker
from cocreate.core.runtime import Runtime
from feedback_cluster import api
from feedback_cluster.events import RunFinished, ThemePostsChanged
from feedback_cluster.runs.models import Run
from feedback_cluster.themes import assign, stats
from feedback_cluster.themes import service as themes
from feedback_cluster.themes.models import Source, Theme, ThemePost
from feedback_cluster.themes.queries import current_run_id, get_theme
from forum import api as forum
from forum.events import PostDeleted, PostEdited, PostHidden, PostRestored, PostsImported, PostSubmitted, VoteCast
from forum.posts.models import Post

pytestmark = pytest.mark.usefixtures("quick_pipeline")
RunNow = Callable[..., Run]


@pytest.fixture
def seat_theme(runtime: Runtime, gold_voices: list[int], run_now: RunNow) -> int:
    run_now()
    with runtime.database.read() as session:
        return api.themes_of_posts(session, gold_voices)[gold_voices[0]].id


def tell(runtime: Runtime, worker: Worker, *events: Any) -> None:
    with runtime.database.write() as session:
        for event in events:
            outbox.publish(session, event)
    worker.drain()


def row_of(runtime: Runtime, post_id: int) -> ThemePost | None:
    with runtime.database.read() as session:
        return session.get(ThemePost, (current_run_id(session), post_id))


def size_of(runtime: Runtime, theme_id: int) -> int:
    with runtime.database.read() as session:
        return get_theme(session, theme_id).size


def test_a_new_post_joins_its_theme_and_is_counted(
    runtime: Runtime, worker: Worker, seat_theme: int, make_voices: Any
) -> None:
    before = size_of(runtime, seat_theme)
    post = make_voices(["座椅通风三档的噪音像吹风机"])[0]
    tell(runtime, worker, PostSubmitted(post_id=post), PostSubmitted(post_id=post))
    row = row_of(runtime, post)
    assert row is not None
    assert (row.theme_id, row.source) == (seat_theme, Source.NEW)
    assert row.confidence > 0.3
    assert size_of(runtime, seat_theme) == before + 1


def test_a_post_that_means_nothing_known_goes_to_the_rest(
    runtime: Runtime, worker: Worker, seat_theme: int, make_voices: Any
) -> None:
    post = make_voices(["打卡"])[0]
    tell(runtime, worker, PostSubmitted(post_id=post))
    row = row_of(runtime, post)
    assert row is not None
    assert row.theme_id is None
    with runtime.database.read() as session:
        assert api.themes_of_posts(session, [post]) == {}


def test_imported_posts_join_too(runtime: Runtime, worker: Worker, seat_theme: int, make_voices: Any) -> None:
    posts = make_voices(["座椅通风有噪音", "手机蓝牙又断连了"])
    tell(runtime, worker, PostsImported(import_id=1, post_ids=posts))
    with runtime.database.read() as session:
        found = api.themes_of_posts(session, posts)
    assert found[posts[0]].id == seat_theme != found[posts[1]].id


def test_an_edited_post_moves_but_not_from_where_a_person_put_it(
    runtime: Runtime, worker: Worker, seat_theme: int, gold_voices: list[int], pm_actor: Actor
) -> None:
    moved, pinned = gold_voices[12], gold_voices[13]
    with runtime.database.write() as session:
        theme = get_theme(session, api.themes_of_posts(session, [pinned])[pinned].id)
        themes.move(session, theme, [pinned], seat_theme, by=pm_actor, zone=runtime.settings.zone)
        for post_id, text in ((moved, "座椅通风三档噪音大"), (pinned, "手机蓝牙断连")):
            post = session.get(Post, post_id)
            assert post is not None
            post.title = text
            session.add(post)
    tell(runtime, worker, PostEdited(post_id=moved), PostEdited(post_id=pinned))
    with runtime.database.read() as session:
        found = api.themes_of_posts(session, [moved, pinned])
    assert {ref.id for ref in found.values()} == {seat_theme}


def test_a_deleted_post_leaves_and_a_hidden_one_comes_back(
    runtime: Runtime, worker: Worker, seat_theme: int, gold_voices: list[int], database: Any
) -> None:
    before = size_of(runtime, seat_theme)
    tell(runtime, worker, PostDeleted(post_id=gold_voices[0]))
    assert row_of(runtime, gold_voices[0]) is None
    assert size_of(runtime, seat_theme) == before - 1
    tell(runtime, worker, PostHidden(post_id=gold_voices[1]))
    assert size_of(runtime, seat_theme) == before - 2
    tell(runtime, worker, PostRestored(post_id=gold_voices[1]))
    assert size_of(runtime, seat_theme) == before - 1


def test_votes_and_answers_show_in_the_figures(
    runtime: Runtime, worker: Worker, seat_theme: int, gold_voices: list[int], pm_actor: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("feedback_cluster.themes.listeners.VOTES_SETTLE_SECONDS", 0)
    with runtime.database.write() as session:
        post = session.get(Post, gold_voices[0])
        assert post is not None
        post.vote_count = 5
        session.add(post)
    tell(runtime, worker, VoteCast(post_id=gold_voices[0], member_id=1))
    with runtime.database.read() as session:
        theme = get_theme(session, seat_theme)
        assert theme.votes == 5
        assert theme.oldest_open_at is not None
    with runtime.database.write() as session:
        ids = api.post_ids_of(session, [seat_theme])[seat_theme]
        forum.set_status(session, ids, forum.PostStatus.PLANNED, cause=("test", 1), by=pm_actor, reason="排上了")
    worker.drain()
    with runtime.database.read() as session:
        assert get_theme(session, seat_theme).oldest_open_at is None


def test_before_the_first_run_nothing_is_placed(
    runtime: Runtime, worker: Worker, make_voices: Any, session: Session
) -> None:
    post = make_voices(["座椅通风有噪音"])[0]
    tell(runtime, worker, PostSubmitted(post_id=post))
    assert api.themes_of_posts(session, [post]) == {}


def test_the_rooms_above_hear_of_it(runtime: Runtime, worker: Worker, seat_theme: int, make_voices: Any) -> None:
    post = make_voices(["座椅通风有噪音"])[0]
    tell(runtime, worker, PostSubmitted(post_id=post))
    with runtime.database.read() as session:
        told = session.exec(select(outbox.OutboxEntry).where(outbox.OutboxEntry.kind == "event")).all()
    assert RunFinished.name in {entry.name for entry in told}
    assert [seat_theme] in [e.payload["theme_ids"] for e in told if e.name == ThemePostsChanged.name]


def test_a_theme_is_counted_once_for_many_votes(session: Session, make_theme: Callable[..., Theme]) -> None:
    from feedback_cluster.themes.assign import count_later

    theme = make_theme("甲")
    for _ in range(3):
        count_later(session, [theme.id or 0])
    session.flush()
    due = session.exec(select(outbox.OutboxEntry).where(outbox.OutboxEntry.name == "feedback_cluster.count")).all()
    assert len(due) == 1


def test_a_count_never_writes_what_a_merge_has_changed_meanwhile(
    runtime: Runtime, seat_theme: int, pm_actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with runtime.database.read() as session:
        other = session.exec(
            select(Theme.id).where(Theme.id != seat_theme, Theme.size > 0).order_by(col(Theme.id))
        ).first()
    assert other is not None
    counted = stats.figures

    def merge_meanwhile(session: Session, ids: Any, zone: Any) -> Any:
        found = counted(session, ids, zone)
        monkeypatch.setattr(stats, "figures", counted)
        with runtime.database.write() as another:
            themes.merge(another, get_theme(another, other), seat_theme, by=pm_actor, zone=zone)
        return found

    before = size_of(runtime, seat_theme), size_of(runtime, other)
    monkeypatch.setattr(stats, "figures", merge_meanwhile)
    assign.count_themes(runtime, theme_ids=[seat_theme])
    assert size_of(runtime, seat_theme) == sum(before)
