"""Steps of items: a sentence for each, posts that follow, one message per person and step."""

from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from cocreate.core import outbox
from cocreate.core.actor import Actor
from cocreate.core.db import Database
from cocreate.core.errors import Invalid
from cocreate.core.jobs import Worker
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.models import InboxMessage
from forum.follows.models import Subscription
from forum.posts.models import Post, PostStatus
from roadmap.forms import SentenceMissing
from roadmap.items import notices, service
from roadmap.items import order as order_of_items
from roadmap.items.forms import ItemForm
from roadmap.items.models import ItemChange, ItemStage, ItemStatus, RoadmapItem
from roadmap.items.stages import POST_STATUS, STAGE_LABELS, STAGE_NEWS, STATUS_LABELS, STATUS_OF

Make = Callable[..., Any]


def messages(database: Database, prefix: str = "item:") -> list[tuple[int, str, str]]:
    with database.read() as session:
        rows = session.exec(select(InboxMessage).order_by(InboxMessage.id)).all()  # type: ignore[arg-type]
        return [(row.member_id, row.key, row.notice) for row in rows if row.key.startswith(prefix)]


def statuses(database: Database, posts: list[Post]) -> list[PostStatus]:
    with database.read() as session:
        return [session.exec(select(Post.status).where(Post.id == post.id)).one() for post in posts]


def test_every_stage_and_status_is_in_the_tables() -> None:
    assert set(STATUS_OF) == set(STAGE_LABELS) == set(STAGE_NEWS) == set(ItemStage)
    assert set(STATUS_OF.values()) == set(POST_STATUS) == set(STATUS_LABELS) == set(ItemStatus)


def test_everybody_behind_hears_once_although_they_stand_behind_three_posts(
    make_item: Make, step: Make, voices: SimpleNamespace, worker: Worker, database: Database
) -> None:
    item = make_item("座椅降噪", themes=[voices.theme])
    step(item, "decided", "明年春天换扇叶。")
    worker.drain()

    key = f"item:{item.id}:decided:1"
    told = {member: notice for member, found, notice in messages(database) if found == key}
    assert told == {
        voices.lin.id: "roadmap.step.wrote",
        voices.chen.id: "roadmap.step.wrote",
        voices.wu.id: "roadmap.step.voted",
    }
    assert len(messages(database)) == 3


def test_followers_are_told_why(
    make_item: Make, step: Make, voices: SimpleNamespace, make_member: Make, worker: Worker, database: Database
) -> None:
    follower = make_member("路人")
    with database.write() as session:
        session.add(Subscription(member_id=follower.id, post_id=voices.posts[0].id))
    step(make_item(themes=[voices.theme]), "studied")
    worker.drain()
    assert (follower.id, "roadmap.step.follows") in {(member, notice) for member, _, notice in messages(database)}


def test_telling_again_adds_nothing(
    make_item: Make, step: Make, voices: SimpleNamespace, worker: Worker, runtime: Runtime, database: Database
) -> None:
    step(make_item(themes=[voices.theme]), "built")
    worker.drain()
    before = messages(database)
    with database.read() as session:
        change_id = session.exec(select(ItemChange.id)).one()
    notices.tell_supporters(runtime, change_id=change_id)
    assert messages(database) == before


