"""Who may open, vote and comment on what. Refused reading is a 404: nobody learns that the post is there."""

from collections.abc import Callable
from typing import Any

import pytest

from cocreate.core import clock
from cocreate.core.actor import Role
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.identity.sessions.service import guest
from forum.api import post_cards, visible_ids
from forum.posts.models import Post, Visibility
from search import api as search
from tests.client import Client
from tests.factories.forum import acting

STATES: dict[str, dict[str, Any]] = {
    "public": {},
    "staff": {"visibility": Visibility.STAFF},
    "hidden": {"hidden_at": clock.now()},
    "deleted": {"deleted_at": clock.now()},
}
MAY_READ = {
    "public": {"guest", "member", "author", "agent", "moderator"},
    "staff": {"author", "agent", "moderator"},
    "hidden": {"author", "moderator"},
    "deleted": set(),
}
READERS = ("guest", "member", "author", "agent", "moderator")
ROLES = {"agent": (Role.AGENT,), "moderator": (Role.MODERATOR,)}


@pytest.mark.parametrize("state", list(STATES))
def test_reading(
    client: Client,
    runtime: Runtime,
    make_post: Callable[..., Post],
    make_member: Callable[..., Member],
    make_token: Callable[..., str],
    state: str,
) -> None:
    author = make_member()
    post = make_post("谁能看到这句话", author=author, **STATES[state])
    for reader in READERS:
        roles = ROLES.get(reader, ())
        who = None if reader == "guest" else author if reader == "author" else make_member("读者", *roles)
        token = make_token(who, "votes:write") if who else None
        expected = 200 if reader in MAY_READ[state] else 404
        for path in (f"/posts/{post.id}", f"/posts/{post.id}/history"):
            answer = client.get(path, actor=who)
            assert answer.status_code == expected, (reader, path)
            assert ("谁能看到这句话" in answer.text) is (expected == 200)
        for path in (f"/api/v1/posts/{post.id}", f"/api/v1/posts/{post.id}/comments"):
            assert client.get(path, token=token).status_code == expected, (reader, path)
        actor = acting(runtime, who, *roles) if who else guest(runtime)
        with runtime.database.read() as session:
            assert visible_ids(session, actor, [post.id or 0]) == ({post.id} if expected == 200 else set()), reader
            assert set(post_cards(session, [post.id or 0], actor=actor)) == ({post.id} if expected == 200 else set())
        if who is not None:
            assert client.post(f"/posts/{post.id}/vote", actor=who, htmx=True).status_code == expected, reader
            assert client.put(f"/api/v1/posts/{post.id}/vote", token=token).status_code == expected, reader
            answer = client.post(f"/posts/{post.id}/comments", actor=who, data={"body": "路过"}, htmx=True)
            assert answer.status_code == expected, reader
            assert client.post(f"/posts/{post.id}/follow", actor=who, htmx=True).status_code == expected, reader


@pytest.mark.parametrize("state", ["staff", "hidden", "deleted"])
def test_public_lists_and_search_never_show_it(
    client: Client, runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member], state: str
) -> None:
    make_post("秘密的座椅通风", **STATES[state])
    for actor in (None, make_member()):
        words = "秘密的座椅通风"
        for path in ("/", "/?sort=new", f"/?q={words}", f"/posts/similar?title={words}", f"/search?q={words}"):
            answer = client.get(path, actor=actor)
            assert answer.status_code == 200, path
            assert "data-row" not in answer.text, path
            assert 'class="row"' not in answer.text, path
    assert client.get("/api/v1/posts").json()["items"] == []


DESK = [
    ("hide", {"reason": "广告"}, {Role.MODERATOR, Role.ADMIN}),
    ("restore", {}, {Role.MODERATOR, Role.ADMIN}),
    ("response", {"body": "谢谢"}, {Role.AGENT, Role.PM, Role.ADMIN}),
    ("status", {"status": "planned", "reason": "会做"}, {Role.AGENT, Role.PM, Role.ADMIN}),
]


@pytest.mark.parametrize(("act", "data", "allowed"), DESK)
def test_acts_of_staff(
    client: Client,
    make_post: Callable[..., Post],
    make_member: Callable[..., Member],
    act: str,
    data: dict[str, str],
    allowed: set[Role],
) -> None:
    post = make_post()
    for role in Role:
        someone = make_member("某人", *(() if role == Role.MEMBER else (role,)))
        answer = client.post(f"/posts/{post.id}/{act}", actor=someone, data=data)
        assert answer.status_code == (303 if role in allowed else 403), role


def test_the_author_reads_why_a_post_is_hidden(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    author, moderator = make_member(), make_member("版主", Role.MODERATOR)
    post = make_post("加微信领优惠", author=author)
    assert client.post(f"/posts/{post.id}/hide", actor=moderator, data={"reason": ""}).status_code == 422
    client.post(f"/posts/{post.id}/hide", actor=moderator, data={"reason": "这是广告"})
    assert "这是广告" in client.get(f"/posts/{post.id}", actor=author).text
    assert client.get(f"/posts/{post.id}").status_code == 404
    client.post(f"/posts/{post.id}/restore", actor=moderator)
    assert client.get(f"/posts/{post.id}").status_code == 200


def test_search_finds_a_restored_post_again(
    client: Client, runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    post, moderator = make_post("后备箱感应失灵"), make_member("版主", Role.MODERATOR)

    def found() -> list[int]:
        with runtime.database.read() as session:
            return search.matching_ids(session, "后备箱", scope=search.Scope(staff=False), kind="post")

    assert found() == [post.id]
    client.post(f"/posts/{post.id}/hide", actor=moderator, data={"reason": "误会"})
    assert found() == []
    client.post(f"/posts/{post.id}/restore", actor=moderator)
    assert found() == [post.id]


def test_ids_that_no_post_has_are_not_found(client: Client, make_member: Callable[..., Member]) -> None:
    member = make_member()
    for post_id in ("0", "-1", "abc", str(2**31), str(2**63 - 1), str(2**63), "9" * 20):
        assert client.get(f"/posts/{post_id}").status_code == 404, post_id
        assert client.get(f"/api/v1/posts/{post_id}").status_code == 404, post_id
        assert client.post(f"/posts/{post_id}/vote", actor=member, htmx=True).status_code == 404, post_id
