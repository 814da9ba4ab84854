"""The forum as JSON: the contract of `/api/v1`."""

from collections.abc import Callable
from typing import Any

import pytest

from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from forum.boards.models import Board
from forum.comments.models import Comment
from forum.posts.models import Post, PostStatus
from tests.client import Client

ALL = ("posts:write", "votes:write", "comments:write")


@pytest.mark.parametrize("sort", ["hot", "new", "top"])
def test_a_list_is_walked_by_its_cursor_without_a_token(
    client: Client, make_post: Callable[..., Post], sort: str
) -> None:
    posts = [make_post(votes=number % 2) for number in range(5)]
    seen: list[int] = []
    cursor = None
    for _ in range(4):
        page = client.get(f"/api/v1/posts?sort={sort}&limit=2" + (f"&cursor={cursor}" if cursor else "")).json()
        assert set(page) == {"items", "next_cursor"}
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(post.id or 0 for post in posts)


def test_one_post_says_everything_public_about_itself(
    client: Client, make_post: Callable[..., Post], make_board: Callable[..., Board], make_member: Callable[..., Member]
) -> None:
    author = make_member("小周")
    post = make_post(
        "雨刷记住档位", author=author, board_id=make_board("cockpit").id, body="**建议：**记住", votes=2,
        tags=("雨刷",),
        imported_votes=5,
    )  # fmt: skip
    item = client.get(f"/api/v1/posts/{post.id}").json()
    assert item | {"created_at": None} == {
        "id": post.id, "url": f"/posts/{post.id}", "title": "雨刷记住档位", "body": "**建议：**记住", "kind": "idea",
        "status": "open", "board": "cockpit", "model": "", "model_year": None, "author": "小周",
        "author_verified": False, "channel": "forum", "visibility": "public", "tags": ["雨刷"], "votes": 2,
        "imported_votes": 5, "comments": 0, "voted": False, "created_at": None, "edited_at": None,
        "merged_into": None,
    }  # fmt: skip
    assert client.get("/api/v1/posts?limit=1").json()["items"] == [item]


def test_writing_needs_a_token_with_the_scope(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member], make_token: Callable[..., str]
) -> None:
    post, member = make_post(), make_member()
    calls: list[tuple[str, str, dict[str, Any], str, int]] = [
        ("POST", "/api/v1/posts", {"json": {"title": "新想法"}}, "posts:write", 201),
        ("PUT", f"/api/v1/posts/{post.id}/vote", {}, "votes:write", 200),
        ("DELETE", f"/api/v1/posts/{post.id}/vote", {}, "votes:write", 200),
        ("POST", f"/api/v1/posts/{post.id}/comments", {"json": {"body": "同感"}}, "comments:write", 201),
    ]
    for method, path, body, scope, success in calls:
        answer = client.request(method, path, **body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_signed_in"), path
        # A cookie is no proof here: a foreign page could borrow it.
        assert client.request(method, path, actor=member, **body).status_code == 401, path
        others = [one for one in ALL if one != scope]
        answer = client.request(method, path, token=make_token(member, *others), **body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed"), path
        assert client.request(method, path, token=make_token(member, scope), **body).status_code == success, path


def test_a_post_is_written_once_per_key(
    client: Client, make_member: Callable[..., Member], make_token: Callable[..., str], make_board: Callable[..., Board]
) -> None:
    token = make_token(make_member("小周"), *ALL)
    make_board("cockpit")
    data = {"title": " 雨刷  记住档位 ", "body": "每次都要拨", "kind": "problem", "board": "cockpit", "tags": ["#雨刷"]}
    first = client.post("/api/v1/posts", token=token, json=data, headers={"idempotency-key": "a1"})
    again = client.post("/api/v1/posts", token=token, json=data, headers={"idempotency-key": "a1"})
    item = first.json()
    assert (item["title"], item["kind"]) == ("雨刷 记住档位", "problem")
    assert (item["board"], item["tags"]) == ("cockpit", ["雨刷"])
    assert first.headers["location"] == f"/api/v1/posts/{item['id']}"
    assert again.json()["id"] == item["id"]
    assert client.get(first.headers["location"]).json() == item


WRONG: list[tuple[dict[str, object], str]] = [
    ({}, "title"),
    ({"title": ""}, "title"),
    ({"title": "  "}, "title"),
    ({"title": "好" * 121}, "title"),
    ({"title": "好", "kind": "rant"}, "kind"),
    ({"title": "好", "board": "nowhere"}, "board"),
    ({"title": "好", "vehicle_id": 99}, "vehicle_id"),
    ({"title": "好", "status": "shipped"}, "status"),
]


def test_input_that_does_not_fit_names_its_field(
    client: Client, make_member: Callable[..., Member], make_token: Callable[..., str]
) -> None:
    token = make_token(make_member(), *ALL)
    for data, field in WRONG:
        answer = client.post("/api/v1/posts", token=token, json=data)
        assert answer.status_code == 422, data
        assert field in answer.json()["error"]["fields"], data
    assert client.get("/api/v1/posts").json()["items"] == []


def test_voting_is_idempotent_both_ways(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member], make_token: Callable[..., str]
) -> None:
    post, token = make_post(votes=1), make_token(make_member(), *ALL)
    path = f"/api/v1/posts/{post.id}/vote"
    for _ in range(2):
        assert client.put(path, token=token).json() == {"post_id": post.id, "votes": 2, "voted": True}
    assert client.get(f"/api/v1/posts/{post.id}", token=token).json()["voted"] is True
    for _ in range(2):
        assert client.delete(path, token=token).json() == {"post_id": post.id, "votes": 1, "voted": False}


def test_a_decided_post_refuses_votes(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member], make_token: Callable[..., str]
) -> None:
    post = make_post(status=PostStatus.DECLINED)
    answer = client.put(f"/api/v1/posts/{post.id}/vote", token=make_token(make_member(), *ALL))
    assert answer.status_code == 409
    error = answer.json()["error"]
    assert (error["code"], error["fields"]) == ("voting_closed", {})
    assert "投票已经结束" in error["message"]


