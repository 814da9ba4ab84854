"""Nobody tells many people alone: a link or another audience is written at once, and told with the next step."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlmodel import select

from cocreate.core.db import Database
from cocreate.core.jobs import Worker
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.models import InboxMessage
from forum.posts.models import Post, PostStatus
from roadmap.items.models import RoadmapItem

Make = Callable[..., Any]
pytestmark = pytest.mark.usefixtures("few")


def told(database: Database, item: RoadmapItem) -> set[int]:
    with database.read() as session:
        keys = InboxMessage.key.like(f"item:{item.id}:%")  # type: ignore[attr-defined]
        return set(session.exec(select(InboxMessage.member_id).where(keys)))


def said(client: Any, who: Member, answer: Any) -> str:
    headers = {"cookie": f"flash={answer.cookies['flash']}"}
    text: str = client.get(answer.headers["location"], actor=who, headers=headers).text
    assert "已关联到" in text
    return text


@pytest.fixture
def both(make_member: Make, put_post: Make) -> Post:
    """A post with two people behind it, as many as one person may tell."""
    post: Post = put_post("遮阳帘", author=make_member(), voters=[make_member()])
    return post


def test_a_theme_of_many_is_linked_quietly_and_told_with_the_next_step(
    client: Any, pm: Member, make_item: Make, voices: SimpleNamespace, both: Post, step: Make, worker: Worker,
    database: Database,
) -> None:  # fmt: skip
    item = make_item("座椅降噪", posts=[both], stage="decided")
    worker.drain()
    first = told(database, item)
    assert len(first) == 2
    linked = client.post(f"/themes/{voices.theme.id}/link", actor=pm, data={"item": str(item.id)})
    worker.drain()
    assert "那一步要第二个人批准" in said(client, pm, linked)
    assert told(database, item) == first
    with database.read() as session:
        assert session.get_one(Post, voices.posts[0].id).status == PostStatus.PLANNED, "the page says it at once"
    step(item, "built")
    worker.drain()
    assert told(database, item) == first | {voices.lin.id, voices.chen.id, voices.wu.id}


def test_a_few_who_join_many_are_told_where_it_stands(
    client: Any, pm: Member, make_item: Make, voices: SimpleNamespace, both: Post, worker: Worker, database: Database
) -> None:
    item = make_item("座椅降噪", themes=[voices.theme], stage="decided")
    worker.drain()
    assert len(told(database, item)) == 3
    linked = client.post(f"/posts/{both.id}/link", actor=pm, data={"item": str(item.id)})
    worker.drain()
    assert "那一步要第二个人批准" not in said(client, pm, linked)
    assert len(told(database, item)) == 5


@pytest.mark.parametrize("crowd", ["many", "few"])
def test_what_many_may_read_from_now_on_is_not_told_them_by_one_person(
    client: Any, pm: Member, make_item: Make, voices: SimpleNamespace, both: Post, worker: Worker, database: Database,
    crowd: str,
) -> None:  # fmt: skip
    behind = {"themes": [voices.theme]} if crowd == "many" else {"posts": [both]}
    item = make_item("座椅降噪", public=False, sentence="正在看。", **behind)
    worker.drain()
    assert told(database, item) == set()
    shown = {"title": "座椅降噪", "public": "1"}
    assert client.post(f"/roadmap/{item.id}/edit", actor=pm, data=shown).status_code == 303
    worker.drain()
    assert len(told(database, item)) == (0 if crowd == "many" else 2)
