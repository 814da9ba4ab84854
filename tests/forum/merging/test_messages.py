"""Who is told of a merge: once, with the arithmetic, and never what they may not read."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import col, select

from cocreate.core.actor import Role
from cocreate.core.jobs import Worker
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.models import InboxMessage
from forum.desk.service import decide
from forum.follows.service import follow
from forum.merging import notices
from forum.merging.models import Merge, MergeObjection
from forum.merging.objections import keep_merge, object_to
from forum.posts.models import Post, PostStatus, Visibility
from forum.posts.service import delete_post
from forum.votes.service import cast_vote
from tests.client import Client
from tests.factories.forum import acting

MakePost = Callable[..., Post]
MakeMember = Callable[..., Member]


def inbox(runtime: Runtime, member: Member) -> list[tuple[str, dict[str, Any]]]:
    with runtime.database.read() as session:
        rows = session.exec(
            select(InboxMessage).where(InboxMessage.member_id == member.id).order_by(col(InboxMessage.id))
        )
        return [(row.notice, row.params) for row in rows]


def vote(runtime: Runtime, post: Post, *members: Member) -> None:
    for member in members:
        with runtime.database.write() as session:
            cast_vote(session, session.get_one(Post, post.id), voter=acting(runtime, member))


@pytest.fixture
def tell(runtime: Runtime) -> Callable[[Merge], None]:
    """The job that runs two minutes after a merge."""
    return lambda merge: notices.tell_merge(runtime, merge_id=merge.id or 0)


def test_author_and_voters_get_one_message_with_the_arithmetic(
    client: Client, runtime: Runtime, make_post: MakePost, make_member: MakeMember, merge: Callable[..., Merge],
    tell: Callable[[Merge], None], moderator: Member,
) -> None:  # fmt: skip
    author, both, bystander = make_member(), make_member(), make_member()
    source, target = make_post("我的愿望", author=author), make_post("大家的愿望", votes=2, author=bystander)
    vote(runtime, source, author, both, moderator)
    vote(runtime, target, both)
    made = merge(source, target, reason="同一件事")
    tell(made)
    tell(made)
    sums = {"posts": 2, "source": 3, "target": 3, "both": 1, "together": 5}
    for member, notice in ((author, notices.OWN), (both, notices.VOTED)):
        [(name, params)] = inbox(runtime, member)
        assert name == notice
        assert {key: params[key] for key in sums} == sums
    assert inbox(runtime, bystander) == inbox(runtime, moderator) == []
    page = client.get("/inbox", actor=author).text
    assert "“我的愿望”和“大家的愿望”现在算同一个诉求" in page
    assert "3 + 3 票，其中 1 人两边都投过，合计 5 人" in page


def test_a_slip_that_is_taken_back_at_once_is_told_to_nobody(
    runtime: Runtime, make_post: MakePost, make_member: MakeMember, merge: Callable[..., Merge],
    undo: Callable[..., Merge], tell: Callable[[Merge], None], worker: Worker,
) -> None:  # fmt: skip
    author = make_member()
    made = merge(make_post(author=author), make_post())
    worker.drain()  # not due yet
    undo(made)
    worker.drain()
    tell(made)
    assert inbox(runtime, author) == []


def test_a_chain_and_an_undo_reword_the_message_instead_of_sending_another(
    runtime: Runtime, make_post: MakePost, make_member: MakeMember, merge: Callable[..., Merge],
    undo: Callable[..., Merge], tell: Callable[[Merge], None], worker: Worker,
) -> None:  # fmt: skip
    author = make_member()
    one, two, three = make_post("一", author=author), make_post("二"), make_post("三")
    first = merge(one, two)
    tell(first)
    second = merge(two, three)
    tell(second)
    [(_, params)] = inbox(runtime, author)
    assert (params["what"], params["posts"]) == ("三", 3)
    undo(second)
    worker.drain()
    [(_, params)] = inbox(runtime, author)
    assert (params["what"], params["posts"]) == ("二", 2)
    undo(first)
    worker.drain()
    assert [name for name, _ in inbox(runtime, author)] == [notices.UNDONE]
    tell(merge(one, two))
    assert [name for name, _ in inbox(runtime, author)] == [notices.OWN]


def test_titles_that_one_may_not_read_are_numbers(
    runtime: Runtime, make_post: MakePost, make_member: MakeMember, merge: Callable[..., Merge],
    tell: Callable[[Merge], None], worker: Worker,
) -> None:  # fmt: skip
    author, voter = make_member(), make_member()
    mine = make_post("我的私事", author=author, visibility=Visibility.STAFF)
    theirs = make_post("别人的私事", visibility=Visibility.STAFF)
    tell(merge(mine, theirs))
    [(_, params)] = inbox(runtime, author)
    assert (params["own"], params["what"]) == ("我的私事", f"#{theirs.id}")
    source, target = make_post("要删的标题", author=author), make_post()
    vote(runtime, source, voter)
    tell(merge(source, target))
    with runtime.database.write() as session:
        delete_post(session, session.get_one(Post, source.id), by=acting(runtime, author))
    worker.drain()
    [(_, params)] = inbox(runtime, voter)
    assert params["own"] == f"#{source.id}"


def test_the_author_hears_what_became_of_an_objection(
    runtime: Runtime, make_post: MakePost, make_member: MakeMember, merge: Callable[..., Merge],
    undo: Callable[..., Merge], worker: Worker, moderator: Member,
) -> None:  # fmt: skip
    author = make_member()
    kept, granted = (merge(make_post(author=author), make_post()) for _ in range(2))
    for made in (kept, granted):
        with runtime.database.write() as session:
            object_to(session, made.id or 0, "不一样", by=acting(runtime, author))
    with runtime.database.write() as session:
        keep_merge(session, 1, "零件相同", by=acting(runtime, moderator, Role.MODERATOR))
    undo(granted)
    worker.drain()
    worker.drain()
    assert [name for name, _ in inbox(runtime, author)] == ["forum.objection.kept", "forum.objection.granted"]
    with runtime.database.read() as session:
        decided = session.exec(select(MergeObjection.kept).order_by(col(MergeObjection.id))).all()
    assert decided == [True, False]


def test_followers_of_a_merged_post_hear_of_the_head_and_why(
    runtime: Runtime, make_post: MakePost, make_member: MakeMember, merge: Callable[..., Merge], worker: Worker
) -> None:
    follower = make_member()
    source, target = make_post(), make_post()
    with runtime.database.write() as session:
        follow(session, session.get_one(Post, source.id), member=acting(runtime, follower))
    merge(source, target)
    with runtime.database.write() as session:
        pm = acting(runtime, make_member("产品", Role.PM), Role.PM)
        decide(session, session.get_one(Post, target.id), PostStatus.PLANNED, reason="下个版本", by=pm)
    worker.drain()
    [(name, params)] = inbox(runtime, follower)
    assert (name, params["own"], params["id"]) == ("forum.status.merged", source.id, target.id)
