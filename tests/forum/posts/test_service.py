"""Writing, editing with history, and blanking that leaves no text anywhere."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from cocreate.core.actor import Role
from cocreate.core.audit import AuditEntry
from cocreate.core.errors import NotFound
from cocreate.core.jobs import Worker
from cocreate.core.outbox import OutboxEntry
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.identity.vehicles.models import Vehicle
from forum.boards.models import Board
from forum.comments.models import Comment
from forum.desk.service import respond
from forum.follows.models import Subscription
from forum.moderation.service import hide_post, restore_post
from forum.posts import service
from forum.posts.models import Post, PostKind, PostRevision, PostTag, Visibility
from forum.posts.queries import get_post
from forum.posts.service import Draft
from search import api as search
from tests.client import Client
from tests.factories.forum import acting


def submit(runtime: Runtime, member: Member, draft: Draft, once: str = "") -> Post:
    with runtime.database.write() as session:
        return service.submit_post(session, draft, author=acting(runtime, member), once=once)


def found(runtime: Runtime, text: str) -> list[int]:
    with runtime.database.read() as session:
        return search.matching_ids(session, text, scope=search.Scope(staff=False), kind="post")


def test_an_author_follows_what_they_write_and_everybody_finds_it(
    runtime: Runtime, make_member: Callable[..., Member], make_vehicle: Callable[..., Vehicle]
) -> None:
    member = make_member()
    car = make_vehicle(member, "示例 SUV", model_year=2026)
    draft = Draft("雨刷记住上次的档位", "每次都要重新拨", PostKind.PROBLEM, vehicle_id=car.id, tags=("雨刷", "记忆"))
    post = submit(runtime, member, draft)
    with runtime.database.read() as session:
        row = session.get_one(Post, post.id)
        follows = session.exec(select(Subscription.member_id).where(Subscription.post_id == post.id)).all()
        events = session.exec(select(OutboxEntry.name)).all()
        tags = session.exec(select(PostTag.tag).where(PostTag.post_id == post.id)).all()
    assert (row.model, row.model_year, row.author_id, row.channel) == ("示例 SUV", 2026, member.id, "forum")
    assert list(follows) == [member.id]
    assert "forum.PostSubmitted" in events
    assert sorted(tags) == ["记忆", "雨刷"]
    assert found(runtime, "雨刷") == [post.id]
    assert found(runtime, "重新拨") == [post.id]


def test_a_private_post_is_found_by_staff_alone(runtime: Runtime, make_member: Callable[..., Member]) -> None:
    post = submit(runtime, make_member(), Draft("我的刹车昨天失灵", private=True))
    assert post.visibility == Visibility.STAFF
    assert found(runtime, "刹车") == []
    with runtime.database.read() as session:
        assert search.matching_ids(session, "刹车", scope=search.Scope(staff=True), kind="post") == [post.id]


def test_the_same_form_sent_twice_makes_one_post(runtime: Runtime, make_member: Callable[..., Member]) -> None:
    member = make_member()
    first = submit(runtime, member, Draft("只说一次"), once="k1")
    assert submit(runtime, member, Draft("只说一次"), once="k1").id == first.id
    assert submit(runtime, member, Draft("只说一次"), once="k2").id != first.id
    assert submit(runtime, make_member(), Draft("只说一次"), once="k1").id != first.id


def test_another_persons_car_or_an_unknown_board_is_refused_before_anything_is_written(
    runtime: Runtime, make_member: Callable[..., Member], make_vehicle: Callable[..., Vehicle]
) -> None:
    car = make_vehicle(make_member())
    with pytest.raises(service.UnknownVehicle):
        submit(runtime, make_member(), Draft("别人的车", vehicle_id=car.id))
    with pytest.raises(service.UnknownBoard):
        submit(runtime, make_member(), Draft("没有的板块", board_id=999))
    with runtime.database.read() as session:
        assert session.exec(select(sa.func.count()).select_from(Post)).one() == 0


def edit(runtime: Runtime, post: Post, member: Member, draft: Draft) -> bool:
    with runtime.database.write() as session:
        return service.edit_post(session, session.get_one(Post, post.id), draft, editor=acting(runtime, member))


def test_an_edit_keeps_what_stood_there_and_changes_what_is_found(
    runtime: Runtime, make_member: Callable[..., Member], make_board: Callable[..., Board]
) -> None:
    member, board = make_member(), make_board()
    post = submit(runtime, member, Draft("蓝牙断开", "开出小区就断", tags=("蓝牙",)))
    assert edit(runtime, post, member, Draft("蓝牙已经好了", "更新以后没再断", board_id=board.id, tags=("更新",)))
    assert not edit(runtime, post, member, Draft("蓝牙已经好了", "更新以后没再断", board_id=board.id, tags=("更新",)))
    with runtime.database.read() as session:
        row = session.get_one(Post, post.id)
        (revision,) = session.exec(select(PostRevision).where(PostRevision.post_id == post.id)).all()
        tags = list(session.exec(select(PostTag.tag).where(PostTag.post_id == post.id)))
        edits = session.exec(select(OutboxEntry).where(col(OutboxEntry.name) == "forum.PostEdited")).all()
    assert (row.title, row.board_id, tags) == ("蓝牙已经好了", board.id, ["更新"])
    assert (revision.title, revision.body, revision.editor_id) == ("蓝牙断开", "开出小区就断", member.id)
    assert row.edited_at == revision.replaced_at
    assert len(edits) == 1
    assert found(runtime, "小区") == []
    assert found(runtime, "没再断") == [post.id]


def test_only_the_author_edits_and_only_author_or_moderator_blanks(
    runtime: Runtime, make_member: Callable[..., Member]
) -> None:
    member, other, moderator = make_member(), make_member(), make_member("版主", Role.MODERATOR)
    post = submit(runtime, member, Draft("我的话"))
    for stranger in (other, moderator):
        with pytest.raises(service.NotYours):
            edit(runtime, post, stranger, Draft("别人的话"))
    with runtime.database.write() as session, pytest.raises(service.NotYours):
        service.delete_post(session, session.get_one(Post, post.id), by=acting(runtime, other))
    with runtime.database.write() as session:
        service.delete_post(session, session.get_one(Post, post.id), by=acting(runtime, moderator, Role.MODERATOR))
    with runtime.database.read() as session:
        assert session.get_one(Post, post.id).deleted_at is not None
        entries = session.exec(select(AuditEntry).where(AuditEntry.action == "post.delete")).all()
    assert [(entry.actor_id, entry.subject_id) for entry in entries] == [(moderator.id, post.id)]


SECRET = "只有我知道的句子"


def everything_stored(runtime: Runtime) -> str:
    """Every value of every table, and of the search index, as one text."""
    with runtime.database.read() as session:
        names = sa.inspect(session.connection()).get_table_names()
        quoted = session.connection().dialect.identifier_preparer.quote
        execute = session.connection().exec_driver_sql
        stored = "\n".join(str(tuple(row)) for name in names for row in execute(f"SELECT * FROM {quoted(name)}"))
    # JSON columns hold Chinese as escapes.
    return re.sub(r"\\+u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), stored)


def test_blanking_leaves_no_text_anywhere(
    runtime: Runtime,
    worker: Worker,
    make_member: Callable[..., Member],
    make_comment: Callable[..., Comment],
) -> None:
    member, follower, agent = make_member(), make_member(), make_member("客服", Role.AGENT)
    post = submit(runtime, member, Draft(f"{SECRET}一", f"{SECRET}二", tags=(f"{SECRET[:6]}签",)))
    edit(runtime, post, member, Draft(f"{SECRET}三", f"{SECRET}四", tags=(f"{SECRET[:6]}签",)))
    make_comment(post, f"{SECRET}五", author=member)
    with runtime.database.write() as session:
        session.add(Subscription(member_id=follower.id or 0, post_id=post.id or 0))
        respond(session, session.get_one(Post, post.id), "官方说明", by=acting(runtime, agent, Role.AGENT))
    worker.drain()
    assert SECRET[:6] in everything_stored(runtime)
    with runtime.database.write() as session:
        service.delete_post(session, session.get_one(Post, post.id), by=acting(runtime, member))
    worker.drain()
    left = [line for line in everything_stored(runtime).splitlines() if SECRET[:6] in line]
    assert left == []
    with runtime.database.read() as session, pytest.raises(NotFound):
        get_post(session, post.id or 0, acting(runtime, member))


def test_a_blanked_posts_votes_stay_and_other_peoples_comments_too(
    runtime: Runtime,
    make_post: Callable[..., Post],
    make_member: Callable[..., Member],
    make_comment: Callable[..., Comment],
) -> None:
    author = make_member()
    post = make_post(author=author, votes=2)
    theirs = make_comment(post, "别人的评论")
    with runtime.database.write() as session:
        service.delete_post(session, session.get_one(Post, post.id), by=acting(runtime, author))
    with runtime.database.read() as session:
        assert session.get_one(Post, post.id).vote_count == 2
        assert session.get_one(Comment, theirs.id).body == "别人的评论"


def test_wordings_for_staff_alone_stay_with_them_when_a_post_becomes_public(
    runtime: Runtime, client: Client, make_member: Callable[..., Member]
) -> None:
    member = make_member()
    post = submit(runtime, member, Draft("我住在静安路七号", "门牌一", private=True))
    edit(runtime, post, member, Draft("车位在静安路八号", "门牌二", private=True))
    edit(runtime, post, member, Draft("充电桩太少", "附近没有"))
    for reader in (None, member):
        page = client.get(f"/posts/{post.id}/history", actor=reader)
        assert (page.status_code, "静安路" in page.text, "门牌" in page.text) == (200, False, False)
        assert "更早的内容不公开" in page.text
    with runtime.database.read() as session:
        kept = session.exec(select(PostRevision.title, PostRevision.body)).all()
    assert set(kept) == {("", "")}
    edit(runtime, post, member, Draft("充电桩还是太少", "附近没有"))
    assert "充电桩太少" in client.get(f"/posts/{post.id}/history").text


def test_an_edit_that_comes_after_blanking_writes_nothing(runtime: Runtime, make_member: Callable[..., Member]) -> None:
    member = make_member()
    post = submit(runtime, member, Draft("原来的话"))
    with runtime.database.write() as late:
        row = late.get_one(Post, post.id)
        with runtime.database.write() as session:
            service.delete_post(session, session.get_one(Post, post.id), by=acting(runtime, member))
        with pytest.raises(NotFound):
            service.edit_post(late, row, Draft(SECRET), editor=acting(runtime, member))
    assert SECRET not in everything_stored(runtime)
    assert found(runtime, SECRET) == []


def test_an_edit_of_a_post_hidden_meanwhile_is_not_found_by_search(
    runtime: Runtime, make_member: Callable[..., Member]
) -> None:
    member, moderator = make_member(), make_member("版主", Role.MODERATOR)
    post = submit(runtime, member, Draft("原来的话"))
    with runtime.database.write() as late:
        row = late.get_one(Post, post.id)
        with runtime.database.write() as session:
            hide_post(session, session.get_one(Post, post.id), reason="广告", by=acting(runtime, moderator))
        assert service.edit_post(late, row, Draft("雨刷太慢"), editor=acting(runtime, member))
    assert found(runtime, "雨刷") == []
    with runtime.database.read() as session:
        assert session.get_one(Post, post.id).title == "雨刷太慢"


def test_blanking_takes_along_an_edit_made_meanwhile(runtime: Runtime, make_member: Callable[..., Member]) -> None:
    member = make_member()
    post = submit(runtime, member, Draft("原来的话"))
    with runtime.database.write() as late:
        row = late.get_one(Post, post.id)
        edit(runtime, post, member, Draft("原来的话", SECRET))
        service.delete_post(late, row, by=acting(runtime, member))
    assert SECRET not in everything_stored(runtime)


def test_a_post_blanked_meanwhile_is_not_brought_back(runtime: Runtime, make_member: Callable[..., Member]) -> None:
    member, moderator = make_member(), make_member("版主", Role.MODERATOR)
    post = submit(runtime, member, Draft("雨刷太慢"))
    with runtime.database.write() as session:
        hide_post(session, session.get_one(Post, post.id), reason="广告", by=acting(runtime, moderator))
    with runtime.database.write() as late:
        row = late.get_one(Post, post.id)
        with runtime.database.write() as session:
            service.delete_post(session, session.get_one(Post, post.id), by=acting(runtime, member))
        restore_post(late, row, by=acting(runtime, moderator))
    assert found(runtime, "雨刷") == []