def test_a_crash_between_two_chunks_is_made_good(
    make_item: Make, step: Make, voices: SimpleNamespace, worker: Worker, runtime: Runtime, database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    step(make_item(themes=[voices.theme]), "built")
    with database.read() as session:
        change_id = session.exec(select(ItemChange.id)).one()
    monkeypatch.setattr(notices, "CHUNK", 1)
    real, calls = notices.tell, []

    def dying(*args: Any, **kwargs: Any) -> int:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("power cut")
        return real(*args, **kwargs)

    monkeypatch.setattr(notices, "tell", dying)
    with pytest.raises(RuntimeError, match="power cut"):
        notices.tell_supporters(runtime, change_id=change_id)
    assert len(messages(database)) == 1

    worker.drain()
    assert Counter(member for member, _, _ in messages(database)) == {
        voices.lin.id: 1, voices.chen.id: 1, voices.wu.id: 1,
    }  # fmt: skip


def test_a_stage_reached_again_is_a_numbered_occurrence_and_told_again(
    make_item: Make, step: Make, voices: SimpleNamespace, worker: Worker, database: Database
) -> None:
    item = make_item(themes=[voices.theme])
    for stage in ("pilot", "built", "pilot"):
        step(item, stage)
        worker.drain()
    keys = [key for member, key, _ in messages(database) if member == voices.wu.id]
    assert keys == [f"item:{item.id}:pilot:1", f"item:{item.id}:built:1", f"item:{item.id}:pilot:2"]


def test_the_same_stage_is_refused_unless_the_release_moves(
    make_item: Make, step: Make, make_release: Make, database: Database
) -> None:
    item, release = make_item(stage="decided"), make_release("2.4")
    with pytest.raises(service.NothingChanged):
        step(item, "decided")
    step(item, "decided", "改到 2.4。", release_id=release.id)
    with database.read() as session:
        assert list(session.exec(select(ItemChange.occurrence).where(ItemChange.stage == ItemStage.DECIDED))) == [1, 2]


@pytest.mark.parametrize("sentence", ["", "  \n "])
def test_a_step_needs_a_sentence(make_item: Make, step: Make, sentence: str, database: Database) -> None:
    item = make_item()
    with pytest.raises(SentenceMissing):
        step(item, "decided", sentence)
    with database.read() as session:
        assert session.exec(select(ItemChange)).all() == []


def test_two_people_do_not_cross(make_item: Make, step: Make) -> None:
    item = make_item(stage="studied")
    with pytest.raises(service.StageMoved):
        step(item, "decided", seen=0)


def test_a_step_onto_an_item_that_moved_meanwhile_is_refused(
    make_item: Make, database: Database, pm_actor: Actor
) -> None:
    item = make_item()
    with database.write() as first:
        row = first.get(RoadmapItem, item.id)
        assert row is not None
    with database.write() as second:
        other = second.get(RoadmapItem, item.id)
        assert other is not None
        service.change_stage(second, other, stage=ItemStage.STUDIED, sentence="快一步。", by=pm_actor)
    with database.write() as third, pytest.raises(service.StageMoved):
        service._swap_stage(third, row, ItemStage.BUILT, None, row.stage_at, None)


def test_history_is_never_rewritten(make_item: Make, database: Database) -> None:
    make_item(stage="decided")
    with database.write() as session:
        change = session.exec(select(ItemChange)).one()
        change.sentence = "从没说过。"
        session.add(change)
        with pytest.raises(DBAPIError):
            session.flush()
        session.rollback()


@pytest.mark.parametrize("stage", list(ItemStage))
def test_posts_follow_their_item(
    stage: ItemStage, make_item: Make, voices: SimpleNamespace, database: Database
) -> None:
    if stage == ItemStage.RECEIVED:
        make_item(themes=[voices.theme])
    else:
        make_item(themes=[voices.theme], stage=stage.value)
    assert statuses(database, voices.posts) == [POST_STATUS[STATUS_OF[stage]]] * 3


def test_a_post_follows_the_item_that_is_furthest_along(
    make_item: Make, step: Make, voices: SimpleNamespace, database: Database
) -> None:
    make_item(posts=[voices.posts[0]], stage="built")
    later = make_item(themes=[voices.theme])
    assert statuses(database, voices.posts) == [PostStatus.STARTED, PostStatus.REVIEWING, PostStatus.REVIEWING]
    step(later, "declined", "这一条不做，另一条在做。")
    assert statuses(database, voices.posts) == [PostStatus.STARTED, PostStatus.DECLINED, PostStatus.DECLINED]


def test_an_item_that_is_not_public_moves_no_post_and_tells_nobody(
    make_item: Make, step: Make, voices: SimpleNamespace, worker: Worker, database: Database, pm_actor: Actor
) -> None:
    item = make_item("悄悄的", themes=[voices.theme], public=False)
    step(item, "decided")
    worker.drain()
    assert messages(database) == []
    assert statuses(database, voices.posts) == [PostStatus.OPEN] * 3

    with database.write() as session:
        row = session.get(RoadmapItem, item.id)
        assert row is not None
        service.edit_item(session, row, ItemForm(title="公开了", public=True), by=pm_actor)
    assert statuses(database, voices.posts) == [PostStatus.PLANNED] * 3
    with database.write() as session:
        row = session.get(RoadmapItem, item.id)
        assert row is not None
        service.edit_item(session, row, ItemForm(title="又收回", public=False), by=pm_actor)
    assert statuses(database, voices.posts) == [PostStatus.OPEN] * 3


def test_a_step_of_an_item_that_was_not_public_is_told_once_when_it_becomes_so(
    make_item: Make, step: Make, voices: SimpleNamespace, worker: Worker, database: Database, pm_actor: Actor
) -> None:
    item = make_item("悄悄的", themes=[voices.theme], public=False)
    for stage in ("studied", "decided"):
        step(item, stage)
        worker.drain()
    with database.read() as session:
        jobs = select(outbox.OutboxEntry).where(outbox.OutboxEntry.name == "roadmap.tell_supporters")
        assert session.exec(jobs).all() == []

    def edit(public: bool) -> None:
        with database.write() as session:
            row = session.get_one(RoadmapItem, item.id)
            service.edit_item(session, row, ItemForm(title="公开了", public=public), by=pm_actor)
        worker.drain()

    once = Counter((member.id, f"item:{item.id}:decided:1") for member in (voices.lin, voices.chen, voices.wu))
    for public in (True, True, False, True):
        edit(public)
        assert Counter((member, key) for member, key, _ in messages(database)) == once


def test_a_step_that_was_withheld_before_it_was_told_is_told_when_the_item_is_back(
    make_item: Make, step: Make, voices: SimpleNamespace, worker: Worker, runtime: Runtime, database: Database,
    pm_actor: Actor,
) -> None:  # fmt: skip
    item = make_item(themes=[voices.theme])
    step(item, "decided")
    with database.write() as session:
        change = session.exec(select(ItemChange)).one()
        # Queued while it was public; the job runs when it no longer is.
        outbox.enqueue(session, "roadmap.tell_supporters", key=f"roadmap.tell:{change.id}", change_id=change.id)
        service.edit_item(session, session.get_one(RoadmapItem, item.id), ItemForm(title="收回"), by=pm_actor)
    worker.drain()
    assert messages(database) == []
    with database.write() as session:
        row = session.get_one(RoadmapItem, item.id)
        service.edit_item(session, row, ItemForm(title="又公开", public=True), by=pm_actor)
    worker.drain()
    assert len(messages(database)) == 3


def test_a_failed_step_leaves_nothing(
    make_item: Make, voices: SimpleNamespace, database: Database, pm_actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = make_item(themes=[voices.theme])
    with database.read() as session:
        owed = len(session.exec(select(outbox.OutboxEntry)).all())

    def failing(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(service.audit, "record", failing)

    def try_it() -> None:
        with database.write() as session:
            row = session.get(RoadmapItem, item.id)
            assert row is not None
            service.change_stage(session, row, stage=ItemStage.BUILT, sentence="开工。", by=pm_actor)

    with pytest.raises(RuntimeError, match="disk full"):
        try_it()
    with database.read() as session:
        assert session.exec(select(RoadmapItem.stage)).one() == ItemStage.RECEIVED
        assert session.exec(select(ItemChange)).all() == []
        assert len(session.exec(select(outbox.OutboxEntry)).all()) == owed
    assert statuses(database, voices.posts) == [PostStatus.REVIEWING] * 3


def test_moving_keeps_every_item_once(make_item: Make, database: Database, pm_actor: Actor) -> None:
    ids = [make_item().id for _ in range(4)]

    def order() -> list[int | None]:
        with database.read() as session:
            statement = select(RoadmapItem.id).order_by(RoadmapItem.position, RoadmapItem.id.desc())  # type: ignore
            return list(session.exec(statement))

    assert order() == ids[::-1]
    for target, up in ((ids[0], True), (ids[3], True), (ids[1], False)):
        with database.write() as session:
            row = session.get(RoadmapItem, target)
            assert row is not None
            order_of_items.move_item(session, row, up=up, by=pm_actor)
    assert order() == [ids[3], ids[2], ids[0], ids[1]]


def test_an_unknown_release_is_refused(make_item: Make, step: Make) -> None:
    with pytest.raises(Invalid):
        step(make_item(), "built", release_id=999)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_people_are_counted_once(
    data: st.DataObject, make_item: Make, put_post: Make, put_theme: Make, make_member: Make, database: Database
) -> None:
    people = [make_member() for _ in range(4)]
    who = st.sampled_from(people)
    posts, expected, elsewhere, counted_elsewhere = [], set(), set(), 0
    for _ in range(data.draw(st.integers(1, 4))):
        author: Member | None = data.draw(st.none() | who)
        voters = data.draw(st.lists(who, unique_by=lambda member: member.id, max_size=4))
        label = data.draw(st.sampled_from([None, "老王", "小李"])) if author is None else None
        source = data.draw(st.sampled_from(["调研", "mail"])) if label else ""
        votes = data.draw(st.integers(0, 9)) if author is None else 0
        posts.append(put_post(author=author, voters=voters, author_label=label, source=source, imported_votes=votes))
        expected |= {member.id for member in [author, *voters] if member}
        elsewhere |= {(source, label)} if label else set()
        counted_elsewhere += votes
    half = len(posts) // 2
    item = make_item(themes=[put_theme("一", posts[half:])], posts=posts[: half + 1])
    with database.read() as session:
        row = session.get(RoadmapItem, item.id)
        assert row is not None
        assert (row.people, row.voices) == (len(expected) + len(elsewhere), len(posts))
        assert (row.labels, row.imported_votes) == (len(elsewhere), counted_elsewhere)
