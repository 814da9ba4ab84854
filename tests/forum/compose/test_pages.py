"""Composing in a browser without script, and what the script asks for."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import col, select

from cocreate.core.actor import Role
from cocreate.core.jobs import Worker
from cocreate.core.outbox import OutboxEntry
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.models import InboxMessage
from forum.compose.models import Draft
from forum.compose.similar import SAME_FROM, SOLVED_FROM
from forum.posts.models import Post, PostStatus, Visibility
from forum.scenes.models import Scene
from tests.client import Client

NOISE = "座椅通风开到三档噪音太大"


def plain(html: str) -> str:
    """The page with the marks taken out of its words."""
    return re.sub(r"</?mark>", "", html)


def groups(html: str) -> dict[str, str]:
    """The three groups by their titles' first words."""
    found = re.split(r'class="similar-group', html)
    names = {"可能已经解决": "solved", "同样的心愿": "same", "说得相近": "similar"}
    return {key: plain(part) for part in found[1:] for name, key in names.items() if name in part[:600]}


def ask(client: Client, actor: Member | None, title: str, **data: str) -> str:
    return str(client.post("/posts/similar", actor=actor, htmx=True, data={"title": title, **data}).text)


@pytest.fixture
def crowd(make_post: Callable[..., Post]) -> list[Post]:
    """Enough other posts that common words say little."""
    return [make_post(f"{part}{what}") for part in ("雨刷", "蓝牙", "导航", "后备箱", "天窗")
            for what in ("反应太慢", "经常没反应", "升级以后变差了", "希望增加记忆功能")]  # fmt: skip


