"""Splitting a post into several asks, and taking that back."""

from collections.abc import Callable

import pytest
from sqlmodel import col, select

from cocreate.core.actor import Role
from cocreate.core.jobs import Worker
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.models import InboxMessage
from forum.api import hold
from forum.follows.models import Subscription
from forum.follows.service import follow
from forum.merging import notices, splitting
from forum.merging.models import Split
from forum.posts.listing import Filters, list_posts
from forum.posts.models import Post
from forum.posts.service import Draft, edit_post
from forum.votes.service import cast_vote
from tests.client import Client
from tests.factories.forum import acting

MakePost = Callable[..., Post]
MakeMember = Callable[..., Member]
ASKS = [("雨刷记住档位", "每次都要拨"), ("座椅通风小声点", "")]


def split(runtime: Runtime, post: Post, by: Member, *roles: Role) -> tuple[Split, list[Post]]:
    with runtime.database.write() as session:
        made = splitting.split_post(session, session.get_one(Post, post.id), ASKS, by=acting(runtime, by, *roles))
    with runtime.database.read() as session:
        return made, [session.get_one(Post, one) for one in splitting.part_ids(session, made.id or 0)]


def test_each_ask_is_a_post_with_the_same_credit_and_the_original_stays(
    runtime: Runtime, make_post: MakePost, make_member: MakeMember, moderator: Member, client: Client
) -> None:
    author, follower = make_member(), make_member()
    post = make_post("两件事", author=author, votes=3, channel="wecom", model="测试车", model_year=2026)
    with runtime.database.write() as session:
        follow(session, session.get_one(Post, post.id), member=acting(runtime, follower))
    made, parts = split(runtime, post, moderator, Role.MODERATOR)
    for part, (title, body) in zip(parts, ASKS, strict=True):
        assert (part.title, part.body, part.vote_count) == (title, body, 0)
        for field in ("author_id", "channel", "model", "model_year", "created_at", "visibility", "board_id"):
            assert getattr(part, field) == getattr(post, field)
    with runtime.database.read() as session:
        after = session.get_one(Post, post.id)
        assert (after.title, after.vote_count, after.status) == ("两件事", 3, post.status)
        heard = session.exec(select(Subscription.post_id).where(Subscription.member_id == follower.id)).all()
        assert set(heard) == {post.id, *(part.id for part in parts)}
    page = client.get(f"/posts/{post.id}").text
    for part in parts:
        assert f"#{part.id} {part.title}" in page
        assert f'href="/posts/{post.id}"' in client.get(f"/posts/{part.id}").text
    assert made.undone_at is None


def test_voters_are_asked_which_part_they_mean(
    runtime: Runtime, make_post: MakePost, make_member: MakeMember, moderator: Member
) -> None:
    author, voter = make_member(), make_member()
    post = make_post("两件事", author=author)
    with runtime.database.write() as session:
        cast_vote(session, session.get_one(Post, post.id), voter=acting(runtime, voter))
    made, _ = split(runtime, post, moderator, Role.MODERATOR)
    for _ in range(2):
        with runtime.database.write() as session:
            notices.tell_split(session, split_id=made.id or 0)
    with runtime.database.read() as session:
        rows = session.exec(select(InboxMessage).where(InboxMessage.notice == notices.SPLIT)).all()
    assert sorted(row.member_id for row in rows) == sorted([author.id or 0, voter.id or 0])
    assert rows[0].params["count"] == 2


def test_a_split_is_taken_back_while_nobody_has_built_on_a_part(
    runtime: Runtime, make_post: MakePost, make_member: MakeMember, worker: Worker
) -> None:
    author, reader = make_member(), make_member()
    post = make_post("两件事", author=author, votes=2)
    made, parts = split(runtime, post, author)
    voter = acting(runtime, reader)
    with runtime.database.write() as session:
        cast_vote(session, session.get_one(Post, parts[0].id), voter=voter)
    with runtime.database.write() as session, pytest.raises(splitting.PartsInUse) as refused:
        splitting.undo_split(session, made.id or 0, by=acting(runtime, author))
    assert refused.value.params == {"parts": f"#{parts[0].id}"}
    again, _ = make_post("另一条", author=author), None
    made, parts = split(runtime, again, author)
    with runtime.database.write() as session:
        splitting.undo_split(session, made.id or 0, by=acting(runtime, author))
    worker.drain()
    with runtime.database.read() as session:
        shown = [row.id for row in list_posts(session, Filters(), voter).items]
        assert again.id in shown
        assert not {part.id for part in parts} & set(shown)
        left = select(Subscription.post_id).where(col(Subscription.post_id).in_([part.id for part in parts]))
        assert session.exec(left).all() == []
    _, parts = split(runtime, again, author)
    assert len(parts) == 2


def test_a_part_that_was_edited_or_is_behind_a_decision_is_not_taken_away(
    runtime: Runtime, make_post: MakePost, make_member: MakeMember
) -> None:
    author = make_member()
    by = acting(runtime, author)
    made, parts = split(runtime, make_post("两件事", author=author), author)
    with runtime.database.write() as session:
        edit_post(session, session.get_one(Post, parts[0].id), Draft(title="雨刷，后来想清楚的话"), editor=by)
        hold(session, [parts[1].id or 0], "roadmap")
    with runtime.database.write() as session, pytest.raises(splitting.PartsInUse) as refused:
        splitting.undo_split(session, made.id or 0, by=by)
    assert refused.value.params == {"parts": f"#{parts[0].id} #{parts[1].id}"}
    with runtime.database.read() as session:
        assert session.get_one(Post, parts[0].id).title == "雨刷，后来想清楚的话"


def test_who_may_split_and_what(
    runtime: Runtime, make_post: MakePost, make_member: MakeMember, client: Client, moderator: Member
) -> None:
    author, other = make_member(), make_member()
    post = make_post("一堆事", author=author, body="1. 雨刷记不住\n每次都要拨\n2. 座椅通风太吵\n3、后备箱太慢")
    assert client.get(f"/posts/{post.id}/split", actor=other).status_code == 403
    page = client.get(f"/posts/{post.id}/split", actor=author).text
    for words in ("雨刷记不住", "座椅通风太吵", "后备箱太慢"):
        assert f'value="{words}"' in page
    data = {"title_1": "只有一个"}
    assert client.post(f"/posts/{post.id}/split", actor=author, data=data).status_code == 422
    data |= {"title_2": "还有一个"}
    assert client.post(f"/posts/{post.id}/split", actor=other, data=data).status_code == 403
    assert client.post(f"/posts/{post.id}/split", actor=author, data=data).status_code == 303
    assert client.post(f"/posts/{post.id}/split", actor=moderator, data=data).status_code == 409