def test_comments_come_oldest_first_and_page(
    client: Client,
    make_post: Callable[..., Post],
    make_comment: Callable[..., Comment],
    make_member: Callable[..., Member],
    make_token: Callable[..., str],
) -> None:
    post, token = make_post(), make_token(make_member("小周"), *ALL)
    first = make_comment(post, "第一条")
    reply = client.post(
        f"/api/v1/posts/{post.id}/comments", token=token, json={"body": "回复第一条", "parent_id": first.id}
    ).json()
    make_comment(post, "第三条")
    assert (reply["author"], reply["parent_id"], reply["post_id"]) == ("小周", first.id, post.id)
    page = client.get(f"/api/v1/posts/{post.id}/comments?limit=2").json()
    rest = client.get(f"/api/v1/posts/{post.id}/comments?limit=2&cursor={page['next_cursor']}").json()
    assert [item["body"] for item in page["items"] + rest["items"]] == ["第一条", "回复第一条", "第三条"]
    assert rest["next_cursor"] is None
    assert client.get(f"/api/v1/posts/{post.id}").json()["comments"] == 3


def test_a_list_asked_for_wrongly_is_refused_in_shape(client: Client, make_post: Callable[..., Post]) -> None:
    comments = f"/api/v1/posts/{make_post().id}/comments"
    for path in ("/api/v1/posts?cursor=%00", "/api/v1/posts?limit=0", "/api/v1/posts?sort=best",
                 f"{comments}?cursor=WyJhIl0", f"{comments}?cursor=WzEuNV0", f"{comments}?limit=101"):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 422, path
        assert set(answer.json()["error"]) == {"code", "message", "fields"}, path


def test_the_description_lists_routes_with_examples_and_errors(client: Client, runtime: Runtime) -> None:
    described = client.get("/openapi.json").json()
    paths = described["paths"]
    wanted = {
        "/api/v1/posts": {"get", "post"},
        "/api/v1/posts/{post_id}": {"get"},
        "/api/v1/posts/{post_id}/vote": {"put", "delete"},
        "/api/v1/posts/{post_id}/comments": {"get", "post"},
    }
    for path, methods in wanted.items():
        assert methods <= set(paths[path])
    assert {"401", "403", "409"} <= set(paths["/api/v1/posts/{post_id}/vote"]["put"]["responses"])
    schemas = described["components"]["schemas"]
    assert all("example" in schemas[name] for name in ("PostOut", "PostIn", "VoteOut", "CommentOut", "CommentIn"))
