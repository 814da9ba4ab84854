"""Scenes: added with a vote, told in one message, found with the post, hidden and taken back."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import Session, select

from cocreate.core.actor import Role
from cocreate.core.audit import trail
from cocreate.core.jobs import Worker
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.models import InboxMessage
from cocreate.notify.inbox.service import mark_all_read
from forum.api import people_behind
from forum.merging.service import merge_posts, undo_merge
from forum.moderation.service import hide_post, restore_post
from forum.posts.models import Post, PostStatus, Visibility
from forum.posts.queries import get_post
from forum.posts.service import edit_post
from forum.scenes import service
from forum.scenes.behind import WORDS_OF_ALL, WORDS_OF_ONE, scene_words
from forum.scenes.models import Scene
from forum.scenes.queries import own_scenes, scenes_of
from forum.scenes.service import SceneDraft
from search import api as search
from search.rebuild import reindex
from tests.client import Client
from tests.factories.forum import acting


@pytest.fixture
def add(runtime: Runtime) -> Callable[..., Scene]:
    """`add(post, member, "零下十度")`: a stored scene, added the way members add it."""

    def make(post: Post, member: Member, body: str = "我也遇到了", **values: Any) -> Scene:
        actor = acting(runtime, member)
        with runtime.database.write() as session:
            found = get_post(session, post.id or 0, actor)
            return service.add_scene(session, found, SceneDraft(body, **values), author=actor)

    return make


def found_by(session: Session, words: str) -> list[int]:
    return [
        hit.id for hit in search.search(session, words, scope=search.Scope(staff=False)).hits if hit.via != "similar"
    ]


def test_a_scene_votes_follows_and_stands_under_the_post_with_the_car(
    client: Client, runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member],
    make_vehicle: Callable[..., Any],
) -> None:  # fmt: skip
    post, member = make_post("车机蓝牙总断"), make_member("北方车主")
    car = make_vehicle(member, "云麓", model_year=2024, verified=True)
    answer = client.post(
        f"/posts/{post.id}/scenes", actor=member, data={"body": "零下十五度断得最勤", "vehicle_id": str(car.id)}
    )
    assert answer.status_code == 303
    page = client.get(f"/posts/{post.id}").text
    for words in ("1 位车主补充了场景", "零下十五度断得最勤", "北方车主", "云麓 2024", "认证车主"):
        assert words in page
    mine = client.get(f"/posts/{post.id}", actor=member).text
    assert 'aria-pressed="true"' in mine
    with runtime.database.read() as session:
        assert session.get_one(Post, post.id).vote_count == 1
    assert "零下十五度" in client.get("/me/scenes", actor=member).text


def test_the_text_of_a_draft_becomes_a_scene_and_the_draft_is_closed(
    client: Client, runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    post, member = make_post("车机蓝牙总断"), make_member()
    data = {"title": "蓝牙老断", "body": "开出小区就断", "kind": "problem", "once": "o", "draft": "d1"}
    client.post("/drafts", actor=member, htmx=True, data=data)
    answer = client.post(f"/posts/{post.id}/scenes", actor=member, data=data)
    assert answer.headers["location"].startswith(f"/posts/{post.id}#scene-")
    thanks = client.get(
        f"/posts/{post.id}", actor=member, headers={"cookie": answer.headers["set-cookie"].split(";")[0]}
    )
    assert "谢谢！你的场景已作为佐证" in thanks.text
    with runtime.database.read() as session:
        assert session.exec(select(Scene.body)).one() == "蓝牙老断\n开出小区就断"
        assert len(session.exec(select(Post)).all()) == 1
    assert "没有草稿" in client.get("/me/drafts", actor=member).text


def test_undo_takes_back_words_vote_and_following_but_not_what_was_there_before(
    client: Client, runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member],
    add: Callable[..., Scene],
) -> None:  # fmt: skip
    post, fresh, voter = make_post(), make_member(), make_member()
    client.post(f"/posts/{post.id}/vote", actor=voter)
    client.post(f"/posts/{post.id}/follow", actor=voter)
    for member in (fresh, voter):
        scene = add(post, member)
        assert client.post(f"/scenes/{scene.id}/undo", actor=make_member()).status_code == 403
        assert client.post(f"/scenes/{scene.id}/undo", actor=member).status_code == 303
    with runtime.database.read() as session:
        assert session.get_one(Post, post.id).vote_count == 1
        assert {scene.body for scene in session.exec(select(Scene))} == {""}
        assert set(people_behind(session, [post.id or 0]).members) == {post.author_id, voter.id}


def test_undo_takes_back_the_vote_as_well_where_it_counts_since_the_post_was_merged(
    client: Client, runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member],
    add: Callable[..., Scene],
) -> None:  # fmt: skip
    post, head, member = make_post(), make_post(), make_member()
    scene = add(post, member)
    with runtime.database.write() as session:
        moderator = acting(runtime, make_member("版主", Role.MODERATOR), Role.MODERATOR)
        merge_posts(session, post.id or 0, head.id or 0, by=moderator)
    assert client.post(f"/scenes/{scene.id}/undo", actor=member).status_code == 303
    with runtime.database.read() as session:
        assert session.get_one(Post, head.id).vote_count == 0


def test_the_same_button_twice_is_one_scene_and_five_are_enough(
    client: Client, runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    post, member = make_post(), make_member()
    for number in (0, 0, 1, 2, 3, 4):
        answer = client.post(f"/posts/{post.id}/scenes", actor=member, data={"body": f"场景{number}"})
        assert answer.status_code == 303
    assert client.post(f"/posts/{post.id}/scenes", actor=member, data={"body": "第六个"}).status_code == 409
    with runtime.database.read() as session:
        assert len(session.exec(select(Scene)).all()) == 5
        assert session.get_one(Post, post.id).vote_count == 1
        found = scenes_of(session, [post.id or 0], acting(runtime, member))
        assert (found.count, found.people, found.mine, len(found.items)) == (5, 1, 5, 3)
    assert "补充我的场景" not in client.get(f"/posts/{post.id}", actor=member).text
    everything = client.get(f"/posts/{post.id}/scenes").text
    assert [words in everything for words in ("场景0", "场景4", "第六个")] == [True, True, False]


@pytest.mark.parametrize("values", [{"visibility": Visibility.STAFF}, {"merged": True}, {"own": True}])
def test_where_no_scene_may_be_added(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member], runtime: Runtime,
    values: dict[str, Any],
) -> None:  # fmt: skip
    agent, values = make_member("客服", Role.AGENT), dict(values)
    if values.pop("merged", False):
        values["merged_into_id"] = make_post().id
    post = make_post(author=agent if values.pop("own", False) else None, **values)
    assert client.post(f"/posts/{post.id}/scenes", actor=agent, data={"body": "我也是"}).status_code == 409
    with runtime.database.read() as session:
        assert session.exec(select(Scene)).all() == []
        assert session.get_one(Post, post.id).vote_count == 0


def test_a_decided_post_takes_a_scene_and_no_vote(
    runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member], add: Callable[..., Scene]
) -> None:
    post = make_post(status=PostStatus.DECLINED)
    scene = add(post, make_member())
    assert (scene.voted, scene.followed) == (False, True)
    with runtime.database.read() as session:
        assert session.get_one(Post, post.id).vote_count == 0


def test_an_empty_scene_and_a_foreign_car_are_refused(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member], make_vehicle: Callable[..., Any]
) -> None:
    post, member = make_post("车机蓝牙总断"), make_member()
    answer = client.post(f"/posts/{post.id}/scenes", actor=member, data={"body": "  "})
    assert answer.status_code == 422
    assert "field-error" in answer.text
    foreign = make_vehicle(make_member(), "别人的车")
    data = {"body": "我也是", "vehicle_id": str(foreign.id)}
    assert client.post(f"/posts/{post.id}/scenes", actor=member, data=data).status_code == 422
    assert client.post(f"/posts/{post.id}/scenes", data={"body": "游客"}).status_code == 303
    assert "游客" not in client.get(f"/posts/{post.id}").text


def test_the_author_hears_of_scenes_in_one_message_until_it_is_read(
    runtime: Runtime, worker: Worker, make_post: Callable[..., Post], make_member: Callable[..., Member],
    add: Callable[..., Scene],
) -> None:  # fmt: skip
    author = make_member()
    post = make_post("车机蓝牙总断", author=author)

    def told() -> list[int]:
        worker.drain()
        with runtime.database.read() as session:
            rows = list(session.exec(select(InboxMessage).where(InboxMessage.notice == "forum.scene.own")))
            assert {row.member_id for row in rows} <= {author.id}
            return [row.params["num"] for row in rows]

    for _ in range(3):
        add(post, make_member())
    assert told() == [3]
    add(post, make_member())
    assert told() == [4]
    with runtime.database.write() as session:
        mark_all_read(session, author.id or 0)
    add(post, make_member())
    assert told() == [4, 5]


def test_a_post_is_found_by_the_words_of_its_scenes_until_they_go(
    runtime: Runtime, worker: Worker, client: Client, make_post: Callable[..., Post],
    make_member: Callable[..., Member], add: Callable[..., Scene],
) -> None:  # fmt: skip
    author, owner, moderator = make_member(), make_member(), make_member("版主", Role.MODERATOR)
    post = make_post("车机蓝牙总断", author=author)
    scene = add(post, owner, "地库里最勤")

    def found() -> list[int]:
        worker.drain()
        with runtime.database.read() as session:
            return found_by(session, "地库里最勤")

    assert found() == [post.id]
    reindex(runtime)
    assert found() == [post.id]
    with runtime.database.write() as session:
        row = get_post(session, post.id or 0, acting(runtime, author))
        from forum.posts.service import Draft

        edit_post(session, row, Draft(title="蓝牙断"), editor=acting(runtime, author))
    assert found() == [post.id]
    with runtime.database.write() as session:
        row = session.get_one(Post, post.id)
        hide_post(session, row, reason="先藏", by=acting(runtime, moderator, Role.MODERATOR))
    assert found() == []
    with runtime.database.write() as session:
        restore_post(session, session.get_one(Post, post.id), by=acting(runtime, moderator, Role.MODERATOR))
    assert found() == [post.id]
    client.post(f"/scenes/{scene.id}/hide", actor=moderator, data={"reason": "跑题"})
    assert found() == []
    client.post(f"/scenes/{scene.id}/restore", actor=moderator)
    assert found() == [post.id]
    client.post(f"/scenes/{scene.id}/delete", actor=owner)
    assert found() == []


def test_words_of_scenes_have_bounds(
    runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member], add: Callable[..., Scene]
) -> None:
    post = make_post()
    for _ in range(9):
        add(post, make_member(), "长" * 2000)
    with runtime.database.read() as session:
        (words,) = scene_words(session, [post.id or 0]).values()
        assert WORDS_OF_ONE < len(words) <= WORDS_OF_ALL


def test_whoever_added_a_scene_stands_behind_the_post(
    runtime: Runtime, client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member],
    add: Callable[..., Scene],
) -> None:  # fmt: skip
    post, member, moderator = make_post(), make_member(), make_member("版主", Role.MODERATOR)
    scene = add(post, member)
    client.post(f"/posts/{post.id}/vote/withdraw", actor=member)
    client.post(f"/posts/{post.id}/unfollow", actor=member)
    with runtime.database.read() as session:
        behind = people_behind(session, [post.id or 0])
        assert behind.people == 2
        assert behind.members[member.id or 0] == [post.id]
    client.post(f"/scenes/{scene.id}/hide", actor=moderator, data={"reason": "跑题"})
    with runtime.database.read() as session:
        assert people_behind(session, [post.id or 0]).people == 1


def test_hiding_is_the_moderators_with_a_reason_and_an_entry(
    client: Client, runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member],
    add: Callable[..., Scene],
) -> None:  # fmt: skip
    post, owner, moderator = make_post(), make_member(), make_member("版主", Role.MODERATOR)
    scene = add(post, owner, "不太好听的话")
    assert client.post(f"/scenes/{scene.id}/hide", actor=owner, data={"reason": "我"}).status_code == 403
    assert client.post(f"/scenes/{scene.id}/hide", actor=moderator, data={"reason": " "}).status_code == 422
    assert client.post(f"/scenes/{scene.id}/hide", actor=moderator, data={"reason": "跑题"}).status_code == 303
    for reader, sees in ((None, False), (make_member(), False), (owner, True), (moderator, True)):
        for path in (f"/posts/{post.id}", f"/posts/{post.id}/scenes"):
            assert ("不太好听的话" in client.get(path, actor=reader).text) is sees
    assert "已被管理员隐藏" in client.get("/me/scenes", actor=owner).text
    with runtime.database.read() as session:
        assert [entry.action for entry in trail(session, "scene", scene.id or 0)] == ["scene.hide"]


def test_a_scene_is_its_authors_to_change_and_take_back(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member], add: Callable[..., Scene]
) -> None:
    post, owner, other = make_post(), make_member(), make_member()
    scene = add(post, owner, "原来的话")
    assert "原来的话" in client.get(f"/scenes/{scene.id}/edit", actor=owner).text
    assert client.get(f"/scenes/{scene.id}/edit", actor=other).status_code == 403
    assert client.post(f"/scenes/{scene.id}", actor=other, data={"body": "别人改"}).status_code == 403
    assert client.post(f"/scenes/{scene.id}", actor=owner, data={"body": ""}).status_code == 422
    assert client.post(f"/scenes/{scene.id}", actor=owner, data={"body": "改过的话"}).status_code == 303
    assert "改过的话" in client.get(f"/posts/{post.id}").text
    assert client.post(f"/scenes/{scene.id}/delete", actor=other).status_code == 403
    assert client.post(f"/scenes/{scene.id}/delete", actor=owner).status_code == 303
    assert client.post(f"/scenes/{scene.id}/delete", actor=owner).status_code == 404
    assert "改过的话" not in client.get(f"/posts/{post.id}").text


def test_my_scenes_outlive_the_post_without_its_title(
    client: Client, runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member],
    add: Callable[..., Scene],
) -> None:  # fmt: skip
    author, owner = make_member(), make_member()
    post = make_post("会被收回的标题", author=author)
    add(post, owner, "我自己的话")
    assert "会被收回的标题" in client.get("/me/scenes", actor=owner).text
    client.post(f"/posts/{post.id}/hide", actor=make_member("版主", Role.MODERATOR), data={"reason": "先藏"})
    assert "会被收回的标题" not in client.get("/me/scenes", actor=owner).text
    client.post(f"/posts/{post.id}/delete", actor=author)
    page = client.get("/me/scenes", actor=owner).text
    assert "我自己的话" in page
    assert "会被收回的标题" not in page
    with runtime.database.read() as session:
        assert [one.post_title for one in own_scenes(session, acting(runtime, owner)).items] == [""]


def test_scenes_page_without_repeats(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member], add: Callable[..., Scene]
) -> None:
    post = make_post()
    for number in range(23):
        add(post, make_member(), f"第{number}个场景。")
    first = client.get(f"/posts/{post.id}/scenes").text
    next_url = first.split('class="pager"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    rest = client.get(next_url, htmx=True).text
    assert "<html" not in rest
    assert (first.count("个场景。"), rest.count("个场景。")) == (20, 3)
    assert "23 位车主补充了场景" in client.get(f"/posts/{post.id}").text


def test_scenes_of_a_merged_post_find_and_stand_under_the_one_that_it_is_part_of(
    runtime: Runtime, worker: Worker, client: Client, make_post: Callable[..., Post],
    make_member: Callable[..., Member], add: Callable[..., Scene],
) -> None:  # fmt: skip
    source, target, owner, moderator = (
        make_post("蓝牙断"),
        make_post("车机蓝牙总断"),
        make_member(),
        make_member("版主"),
    )
    scene = add(source, owner, "地库里最勤")
    with runtime.database.write() as session:
        by = acting(runtime, moderator, Role.MODERATOR)
        merge = merge_posts(session, source.id or 0, target.id or 0, by=by)

    def found() -> list[int]:
        worker.drain()
        with runtime.database.read() as session:
            return found_by(session, "地库里最勤")

    assert found() == [target.id]
    assert "地库里最勤" in client.get(f"/posts/{target.id}").text
    client.post(f"/scenes/{scene.id}", actor=owner, data={"body": "地库里最勤，出来就好"})
    assert found() == [target.id]
    with runtime.database.write() as session:
        undo_merge(session, merge.id or 0, by=by)
    assert found() == [source.id]
    assert "地库里最勤" not in client.get(f"/posts/{target.id}").text
