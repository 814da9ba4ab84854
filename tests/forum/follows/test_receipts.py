"""My voice: each sentence with where it went, what is owed, what it earned; and nothing that is not the reader's."""

import re

import pytest

from cocreate.core.actor import Role
from forum.merging.service import merge_posts
from forum.posts.models import Post, PostKind, PostStatus
from forum.posts.service import Draft, submit_post
from tests.factories.forum import acting


@pytest.fixture
def author(make_member):
    return make_member("小林")


@pytest.fixture
def pm(make_member):
    return make_member("产品", Role.PM)


def test_a_new_sentence_says_what_is_owed_and_what_it_earned(client, runtime, worker, author):
    with runtime.database.write() as session:
        draft = Draft(title="座椅通风三档太吵", kind=PostKind.PROBLEM)
        post_id = submit_post(session, draft, author=acting(runtime, author)).id
    worker.drain()
    page = client.get(f"/me/voice/{post_id}", actor=author).text
    assert "还没有决定" in page
    assert "一次真人回复" in page
    assert re.search(r'<b class="num">5</b>\s*积分', page)
    assert "前有人回复你" in client.get("/me", actor=author).text


def test_only_ones_own_voted_and_followed_sentences_have_a_receipt(client, make_post, make_member, author):
    post = make_post("座椅通风三档太吵", author=author)
    assert client.get(f"/me/voice/{post.id}", actor=author).status_code == 200
    assert client.get(f"/me/voice/{post.id}", actor=make_member()).status_code == 404
    assert client.get(f"/me/voice/{post.id}").status_code == 303
    assert client.get("/me/voice/999", actor=author).status_code == 404


def test_a_voter_and_a_follower_have_one_too(client, make_post, make_member):
    post, voter, follower = make_post("座椅通风三档太吵"), make_member(), make_member()
    client.post(f"/posts/{post.id}/vote", actor=voter)
    client.post(f"/posts/{post.id}/follow", actor=follower)
    assert "你也想要" in client.get(f"/me/voice/{post.id}", actor=voter).text
    assert "你关注了" in client.get(f"/me/voice/{post.id}", actor=follower).text


def test_a_merged_sentence_says_where_it_is_part_of(client, runtime, make_post, author, pm):
    source, target = make_post("风扇声音大", author=author), make_post("座椅通风三档太吵")
    with runtime.database.write() as session:
        merge_posts(session, source.id, target.id, by=acting(runtime, pm, Role.PM))
    page = client.get(f"/me/voice/{source.id}", actor=author).text
    assert "和同样的愿望合在一起" in page
    assert "座椅通风三档太吵" in page


def test_sentences_are_sifted_by_where_their_group_stands(client, runtime, make_post, author, pm):
    make_post("导航太吵", author=author)
    source, target = make_post("风扇声音大", author=author), make_post("座椅通风三档太吵")
    with runtime.database.write() as session:
        merge_posts(session, source.id, target.id, by=acting(runtime, pm, Role.PM))
        session.get_one(Post, target.id).status = PostStatus.SHIPPED
    arrived = client.get("/me?state=arrived", actor=author).text
    assert "风扇声音大" in arrived
    assert "导航太吵" not in arrived
    waiting = client.get("/me?state=waiting", actor=author).text
    assert "导航太吵" in waiting
    assert "风扇声音大" not in waiting
    assert "看全部" in client.get("/me?state=declined", actor=author).text
