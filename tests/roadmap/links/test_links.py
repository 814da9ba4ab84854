"""Links between items and voices: many to many, once each, followed through merges, taken back without loss."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlmodel import select

from cocreate.core import outbox
from cocreate.core.actor import Actor
from cocreate.core.db import Database
from cocreate.core.errors import NotFound
from cocreate.core.jobs import Worker
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.models import InboxMessage
from feedback_cluster.events import RunFinished, ThemePostsChanged, ThemesMerged
from feedback_cluster.themes.models import Theme, ThemePost, TriageStatus
from forum.events import VoteCast
from forum.posts.models import Post, PostHold, PostStatus, StatusChange
from forum.votes.models import Vote
from roadmap.items.models import ItemChange, RoadmapItem
from roadmap.links import service
from roadmap.links.models import ItemLink, ItemPost

Make = Callable[..., Any]


def behind(database: Database, item: RoadmapItem) -> set[int]:
    with database.read() as session:
        return set(session.exec(select(ItemPost.post_id).where(ItemPost.item_id == item.id)))


def status(database: Database, post: Post) -> PostStatus:
    with database.read() as session:
        return session.exec(select(Post.status).where(Post.id == post.id)).one()


def announce(database: Database, *events: Any) -> None:
    with database.write() as session:
        for event in events:
            outbox.publish(session, event)


def test_linking_twice_is_one_link(
    make_item: Make, voices: SimpleNamespace, database: Database, pm_actor: Actor
) -> None:
    item = make_item(themes=[voices.theme], posts=[voices.posts[0]])
    with database.write() as session:
        row = session.get(RoadmapItem, item.id)
        assert row is not None
        assert not service.link_theme(session, row, voices.theme.id, by=pm_actor)
        assert not service.link_post(session, row, voices.posts[0].id, by=pm_actor)
    with database.read() as session:
        assert len(session.exec(select(ItemLink)).all()) == 2
    assert behind(database, item) == {post.id for post in voices.posts}


def test_a_theme_that_is_not_there_is_not_linked(make_item: Make, database: Database, pm_actor: Actor) -> None:
    item = make_item()
    with database.write() as session:
        row = session.get(RoadmapItem, item.id)
        assert row is not None
        with pytest.raises(NotFound):
            service.link_theme(session, row, 4711, by=pm_actor)
        with pytest.raises(NotFound):
            service.link_post(session, row, 4711, by=pm_actor)


def test_a_linked_post_survives_the_undo_of_its_import(make_item: Make, put_post: Make, database: Database) -> None:
    post = put_post()
    make_item(posts=[post])
    with database.read() as session:
        assert session.exec(select(PostHold.why).where(PostHold.post_id == post.id)).all() == ["roadmap"]


def test_unlinking_lets_the_posts_wait_again_and_linking_again_undoes_it(
    client: Any, make_item: Make, voices: SimpleNamespace, database: Database, pm: Member
) -> None:
    item = make_item(themes=[voices.theme], stage="built")
    with database.read() as session:
        link = session.exec(select(ItemLink)).one()
    answer = client.post(f"/roadmap/{item.id}/links/{link.id}/remove", actor=pm)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/roadmap/{item.id}")
    assert behind(database, item) == set()
    assert status(database, voices.posts[0]) == PostStatus.OPEN

    page = client.get(f"/roadmap/{item.id}", actor=pm, headers={"cookie": f"flash={answer.cookies['flash']}"})
    undo = f"/roadmap/{item.id}/links?theme={voices.theme.id}"
    assert undo in page.text
    assert client.post(undo, actor=pm).status_code == 303
    assert behind(database, item) == {post.id for post in voices.posts}
    assert status(database, voices.posts[0]) == PostStatus.STARTED


def test_unlinking_leaves_a_status_that_somebody_set_by_hand(
    make_item: Make, put_post: Make, database: Database, pm_actor: Actor
) -> None:
    post = put_post()
    item = make_item(posts=[post], stage="decided")
    with database.write() as session:
        row = session.get(Post, post.id)
        assert row is not None
        row.status = PostStatus.SHIPPED
        session.add(row)
    with database.write() as session:
        held = session.get(RoadmapItem, item.id)
        link = session.exec(select(ItemLink)).one()
        assert held is not None
        service.unlink(session, held, link, by=pm_actor)
    assert status(database, post) == PostStatus.SHIPPED


def test_a_post_that_joins_the_theme_follows_quietly_and_hears_of_the_next_step(
    make_item: Make, step: Make, voices: SimpleNamespace, put_post: Make, join_theme: Make, make_member: Make,
    database: Database, worker: Worker,
) -> None:  # fmt: skip
    item = make_item(themes=[voices.theme], stage="decided")
    worker.drain()
    late = make_member("晚来的")
    post = put_post("我也觉得吵", author=late)
    join_theme(voices.theme, post)
    announce(database, ThemePostsChanged(theme_ids=[voices.theme.id]))
    worker.drain()

    assert status(database, post) == PostStatus.PLANNED
    with database.read() as session:
        heard = select(InboxMessage.key).where(InboxMessage.member_id == late.id)
        assert list(session.exec(heard)) == []
        row = session.get(RoadmapItem, item.id)
        assert row is not None
        assert (row.people, row.voices, row.stale) == (4, 4, False)
    step(item, "built")
    worker.drain()
    with database.read() as session:
        assert list(session.exec(heard)) == [f"item:{item.id}:built:1"]


def test_a_post_that_leaves_the_theme_waits_again_after_the_next_run(
    make_item: Make, voices: SimpleNamespace, database: Database, worker: Worker
) -> None:
    item = make_item(themes=[voices.theme], stage="decided")
    with database.write() as session:
        placed = session.exec(select(ThemePost).where(ThemePost.post_id == voices.posts[0].id)).one()
        placed.theme_id = None
        session.add(placed)
        outbox.publish(session, RunFinished(run_id=placed.run_id))
    worker.drain()
    assert behind(database, item) == {post.id for post in voices.posts[1:]}
    assert status(database, voices.posts[0]) == PostStatus.OPEN


def test_a_merged_theme_is_followed_and_followed_back(
    make_item: Make, voices: SimpleNamespace, put_post: Make, put_theme: Make, database: Database, worker: Worker
) -> None:
    other_post = put_post("风扇")
    other = put_theme("风扇声", [other_post])
    item = make_item(themes=[other])

    def root(theme_id: int) -> None:
        with database.write() as session:
            row = session.get(Theme, other.id)
            assert row is not None
            row.root_id = theme_id
            session.add(row)

    root(voices.theme.id)
    announce(database, ThemesMerged(source_id=other.id, target_id=voices.theme.id))
    worker.drain()
    assert behind(database, item) == {other_post.id, *(post.id for post in voices.posts)}

    root(other.id)
    announce(database, ThemePostsChanged(theme_ids=[other.id, voices.theme.id]))
    worker.drain()
    assert behind(database, item) == {other_post.id}


def test_votes_are_counted_soon_and_once_for_a_burst(
    make_item: Make, voices: SimpleNamespace, make_member: Make, database: Database, worker: Worker
) -> None:
    item = make_item(themes=[voices.theme])
    fans = [make_member() for _ in range(5)]
    with database.write() as session:
        session.add_all(Vote(member_id=fan.id, post_id=voices.posts[0].id) for fan in fans)
    announce(database, *(VoteCast(post_id=voices.posts[0].id, member_id=fan.id) for fan in fans))
    worker.drain()
    with database.read() as session:
        row = session.get(RoadmapItem, item.id)
        assert row is not None
        assert (row.people, row.stale) == (8, False)
        jobs = session.exec(select(outbox.OutboxEntry).where(outbox.OutboxEntry.name == "roadmap.sync_item")).all()
        assert len(jobs) < len(fans)


def test_a_status_that_somebody_set_by_hand_outlasts_a_vote_and_ends_with_the_next_step(
    make_item: Make, step: Make, voices: SimpleNamespace, put_post: Make, join_theme: Make, database: Database,
    worker: Worker,
) -> None:  # fmt: skip
    item = make_item(themes=[voices.theme], stage="decided")
    worker.drain()
    by_hand, late = voices.posts[0], put_post("晚来的一句")
    with database.write() as session:
        session.get_one(Post, by_hand.id).status = PostStatus.SHIPPED
    join_theme(voices.theme, late)
    announce(database, VoteCast(post_id=voices.posts[1].id, member_id=voices.lin.id))
    worker.drain()
    assert (status(database, by_hand), status(database, late)) == (PostStatus.SHIPPED, PostStatus.PLANNED)
    step(item, "built")
    assert status(database, by_hand) == PostStatus.STARTED


def test_a_theme_page_makes_an_item_and_links_it_without_script(
    client: Any, voices: SimpleNamespace, pm: Member, database: Database
) -> None:
    link = f"/themes/{voices.theme.id}/link"
    made = {"title": "座椅降噪", "what": "换扇叶。"}
    assert client.post(link, actor=pm, data={**made, "sentence": " "}).status_code == 422
    with database.read() as session:
        assert session.exec(select(RoadmapItem)).all() == []
    answer = client.post(link, actor=pm, data={**made, "sentence": "收到，正在看。"})
    assert answer.status_code == 303
    with database.read() as session:
        item = session.exec(select(RoadmapItem)).one()
    assert (item.title, item.what, item.public) == ("座椅降噪", "换扇叶。", True)
    assert behind(database, item) == {post.id for post in voices.posts}

    again = client.post(f"/themes/{voices.theme.id}/link", actor=pm, data={"item": item.id})
    assert again.status_code == 303
    assert client.post(f"/themes/{voices.theme.id}/link", actor=pm, data={}).status_code == 422


def heard(database: Database, member: Member) -> list[str]:
    with database.read() as session:
        return list(session.exec(select(InboxMessage.key).where(InboxMessage.member_id == member.id)))


def test_an_item_made_on_a_theme_says_its_first_sentence_to_everybody_in_it(
    client: Any, voices: SimpleNamespace, pm: Member, database: Database, worker: Worker
) -> None:
    assert 'name="sentence"' in client.get(f"/themes/{voices.theme.id}", actor=pm).text
    made = {"title": "座椅降噪", "sentence": "收到，正在看。"}
    client.post(f"/themes/{voices.theme.id}/link", actor=pm, data=made)
    worker.drain()
    with database.read() as session:
        item = session.exec(select(RoadmapItem)).one()
        assert session.exec(select(ItemChange.sentence)).all() == ["收到，正在看。"]
    for member in (voices.lin, voices.chen, voices.wu):
        assert heard(database, member) == [f"item:{item.id}:received:1"]
    with database.read() as session:
        assert set(session.exec(select(StatusChange.reason))) == {"收到，正在看。"}


@pytest.mark.parametrize("way", ["theme", "post", "item"])
def test_whom_a_person_links_late_hears_the_newest_step_once(
    client: Any, make_item: Make, voices: SimpleNamespace, put_post: Make, make_member: Make, pm: Member,
    database: Database, worker: Worker, way: str,
) -> None:  # fmt: skip
    first = make_member("先来的")
    item = make_item(posts=[put_post(author=first)], stage="decided")
    worker.drain()
    post = voices.posts[0]
    if way == "theme":
        answer = client.post(f"/themes/{voices.theme.id}/link", actor=pm, data={"item": item.id})
    elif way == "post":
        answer = client.post(f"/posts/{post.id}/link", actor=pm, data={"item": item.id})
    else:
        answer = client.post(f"/roadmap/{item.id}/links", actor=pm, data={"post": post.id})
    assert answer.status_code == 303
    worker.drain()
    for member in (first, voices.lin, voices.chen, voices.wu):
        assert heard(database, member) == [f"item:{item.id}:decided:1"]


def test_a_late_link_to_an_item_that_is_not_public_tells_nobody(
    client: Any, make_item: Make, voices: SimpleNamespace, pm: Member, database: Database, worker: Worker
) -> None:
    item = make_item(stage="decided", public=False)
    worker.drain()
    client.post(f"/themes/{voices.theme.id}/link", actor=pm, data={"item": item.id})
    with database.read() as session:
        told = select(outbox.OutboxEntry).where(outbox.OutboxEntry.name == "roadmap.tell_supporters")
        assert [job for job in session.exec(told) if job.finished_at is None] == []
    worker.drain()
    assert [heard(database, member) for member in (voices.lin, voices.chen, voices.wu)] == [[], [], []]


def test_a_link_that_is_taken_back_and_made_again_tells_nobody_twice(
    client: Any, make_item: Make, voices: SimpleNamespace, pm: Member, database: Database, worker: Worker
) -> None:
    item = make_item(themes=[voices.theme], stage="decided")
    worker.drain()
    with database.read() as session:
        link = session.exec(select(ItemLink)).one()
    client.post(f"/roadmap/{item.id}/links/{link.id}/remove", actor=pm)
    client.post(f"/roadmap/{item.id}/links?theme={voices.theme.id}", actor=pm)
    worker.drain()
    for member in (voices.lin, voices.chen, voices.wu):
        assert heard(database, member) == [f"item:{item.id}:decided:1"]


def test_a_post_is_linked_from_its_own_page(
    client: Any, make_item: Make, put_post: Make, pm: Member, database: Database
) -> None:
    item, post = make_item("已有的条目"), put_post("一句话")
    page = client.get(f"/posts/{post.id}/link", actor=pm)
    assert page.status_code == 200
    assert "已有的条目" in page.text
    assert client.post(f"/posts/{post.id}/link", actor=pm, data={"item": item.id}).status_code == 303
    assert behind(database, item) == {post.id}


def test_a_hidden_theme_is_named_to_staff_alone(
    client: Any, make_item: Make, put_post: Make, put_theme: Make, pm: Member
) -> None:
    theme = put_theme("不该公开的名字", [put_post()], status=TriageStatus.HIDDEN)
    item = make_item(themes=[theme])
    assert "不该公开的名字" not in client.get(f"/roadmap/{item.id}").text
    assert "不该公开的名字" in client.get(f"/roadmap/{item.id}", actor=pm).text
