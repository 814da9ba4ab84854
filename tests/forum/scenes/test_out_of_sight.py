"""Scenes below posts that went out of sight: neither their words nor the title above them are told any more."""

from collections.abc import Callable

from cocreate.core import clock
from cocreate.core.actor import Role
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from forum.merging.service import merge_posts
from forum.posts.models import Post, Visibility
from forum.scenes.models import Scene
from tests.client import Client
from tests.factories.forum import acting


def test_the_form_of_a_scene_names_no_post_that_its_author_may_no_longer_read(
    client: Client, runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    post, owner = make_post("原来的标题"), make_member()
    client.post(f"/posts/{post.id}/scenes", actor=owner, data={"body": "我自己的话"})
    with runtime.database.write() as session:
        kept = session.get_one(Post, post.id)
        kept.title, kept.visibility = "只给员工看的标题", Visibility.STAFF
        scene_id = session.get_one(Scene, 1).id
    form = client.get(f"/scenes/{scene_id}/edit", actor=owner)
    refused = client.post(f"/scenes/{scene_id}", actor=owner, data={"body": ""})
    assert (form.status_code, refused.status_code) == (200, 422)
    assert "我自己的话" in form.text
    for page in (form.text, refused.text):
        assert "只给员工看的标题" not in page


def test_what_stands_below_a_hidden_part_is_not_shown_with_its_group(
    client: Client, runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    source, target, moderator = make_post("蓝牙断"), make_post("车机蓝牙总断"), make_member("版主", Role.MODERATOR)
    client.post(f"/posts/{source.id}/scenes", actor=make_member(), data={"body": "地库里最勤"})
    with runtime.database.write() as session:
        merge_posts(session, source.id or 0, target.id or 0, by=acting(runtime, moderator, Role.MODERATOR))
    places = (f"/posts/{target.id}", f"/posts/{target.id}/scenes")
    assert all("地库里最勤" in client.get(place).text for place in places)
    with runtime.database.write() as session:
        session.get_one(Post, source.id).hidden_at = clock.now()
    for reader in (None, make_member()):
        for place in places:
            assert "地库里最勤" not in client.get(place, actor=reader).text
    assert "地库里最勤" in client.get(places[0], actor=moderator).text
    with runtime.database.write() as session:
        session.get_one(Post, source.id).hidden_at = None
        session.get_one(Post, target.id).hidden_at = clock.now()
    with runtime.database.write() as session:
        session.add(Scene(post_id=target.id or 0, member_id=moderator.id or 0, body="藏起来那条下面的话"))
    assert "藏起来那条下面的话" not in client.get(f"/posts/{source.id}/scenes").text
