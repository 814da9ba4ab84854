"""Statuses with their trail, official responses, and who is told of what, once."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import DatabaseError
from sqlmodel import col, select

from cocreate.core import clock, outbox
from cocreate.core.actor import Role
from cocreate.core.jobs import Worker
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.models import InboxMessage
from forum.api import set_status
from forum.comments.models import Comment
from forum.desk import service
from forum.events import CommentAdded, OfficialResponseGiven, PostStatusChanged
from forum.follows.models import Subscription
from forum.posts.models import Post, PostStatus, StatusChange, Visibility
from search.models import IndexedRow
from tests.client import Client
from tests.factories.forum import acting


def messages(runtime: Runtime) -> list[tuple[int, str, str]]:
    with runtime.database.read() as session:
        rows = session.exec(select(InboxMessage).order_by(col(InboxMessage.id))).all()
    return [(row.member_id, row.notice, row.url) for row in rows]


def follow(runtime: Runtime, post: Post, *members: Member) -> None:
    with runtime.database.write() as session:
        session.add_all(Subscription(member_id=one.id or 0, post_id=post.id or 0) for one in members)


def test_a_status_leaves_a_trail_and_tells_followers_once(
    runtime: Runtime, worker: Worker, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    author, follower, pm = make_member(), make_member(), make_member("产品", Role.PM)
    post = make_post(author=author)
    follow(runtime, post, author, follower, pm)
    with runtime.database.write() as session:
        row = session.get_one(Post, post.id)
        assert service.decide(session, row, PostStatus.PLANNED, reason=" 年底前会做 ", by=acting(runtime, pm, Role.PM))
        assert row.status == PostStatus.PLANNED
        assert not service.decide(session, row, PostStatus.PLANNED, reason="再说一次", by=acting(runtime, pm, Role.PM))
    worker.drain()
    with runtime.database.read() as session:
        (change,) = session.exec(select(StatusChange)).all()
    assert (change.from_status, change.to_status, change.reason) == ("open", "planned", "年底前会做")
    assert (change.by_id, change.cause_kind) == (pm.id, None)
    url = f"/posts/{post.id}#trail"
    expected = [(author.id, "forum.status.own", url), (follower.id, "forum.status.followed", url)]
    assert messages(runtime) == expected
    with runtime.database.write() as session:  # delivered at least once: a second delivery says nothing new
        outbox.publish(session, PostStatusChanged([post.id or 0], "planned", None, [change.id or 0]))
    worker.drain()
    assert messages(runtime) == expected


def test_a_status_with_a_cause_is_told_by_whoever_caused_it(
    runtime: Runtime, worker: Worker, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    author, pm = make_member(), make_member("产品", Role.PM)
    one, two, blanked = make_post(author=author), make_post(author=author), make_post(deleted_at=clock.now())
    follow(runtime, one, author)
    ids = [post.id or 0 for post in (one, two, blanked)]
    with runtime.database.write() as session:
        by = acting(runtime, pm, Role.PM)
        changed = set_status(session, ids, PostStatus.STARTED, cause=("roadmap_item", 7), by=by, reason="开工了")
        assert changed == ids[:2]
        assert set_status(session, ids, PostStatus.STARTED, cause=("roadmap_item", 7), by=by) == []
    worker.drain()
    assert [message for message in messages(runtime) if message[1].startswith("forum.")] == []
    with runtime.database.read() as session:
        causes = session.exec(select(StatusChange.cause_kind, StatusChange.cause_id)).all()
    assert list(causes) == [("roadmap_item", 7)] * 2


@pytest.mark.parametrize("statement", ["UPDATE status_change SET reason = ''", "DELETE FROM status_change"])
def test_the_trail_cannot_be_rewritten(
    runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member], statement: str
) -> None:
    post = make_post()
    with runtime.database.write() as session:
        set_status(session, [post.id or 0], PostStatus.PLANNED, cause=None, by=acting(runtime, make_member()))
    with pytest.raises(DatabaseError, match="append-only"), runtime.database.write() as session:
        session.connection().exec_driver_sql(statement)


def test_a_status_needs_its_sentence_and_merging_is_not_a_status_to_choose(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    post, pm = make_post(), make_member("产品", Role.PM)
    answer = client.post(f"/posts/{post.id}/status", actor=pm, data={"status": "planned", "reason": " "})
    assert answer.status_code == 422
    assert "field-error" in answer.text
    assert (
        client.post(f"/posts/{post.id}/status", actor=pm, data={"status": "merged", "reason": "合并"}).status_code
        == 422
    )
    assert (
        client.post(f"/posts/{post.id}/status", actor=pm, data={"status": "planned", "reason": "会做"}).status_code
        == 303
    )
    page = client.get(f"/posts/{post.id}").text
    assert "已规划" in page
    assert "会做" in page


def test_an_official_response_stands_on_the_page_and_is_announced_once(
    client: Client,
    runtime: Runtime,
    worker: Worker,
    make_post: Callable[..., Post],
    make_member: Callable[..., Member],
) -> None:
    author, agent = make_member(), make_member("许安然", Role.AGENT)
    post = make_post(author=author)
    follow(runtime, post, author)
    for words in ("先说结论：会修。", "先说结论：**下周**会修。"):
        assert client.post(f"/posts/{post.id}/response", actor=agent, data={"body": words}).status_code == 303
    worker.drain()
    assert messages(runtime) == [(author.id, "forum.response.own", f"/posts/{post.id}#answer")]
    page = client.get(f"/posts/{post.id}").text
    assert "<strong>下周</strong>" in page
    assert page.count('class="answer"') == 1
    assert "许安然" in page


def test_comments_reach_author_followers_and_whom_they_reply_to_but_not_the_writer(
    runtime: Runtime,
    worker: Worker,
    make_post: Callable[..., Post],
    make_comment: Callable[..., Comment],
    make_member: Callable[..., Member],
) -> None:
    author, follower, talker = make_member(), make_member(), make_member()
    post = make_post(author=author)
    follow(runtime, post, author, follower, talker)
    first = make_comment(post, author=talker)
    reply = make_comment(post, author=follower, reply_to=first)
    worker.drain()
    with runtime.database.write() as session:
        outbox.publish(session, CommentAdded(reply.id or 0, post.id or 0))
    worker.drain()
    told = sorted((member, notice) for member, notice, _ in messages(runtime))
    assert told == sorted([
        (author.id, "forum.comment.own"), (follower.id, "forum.comment.followed"),
        (author.id, "forum.comment.own"), (talker.id, "forum.comment.reply"),
    ])  # fmt: skip


def test_nobody_but_its_author_hears_of_a_private_post(
    runtime: Runtime, worker: Worker, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    author, curious, pm = make_member(), make_member(), make_member("产品", Role.PM)
    post = make_post(author=author, visibility=Visibility.STAFF)
    follow(runtime, post, author, curious)
    with runtime.database.write() as session:
        service.respond(session, session.get_one(Post, post.id), "已处理", by=acting(runtime, pm, Role.PM))
    worker.drain()
    assert [member for member, *_ in messages(runtime)] == [author.id]


def test_an_event_of_something_gone_is_passed_over(
    runtime: Runtime, worker: Worker, make_post: Callable[..., Post]
) -> None:
    post = make_post(deleted_at=clock.now())
    events: list[Any] = [
        OfficialResponseGiven(999, post.id or 0), CommentAdded(999, post.id or 0),
        PostStatusChanged([post.id or 0], "planned", None, [999]),
    ]  # fmt: skip
    with runtime.database.write() as session:
        for event in events:
            outbox.publish(session, event)
    worker.drain()
    with runtime.database.read() as session:
        assert outbox.backlog(session) == {"waiting": 0, "parked": 0}
    assert messages(runtime) == []


def test_the_inbox_reads_well_in_chinese(
    client: Client, runtime: Runtime, worker: Worker, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    author, pm = make_member(), make_member("产品", Role.PM)
    post = make_post("座椅通风太吵", author=author)
    follow(runtime, post, author)
    client.post(f"/posts/{post.id}/status", actor=pm, data={"status": "planned", "reason": "随 OTA 2.4 改进"})
    worker.drain()
    page = client.get("/inbox", actor=author).text
    for words in ("“座椅通风太吵”有了进展：已规划", "随 OTA 2.4 改进", f"因为 #{post.id} 是你写的。"):
        assert words in page


def test_many_posts_that_step_together_make_few_entries_and_every_listener_hears_of_each(
    runtime: Runtime, worker: Worker, make_post: Callable[..., Post], make_member: Callable[..., Member],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(service, "TOLD_TOGETHER", 3)
    authors = [make_member() for _ in range(7)]
    posts = [make_post(author=author) for author in authors]
    for post, author in zip(posts, authors, strict=True):
        follow(runtime, post, author)
    with runtime.database.write() as session:
        by = acting(runtime, make_member("产品", Role.PM), Role.PM)
        ids = [post.id or 0 for post in posts]
        service.set_status(session, ids, PostStatus.PLANNED, cause=None, by=by, reason="一起做")
        queued = select(outbox.OutboxEntry.payload).where(outbox.OutboxEntry.name == PostStatusChanged.name)
        sizes = [len(told["post_ids"]) for told in session.exec(queued.order_by(col(outbox.OutboxEntry.id)))]
        assert sizes == [3, 3, 1]
    worker.drain()
    assert sorted(member for member, *_ in messages(runtime)) == sorted(author.id or 0 for author in authors)
    with runtime.database.read() as session:
        found = session.exec(select(IndexedRow.row_id).where(IndexedRow.kind == "post", IndexedRow.status == "planned"))
        assert sorted(found) == sorted(ids)
