"""A message never tells the title of a post to somebody who may not open it."""

from collections.abc import Callable

import pytest
from sqlmodel import col, select

from cocreate.core.actor import Role
from cocreate.core.jobs import Worker
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.models import InboxMessage
from forum.comments.models import Comment
from forum.follows.models import Subscription
from forum.moderation.service import hide_post
from forum.posts.models import Post, Visibility
from forum.posts.service import Draft, edit_post
from tests.factories.forum import acting

TITLE = "刹车昨天失灵了"


def told(runtime: Runtime, member: Member) -> list[str]:
    """What a member's messages call the post."""
    with runtime.database.read() as session:
        rows = session.exec(select(InboxMessage).where(col(InboxMessage.member_id) == member.id))
        return [message.params["what"] for message in rows]


def test_a_reply_below_a_staff_only_post_is_told_to_those_who_may_open_it(
    runtime: Runtime,
    worker: Worker,
    make_member: Callable[..., Member],
    make_post: Callable[..., Post],
    make_comment: Callable[..., Comment],
) -> None:
    author, reader, agent = make_member(), make_member(), make_member("客服", Role.AGENT)
    post = make_post(TITLE, author=author)
    parents = [make_comment(post, author=one) for one in (author, reader, agent)]
    worker.drain()
    with runtime.database.write() as session:
        session.get_one(Post, post.id).visibility = Visibility.STAFF
    for parent in parents:
        make_comment(post, reply_to=parent)
    worker.drain()
    assert [told(runtime, one) for one in (author, reader, agent)] == [[TITLE], [], [TITLE]]


@pytest.mark.parametrize("way", ["hidden", "private", "reworded"])
def test_a_title_that_is_no_longer_public_leaves_the_messages(
    runtime: Runtime,
    worker: Worker,
    make_member: Callable[..., Member],
    make_post: Callable[..., Post],
    make_comment: Callable[..., Comment],
    way: str,
) -> None:
    author, follower, moderator = make_member(), make_member(), make_member("版主", Role.MODERATOR)
    post = make_post(TITLE, author=author)
    with runtime.database.write() as session:
        session.add_all(Subscription(member_id=one.id or 0, post_id=post.id or 0) for one in (author, follower))
    make_comment(post)
    worker.drain()
    assert (told(runtime, author), told(runtime, follower)) == ([TITLE], [TITLE])
    with runtime.database.write() as session:
        row = session.get_one(Post, post.id)
        if way == "hidden":
            hide_post(session, row, reason="车牌", by=acting(runtime, moderator, Role.MODERATOR))
        else:
            draft = Draft(TITLE, "在高速上", private=way == "private")
            edit_post(session, row, draft, editor=acting(runtime, author))
    worker.drain()
    assert told(runtime, author) == [TITLE]
    assert told(runtime, follower) == [TITLE if way == "reworded" else f"#{post.id}"]