def test_the_same_wish_and_what_is_only_similar_stand_apart(
    client: Client, crowd: list[Post], make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    same = make_post(NOISE, votes=3)
    alike = make_post("座椅加热冬天升温很慢，通风倒是没问题")
    make_post("充电口盖冬天结冰打不开")
    html = ask(client, make_member(), "座椅通风三档噪音太大")
    assert "<html" not in html
    found = groups(html)
    assert NOISE in found["same"]
    assert f'action="/posts/{same.id}/vote?at=similar"' in found["same"]
    assert f'formaction="/posts/{same.id}/scenes"' in found["same"]
    assert "座椅加热冬天升温很慢" in found["similar"]
    assert f'formaction="/posts/{alike.id}/scenes"' not in html
    assert "充电口盖" not in html
    assert 0 < SOLVED_FROM < SAME_FROM < 1


def test_a_private_number_does_not_hide_the_same_wish(
    client: Client, crowd: list[Post], make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    make_post(NOISE)
    assert NOISE in groups(ask(client, make_member(), f"{NOISE} 沪A12345 13812345678"))["same"]


def test_matched_words_are_marked_and_named(
    client: Client, crowd: list[Post], make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    make_post(NOISE)
    html = ask(client, make_member(), "座椅通風的噪音")
    assert "<mark>座椅通风</mark>" in html
    assert re.search(r"都提到：[^<]*座椅通风", html)


@pytest.mark.parametrize("title", ["座椅", "", "椅子？", "a b"])
def test_too_little_asks_nothing(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member],
    count_queries: Any, title: str,
) -> None:  # fmt: skip
    make_post("座椅")
    member = make_member()
    client.get("/", actor=member)
    with count_queries() as statements:
        html = ask(client, member, title)
    assert "row-title" not in html
    assert not [one for one in statements if "search_" in one]


def test_a_post_that_is_shipped_is_an_answer_and_takes_no_vote(
    client: Client, crowd: list[Post], make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    make_post(NOISE, status=PostStatus.SHIPPED)
    found = groups(ask(client, make_member(), NOISE))
    assert NOISE in found["solved"]
    assert "/vote" not in found["solved"]
    assert "same" not in found


def test_ones_own_post_takes_neither_vote_nor_scene(
    client: Client, crowd: list[Post], make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    member = make_member()
    make_post(NOISE, author=member)
    found = groups(ask(client, member, NOISE))
    assert "这是你自己发的" in found["same"]
    assert "/scenes" not in found["same"]


def test_what_the_reader_may_not_see_is_never_suggested(
    client: Client, crowd: list[Post], make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    client.post("/posts", actor=make_member(), data={"title": NOISE, "private": "1"})
    agent = make_member("客服", Role.AGENT)
    assert NOISE not in plain(ask(client, make_member(), NOISE))
    assert NOISE not in plain(ask(client, None, NOISE))
    seen = groups(ask(client, agent, NOISE))["same"]
    assert NOISE in seen
    assert "/scenes" not in seen  # nobody else's words are put under what staff alone may read


def test_looking_without_script_keeps_every_field(
    client: Client, crowd: list[Post], make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    make_post(NOISE)
    data = {
        "title": "座椅通风三档噪音太大",
        "body": "正文还在",
        "kind": "problem",
        "tags": "座椅 噪音",
        "once": "o1",
        "draft": "d1",
    }
    html = client.post("/posts/similar", actor=make_member(), data=data).text
    assert NOISE in plain(html)
    for kept in ('value="座椅通风三档噪音太大"', "正文还在", 'value="座椅 噪音"', 'name="once" value="o1"',
                 'name="draft" value="d1"'):  # fmt: skip
        assert kept in html
    assert re.search(r'value="problem"[^>]* checked', html)
    assert NOISE in plain(client.get("/posts/new?title=座椅通风噪音", actor=make_member()).text)


def test_posting_is_never_blocked_and_an_abandoned_draft_is_silent(
    client: Client, runtime: Runtime, worker: Worker, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    author, member = make_member(), make_member()
    make_post(NOISE, author=author)
    worker.drain()
    ask(client, member, NOISE, body="我的手机 13812345678")
    client.post("/drafts", actor=member, htmx=True, data={"title": NOISE, "draft": "k1"})
    with runtime.database.read() as session:
        assert session.exec(select(OutboxEntry).where(col(OutboxEntry.finished_at).is_(None))).all() == []
        assert session.exec(select(InboxMessage)).all() == []
        assert len(session.exec(select(Post)).all()) == 1
        assert session.exec(select(Scene)).all() == []
    assert client.post("/posts", actor=member, data={"title": NOISE, "draft": "k1"}).status_code == 303


# -- private numbers


def test_private_numbers_are_pointed_out_masked_on_demand_and_never_refused(
    client: Client, make_member: Callable[..., Member]
) -> None:
    member = make_member()
    html = ask(client, member, "我的沪A12345被蹭了", body="电话13812345678")
    assert "所有人都能看到" in html
    assert "沪A****5" in html
    assert "138******78" in html
    assert "所有人都能看到" not in ask(client, member, "我的沪A12345被蹭了", private="1")
    data = {"title": "我的沪A12345被蹭了", "body": "电话13812345678", "tags": "停车", "draft": "d1", "version": "4"}
    masked = client.post("/posts/redact", actor=member, data=data).text
    assert 'value="我的沪A****5被蹭了"' in masked
    assert "电话138******78" in masked
    assert "12345" not in re.sub(r"<input[^>]*name=\"once\"[^>]*>", "", masked)
    assert 'name="version" value="4"' in masked
    assert client.post("/posts", actor=member, data=data).status_code == 303


# -- drafts


def save(client: Client, member: Member, **data: str) -> Any:
    return client.post("/drafts", actor=member, htmx=True, data={"draft": "k1", "tab": "a", "seq": "1", **data})


def test_a_draft_is_restored_and_closed_by_publishing(client: Client, make_member: Callable[..., Member]) -> None:
    member = make_member()
    line = save(client, member, title="写到一半", body="后面再写", tags="座椅").text
    assert "<html" not in line
    assert 'data-draft-key="k1"' in line
    assert "草稿已保存" in line
    form = client.get("/posts/new", actor=member).text
    for words in ('value="写到一半"', "后面再写", 'value="座椅"', "已恢复草稿", "另写一条", 'name="draft" value="k1"'):
        assert words in form
    fresh = client.get("/posts/new?fresh=1", actor=member).text
    assert "写到一半" not in fresh
    assert 'name="draft" value="k1"' not in fresh
    waiting = client.get("/posts/new?title=别的话题", actor=member).text
    assert 'value="别的话题"' in waiting
    assert "你有一份没写完的草稿" in waiting
    assert client.post("/posts", actor=member, data={"title": "写完了", "draft": "k1"}).status_code == 303
    assert "写到一半" not in client.get("/posts/new", actor=member).text
    assert "没有草稿" in client.get("/me/drafts", actor=member).text


def test_two_posts_out_of_one_restored_draft_are_two_posts(
    client: Client, runtime: Runtime, make_member: Callable[..., Member]
) -> None:
    member = make_member()
    save(client, member, title="写到一半")
    keys = [re.search(r'name="once" value="([^"]+)"', client.get("/posts/new", actor=member).text) for _ in range(2)]
    for number, key in enumerate(keys):
        assert key
        client.post("/posts", actor=member, data={"title": f"第{number}个窗口", "once": key[1], "draft": "k1"})
    with runtime.database.read() as session:
        assert {post.title for post in session.exec(select(Post))} == {"第0个窗口", "第1个窗口"}


def test_a_second_window_is_told_and_both_drafts_stay(client: Client, make_member: Callable[..., Member]) -> None:
    member = make_member()
    save(client, member, title="甲窗口")
    save(client, member, title="乙窗口", tab="b", version="1")
    told = save(client, member, title="甲窗口又写", seq="2", version="1").text
    assert "另一个窗口" in told
    assert 'data-draft-key="k1"' not in told
    listed = client.get("/me/drafts", actor=member).text
    assert "乙窗口" in listed
    assert "甲窗口又写" in listed


def test_drafts_are_listed_thrown_away_and_brought_back(
    client: Client, runtime: Runtime, make_member: Callable[..., Member]
) -> None:
    member = make_member()
    save(client, member, title="丢掉它")
    with runtime.database.read() as session:
        draft_id = session.exec(select(Draft.id)).one()
    for path in (f"/posts/new?draft={draft_id}", "/me/drafts"):
        assert "丢掉它" in client.get(path, actor=member).text
    for path in (f"/drafts/{draft_id}/discard", f"/drafts/{draft_id}/keep"):
        assert client.post(path, actor=make_member()).status_code == 404
    assert client.get(f"/posts/new?draft={draft_id}", actor=make_member()).status_code == 404
    assert client.post(f"/drafts/{draft_id}/discard", actor=member).status_code == 303
    assert "丢掉它" not in client.get("/posts/new", actor=member).text
    back = client.post(f"/drafts/{draft_id}/keep", actor=member)
    assert "丢掉它" in client.get(back.headers["location"], actor=member).text


def test_a_draft_is_neither_found_nor_shown_to_anybody_else(client: Client, make_member: Callable[..., Member]) -> None:
    member, staff = make_member(), make_member("管理", *Role)
    save(client, member, title="秘密的全景天窗漏水")
    for path in ("/", "/search?q=全景天窗漏水", "/posts/new", "/me/drafts", "/posts/new?title=全景天窗漏水"):
        assert "秘密的" not in plain(client.get(path, actor=staff).text), path
    assert "秘密的" not in plain(ask(client, staff, "全景天窗漏水"))


def test_an_edit_has_a_draft_of_its_own(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    member = make_member()
    post = make_post("原来的标题", author=member)
    save(client, member, title="改到一半", post_id=str(post.id))
    assert 'value="改到一半"' in client.get(f"/posts/{post.id}/edit", actor=member).text
    assert 'value="原来的标题"' in client.get(f"/posts/{post.id}/edit?fresh=1", actor=member).text
    assert "改到一半" not in client.get("/posts/new", actor=member).text
    listed = client.get("/me/drafts", actor=member).text
    assert f"对 #{post.id} 的修改" in listed
    path = re.search(r"/posts/new\?draft=\d+", listed)
    assert path
    assert client.get(path[0], actor=member).headers["location"].startswith(f"/posts/{post.id}/edit?draft=")
    client.post(f"/posts/{post.id}", actor=member, data={"title": "改好了", "draft": "k1"})
    assert 'value="改好了"' in client.get(f"/posts/{post.id}/edit", actor=member).text


def test_drafts_of_somebody_elses_hidden_post_are_refused(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    post = make_post(visibility=Visibility.STAFF)
    assert save(client, make_member(), title="乱写", post_id=str(post.id)).status_code == 404


@pytest.mark.parametrize("htmx", [True, False])
def test_a_session_that_ended_meanwhile_costs_no_word(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member], htmx: bool
) -> None:
    data = {
        "title": "写了半个小时",
        "body": "一个字也不能丢",
        "vehicle_id": "7",
        "tags": "座椅",
        "once": "o1",
        "draft": "d1",
    }
    for path in ("/posts", f"/posts/{make_post().id}"):
        answer = client.post(path, data=data, htmx=htmx)
        assert answer.status_code == 401
        for kept in ("登录已过期", 'value="写了半个小时"', "一个字也不能丢", 'name="vehicle_id" value="7"',
                     'value="o1"', f'action="{path}"'):  # fmt: skip
            assert kept in answer.text
    assert "写了半个小时" not in client.get("/").text


def test_a_form_that_does_not_fit_still_shows_the_three_groups(
    client: Client, crowd: list[Post], make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    make_post(NOISE)
    answer = client.post(
        "/posts", actor=make_member(), data={"title": NOISE, "board_id": "999", "body": "电话13812345678"}
    )
    assert answer.status_code == 422
    assert "same" in groups(answer.text)
    assert "138******78" in answer.text
