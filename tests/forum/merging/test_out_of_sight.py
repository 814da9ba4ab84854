"""Heads out of sight: nobody is told their titles, nor what was said about them to others; and heads that are gone."""

from collections.abc import Callable

import pytest
from sqlmodel import col, select

from cocreate.core.actor import Role
from cocreate.core.jobs import Worker
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.models import InboxMessage
from forum.desk.service import decide
from forum.merging import notices
from forum.merging.models import Merge, MergeObjection
from forum.merging.objections import keep_merge, object_to
from forum.moderation.service import hide_post, restore_post
from forum.posts.models import Post, PostStatus, Visibility
from forum.posts.service import Draft, PartOfPrivate, delete_post, edit_post
from forum.votes.service import cast_vote
from search import api as search
from tests.client import Client
from tests.factories.forum import acting

MakePost = Callable[..., Post]
MakeMember = Callable[..., Member]


def newest(runtime: Runtime, member: Member) -> InboxMessage:
    with runtime.database.read() as session:
        rows = select(InboxMessage).where(InboxMessage.member_id == member.id).order_by(col(InboxMessage.id).desc())
        return session.exec(rows.limit(1)).one()


def test_an_answer_to_an_objection_forgets_the_title_of_a_head_that_was_hidden(
    runtime: Runtime, make_post: MakePost, make_member: MakeMember, merge: Callable[..., Merge], worker: Worker,
    moderator: Member,
) -> None:  # fmt: skip
    author, by = make_member(), acting(runtime, moderator, Role.MODERATOR)
    source, head = make_post("我的", author=author), make_post("骂人的标题")
    made = merge(source, head)
    with runtime.database.write() as session:
        objection = object_to(session, made.id or 0, "不一样", by=acting(runtime, author))
        keep_merge(session, objection.id or 0, "零件相同", by=by)
    worker.drain()
    assert newest(runtime, author).params["what"] == "骂人的标题"
    with runtime.database.write() as session:
        hide_post(session, session.get_one(Post, head.id), reason="骂人", by=by)
    worker.drain()
    assert newest(runtime, author).params["what"] == f"#{head.id}"


def test_the_owner_of_a_private_post_hears_nothing_of_the_private_post_that_it_is_part_of(
    client: Client, runtime: Runtime, make_post: MakePost, make_member: MakeMember, merge: Callable[..., Merge]
) -> None:
    author = make_member()
    mine = make_post("我的私事", author=author, visibility=Visibility.STAFF)
    theirs = make_post("别人的私事", visibility=Visibility.STAFF)
    made = merge(mine, theirs, reason="和张先生说的一样")
    notices.tell_merge(runtime, merge_id=made.id or 0)
    told = newest(runtime, author)
    assert (told.url, told.params["reason"]) == (f"/posts/{mine.id}", "")
    with runtime.database.write() as session:
        pm = acting(runtime, make_member("产品", Role.PM), Role.PM)
        decide(session, session.get_one(Post, theirs.id), PostStatus.PLANNED, reason="张先生，周三给您装", by=pm)
    for place in (told.url, "/me"):
        page = client.get(place, actor=author)
        assert page.status_code == 200
        assert "我的私事" in page.text
        assert "张先生" not in page.text


def test_an_objection_is_granted_when_the_objectors_post_becomes_the_head(
    runtime: Runtime, make_post: MakePost, make_member: MakeMember, merge: Callable[..., Merge], worker: Worker
) -> None:
    owner, author = make_member(), make_member()
    head, source = make_post(author=owner), make_post("不一样的愿望", author=author)
    made = merge(source, head)
    with runtime.database.write() as session:
        object_to(session, made.id or 0, "不一样", by=acting(runtime, author))
    with runtime.database.write() as session:
        delete_post(session, session.get_one(Post, head.id), by=acting(runtime, owner))
    worker.drain()
    with runtime.database.read() as session:
        assert session.exec(select(MergeObjection.kept)).one() is False
    assert newest(runtime, author).notice == "forum.objection.granted"


