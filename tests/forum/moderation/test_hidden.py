"""The list of what is out of sight: who may read it, what it says, and the way back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from cocreate.core import clock
from cocreate.core.actor import Role
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from forum.comments.models import Comment
from forum.moderation import service
from forum.moderation.queries import HiddenKind, hidden
from forum.posts.models import Post, Visibility
from tests.client import Client
from tests.factories.forum import acting

MakePost = Callable[..., Post]
MakeMember = Callable[..., Member]


@pytest.fixture
def moderator(make_member: MakeMember) -> Member:
    return make_member("版主何", Role.MODERATOR)


@pytest.fixture
def hide(runtime: Runtime, moderator: Member) -> Callable[..., None]:
    """`hide(post, "广告")`: as the moderator does it."""

    def act(row: Any, reason: str) -> None:
        with runtime.database.write() as session:
            by = acting(runtime, moderator, Role.MODERATOR)
            if isinstance(row, Post):
                service.hide_post(session, session.get_one(Post, row.id), reason=reason, by=by)
            else:
                service.hide_comment(session, session.get_one(Comment, row.id), reason=reason, by=by)

    return act


def test_a_hidden_post_is_listed_with_its_reason_and_comes_back(
    client: Client, make_post: MakePost, make_member: MakeMember, moderator: Member, hide: Callable[..., None]
) -> None:
    post, other = make_post("加我微信领油卡", author=make_member("小赵")), make_post("座椅通风太吵")
    hide(post, "广告")
    page = client.get("/moderation/hidden", actor=moderator).text
    for words in ("加我微信领油卡", "理由：广告", "版主何 隐藏", "小赵 发布"):
        assert words in page
    assert other.title not in page
    answer = client.post(f"/posts/{post.id}/restore", actor=moderator, data={"back": "/moderation/hidden"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/moderation/hidden")
    assert "没有被隐藏的反馈" in client.get("/moderation/hidden", actor=moderator).text
    assert client.get(f"/posts/{post.id}").status_code == 200


def test_hidden_comments_have_a_list_of_their_own(
    client: Client, make_post: MakePost, make_comment: Callable[..., Comment], moderator: Member,
    hide: Callable[..., None],
) -> None:  # fmt: skip
    post = make_post()
    comment = make_comment(post, "骂人的话。还有更多")
    hide(comment, "人身攻击")
    assert "没有被隐藏的反馈" in client.get("/moderation/hidden", actor=moderator).text
    page = client.get("/moderation/hidden?kind=comment", actor=moderator).text
    assert f'href="/posts/{post.id}#c{comment.id}">骂人的话</a>' in page
    assert "理由：人身攻击" in page
    back = "/moderation/hidden?kind=comment"
    answer = client.post(f"/comments/{comment.id}/restore", actor=moderator, data={"back": back})
    assert answer.headers["location"] == back
    assert "没有被隐藏的评论" in client.get(back, actor=moderator).text


def test_only_moderators_read_it_and_only_what_they_may_open(
    client: Client, make_post: MakePost, make_member: MakeMember, moderator: Member, hide: Callable[..., None],
    runtime: Runtime,
) -> None:  # fmt: skip
    inside, gone = make_post("员工内部", visibility=Visibility.STAFF), make_post("已删除的", deleted_at=clock.now())
    for post in (inside, gone):
        with runtime.database.write() as session:
            session.get_one(Post, post.id).hidden_at = clock.now()
    for reader, status in ((None, 303), (make_member(), 403), (make_member("产品", Role.PM), 403), (moderator, 200)):
        assert client.get("/moderation/hidden", actor=reader).status_code == status
    page = client.get("/moderation/hidden", actor=moderator).text
    assert "员工内部" in page
    assert "已删除的" not in page
    assert 'href="/moderation/hidden"' in client.get("/", actor=moderator).text
    assert 'href="/moderation/hidden"' not in client.get("/", actor=make_member("客服", Role.AGENT)).text


def test_the_last_reason_counts_and_pages_neither_repeat_nor_skip(
    client: Client, make_post: MakePost, make_member: MakeMember, moderator: Member, hide: Callable[..., None],
    runtime: Runtime, session: Session, count_queries: Callable[..., Any],
) -> None:  # fmt: skip
    posts = [make_post(f"第{number}条") for number in range(7)]
    for post in posts:
        hide(post, "先前的理由")
    again = posts[0]
    client.post(f"/posts/{again.id}/restore", actor=moderator)
    hide(again, "后来的理由")
    with runtime.database.write() as writing:
        for number, post in enumerate(posts):  # two share a moment: the id decides
            writing.get_one(Post, post.id).hidden_at = clock.now() - timedelta(minutes=number // 2)
    actor = acting(runtime, moderator, Role.MODERATOR)
    seen, cursor = [], None
    while True:
        with count_queries() as statements:
            page = hidden(session, HiddenKind.POST, actor, cursor=cursor, limit=3)
        assert len([one for one in statements if one.startswith("SELECT")]) == 3
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert [row.id for row in seen] == [posts[n].id for n in (1, 0, 3, 2, 5, 4, 6)]
    assert {row.id: row.reason for row in seen}[again.id or 0] == "后来的理由"


def test_an_address_that_was_tampered_with_is_refused(client: Client, moderator: Member) -> None:
    assert client.get("/moderation/hidden?cursor=x", actor=moderator).status_code == 422
    assert client.get("/moderation/hidden?kind=member", actor=moderator).status_code == 422
