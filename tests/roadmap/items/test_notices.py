"""Messages about steps do not keep the title of a post that is blanked or out of sight."""

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlmodel import select

from cocreate.core import clock, outbox
from cocreate.core.db import Database
from cocreate.core.jobs import Worker
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.models import InboxMessage
from cocreate.notify.inbox.service import tell
from forum.events import PostDeleted, PostEdited, PostHidden
from forum.posts.models import Post, Visibility
from roadmap.items import notices

Make = Callable[..., Any]
CANARY = "金丝雀的标题"
LOST = "（内容已不再显示）"


@pytest.fixture
def told(
    make_item: Make, put_post: Make, make_member: Make, step: Make, worker: Worker, database: Database
) -> SimpleNamespace:
    """Author and voter of a post have heard of a step; the voter also has a message of another room."""
    author, voter = make_member("作者"), make_member("支持者")
    post, other = put_post(CANARY, author=author, voters=[voter]), put_post("另一句", author=make_member("旁人"))
    step(make_item("条目", posts=[post, other]), "decided")
    worker.drain()
    with database.write() as session:
        tell(session, [voter.id], "other.room", key="k", params={"post": "no number", "title": "别的"}, url="/")
    return SimpleNamespace(author=author, voter=voter, post=post)


def titles(database: Database) -> list[Any]:
    with database.read() as session:
        return [params["title"] for params in session.exec(select(InboxMessage.params))]


def change(database: Database, worker: Worker, post: Post, event: Any, **values: Any) -> None:
    with database.write() as session:
        row = session.get_one(Post, post.id)
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)
        outbox.publish(session, event(post_id=post.id))
    worker.drain()


def reasons(client: Any, member: Member) -> str:
    return str(client.get("/inbox", actor=member).text)


def test_a_blanked_post_leaves_no_title_in_any_message(
    client: Any, told: SimpleNamespace, database: Database, worker: Worker
) -> None:
    assert CANARY in reasons(client, told.author)
    assert CANARY in reasons(client, told.voter)
    change(database, worker, told.post, PostDeleted, deleted_at=clock.now(), title="")
    assert CANARY not in str(titles(database))
    assert {"另一句", "别的"} <= {title for title in titles(database) if isinstance(title, str)}
    for member in (told.author, told.voter):
        assert f"#{told.post.id}：{LOST}" in reasons(client, member)


@pytest.mark.parametrize("way", ["hidden", "staff"])
def test_a_post_out_of_sight_is_named_to_its_author_alone(
    client: Any, told: SimpleNamespace, database: Database, worker: Worker, way: str
) -> None:
    if way == "hidden":
        change(database, worker, told.post, PostHidden, hidden_at=clock.now())
    else:
        change(database, worker, told.post, PostEdited, visibility=Visibility.STAFF)
    assert CANARY in reasons(client, told.author)
    assert CANARY not in reasons(client, told.voter)
    assert f"#{told.post.id}：{LOST}" in reasons(client, told.voter)


def test_an_edit_of_a_public_post_leaves_messages_alone(
    client: Any, told: SimpleNamespace, database: Database, worker: Worker
) -> None:
    change(database, worker, told.post, PostEdited, body="改过的正文")
    assert CANARY in reasons(client, told.voter)


def test_a_step_after_a_post_went_out_of_sight_reads_well_without_its_title(
    client: Any, make_item: Make, put_post: Make, make_member: Make, step: Make, worker: Worker
) -> None:
    voter = make_member("支持者")
    post = put_post(CANARY, author=make_member(), voters=[voter], visibility=Visibility.STAFF)
    step(make_item(posts=[post]), "decided")
    worker.drain()
    assert f"#{post.id}：{LOST}" in reasons(client, voter)


@pytest.mark.parametrize("way", ["deleted", "hidden"])
def test_a_post_that_goes_while_it_is_told_leaves_no_words(
    make_item: Make, put_post: Make, make_member: Make, step: Make, worker: Worker, database: Database,
    monkeypatch: pytest.MonkeyPatch, way: str,
) -> None:  # fmt: skip
    """Its words were read, the listener that takes words back has looked, and only then the messages are written."""
    author, voter = make_member("作者"), make_member("支持者")
    post = put_post(CANARY, author=author, voters=[voter], body=f"{CANARY}正文")
    words = notices.by_reason

    def slow(*args: Any) -> Any:
        letters = words(*args)
        with database.write() as session:
            row = session.get_one(Post, post.id)
            row.hidden_at = clock.now()
            if way == "deleted":
                row.deleted_at, row.title, row.body = clock.now(), "", ""
            event = PostDeleted if way == "deleted" else PostHidden
            notices.forget_title(session, event(post_id=post.id or 0))
        return letters

    monkeypatch.setattr(notices, "by_reason", slow)
    step(make_item("条目", posts=[post]), "decided")
    worker.drain()
    with database.read() as session:
        kept = {row.member_id: str(row.params) for row in session.exec(select(InboxMessage))}
    assert set(kept) == {author.id, voter.id}
    assert CANARY not in str(kept)


def test_a_post_that_goes_in_the_last_moment_before_its_messages_are_there_leaves_no_words(
    make_item: Make, put_post: Make, make_member: Make, step: Make, worker: Worker, database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """It goes after the look in the transaction that writes them: another process, on a database that lets it."""
    voter = make_member("支持者")
    post = put_post(CANARY, author=make_member("作者"), voters=[voter])
    look, others = notices._forget, list[threading.Thread]()

    def hide() -> None:
        with database.write() as session:
            session.get_one(Post, post.id).hidden_at = clock.now()
            notices.forget_title(session, PostHidden(post_id=post.id or 0))

    def late(session: Any, lost: Any) -> None:
        look(session, lost)
        if not others:
            others.append(threading.Thread(target=hide))
            others[0].start()
            others[0].join(timeout=1)  # where one writes at a time it comes after us

    monkeypatch.setattr(notices, "_forget", late)
    step(make_item("条目", posts=[post]), "decided")
    worker.drain()
    others[0].join()
    with database.read() as session:
        [told] = session.exec(select(InboxMessage).where(InboxMessage.member_id == voter.id))
    assert CANARY not in str(told.params)


def test_the_own_words_in_a_message_stand_without_the_marks_of_markdown(
    make_item: Make, put_post: Make, make_member: Make, step: Make, worker: Worker, database: Database
) -> None:
    author = make_member("作者")
    post = put_post("位置记忆", body="**建议：**增加方向盘位置。\n\n- 还有后视镜", author=author)
    step(make_item("条目", posts=[post]), "decided")
    worker.drain()
    with database.read() as session:
        [told] = session.exec(select(InboxMessage).where(InboxMessage.member_id == author.id))
    assert told.params["quote"] == "建议：增加方向盘位置。 还有后视镜"