def test_voters_of_a_head_that_is_gone_are_told_whole_sums_after_a_further_merge_and_its_undo(
    runtime: Runtime, make_post: MakePost, make_member: MakeMember, merge: Callable[..., Merge],
    undo: Callable[[Merge], Merge], worker: Worker,
) -> None:  # fmt: skip
    owner, voter = make_member(), make_member()
    head, heir, third = make_post(author=owner), make_post(votes=2), make_post()
    with runtime.database.write() as session:
        cast_vote(session, session.get_one(Post, head.id), voter=acting(runtime, voter))
    merge(heir, head)
    with runtime.database.write() as session:
        delete_post(session, session.get_one(Post, head.id), by=acting(runtime, owner))
    further = merge(heir, third)
    notices.tell_merge(runtime, merge_id=further.id or 0)
    undo(further)
    worker.drain()
    told = newest(runtime, voter)
    assert told.notice == notices.VOTED
    assert {name: told.params.get(name) for name in ("source", "target", "both", "together", "posts")} == {
        "source": 1, "target": 2, "both": 0, "together": 3, "posts": 2,
    }  # fmt: skip


def test_a_hidden_part_that_is_shown_again_takes_the_place_of_a_head_that_is_gone(
    client: Client, runtime: Runtime, make_post: MakePost, make_member: MakeMember, merge: Callable[..., Merge],
    worker: Worker, moderator: Member,
) -> None:  # fmt: skip
    owner, by = make_member(), acting(runtime, moderator, Role.MODERATOR)
    head, part = make_post(author=owner, votes=2), make_post("座椅通风像拖拉机", votes=3)
    merge(part, head)
    with runtime.database.write() as session:
        hide_post(session, session.get_one(Post, part.id), reason="先看看", by=by)
    with runtime.database.write() as session:
        delete_post(session, session.get_one(Post, head.id), by=acting(runtime, owner))
    worker.drain()
    with runtime.database.write() as session:
        restore_post(session, session.get_one(Post, part.id), by=by)
    worker.drain()
    with runtime.database.read() as session:
        now = session.get_one(Post, part.id)
        assert (now.merged_into_id, now.hidden_at, now.vote_count) == (None, None, 5)
        assert session.get_one(Post, head.id).merged_into_id == part.id
        found = search.search(session, "拖拉机", scope=search.Scope(staff=False))
        assert [hit.id for hit in found.hits] == [part.id]
    assert client.post(f"/posts/{part.id}/vote", actor=make_member()).status_code == 303


def test_a_private_post_that_is_part_of_a_private_one_is_not_opened_where_nobody_would_find_it(
    runtime: Runtime, make_post: MakePost, make_member: MakeMember, merge: Callable[..., Merge]
) -> None:
    author = make_member()
    mine = make_post("我的私事", author=author, visibility=Visibility.STAFF)
    merge(mine, make_post("别人的私事", visibility=Visibility.STAFF))
    with runtime.database.write() as session, pytest.raises(PartOfPrivate):
        edit_post(session, session.get_one(Post, mine.id), Draft("大家来看"), editor=acting(runtime, author))


def test_json_names_no_head_that_its_reader_may_not_open(
    client: Client, make_post: MakePost, make_member: MakeMember, merge: Callable[..., Merge],
    make_token: Callable[..., str],
) -> None:  # fmt: skip
    author, staff = make_member(), make_member("产品", Role.PM)
    mine = make_post("我的私事", author=author, visibility=Visibility.STAFF)
    head = make_post("别人的私事", visibility=Visibility.STAFF)
    merge(mine, head)
    address = f"/api/v1/posts/{mine.id}"
    assert client.get(address, token=make_token(author, "posts:write")).json()["merged_into"] is None
    assert client.get(address, token=make_token(staff, "posts:write")).json()["merged_into"] == head.id
