"""Writing, editing and reading posts in a browser, without script and with htmx."""

import re
from collections.abc import Callable

import pytest

from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from forum.boards.models import Board
from forum.posts.models import Post, PostStatus
from tests.client import Client


def once_of(page: str) -> str:
    found = re.search(r'name="once" value="([^"]+)"', page)
    assert found
    return found[1]


def test_a_guest_who_wants_to_write_is_led_to_the_door_and_back(client: Client) -> None:
    answer = client.get("/posts/new?src=qr-store")
    assert answer.status_code == 303
    assert "next=%2Fposts%2Fnew%3Fsrc%3Dqr-store" in answer.headers["location"]


def test_writing_without_script(
    client: Client,
    make_member: Callable[..., Member],
    make_vehicle: Callable[..., object],
    make_board: Callable[..., Board],
) -> None:
    member, board = make_member("小周"), make_board("cockpit", "智能座舱")
    make_vehicle(member, "示例 SUV", model_year=2026, verified=True)
    page = client.get("/posts/new?src=qr-store&board=cockpit", actor=member).text
    assert 'value="qr-store"' in page
    assert re.search(r'<option value="\d+" selected>示例 SUV 2026</option>', page)  # my car is chosen already
    assert re.search(r'<option value="\d+" selected>智能座舱</option>', page)
    car = re.search(r'<option value="(\d+)" selected>示例 SUV', page)
    assert car
    data = {
        "title": "雨刷记住档位", "body": "**建议：**增加记忆\n<script>alert(1)</script>", "kind": "idea",
        "board_id": str(board.id), "vehicle_id": car[1], "tags": "雨刷，记忆 雨刷", "src": "qr-store",
        "once": once_of(page),
    }  # fmt: skip
    answer = client.post("/posts", actor=member, data=data)
    assert answer.status_code == 303
    again = client.post("/posts", actor=member, data=data)
    assert again.headers["location"] == answer.headers["location"]
    shown = client.get(answer.headers["location"], actor=member).text
    for words in (
        "雨刷记住档位",
        "<strong>建议：</strong>增加记忆",
        "小周",
        "示例 SUV 2026",
        "认证车主",
        "待回应",
        "智能座舱",
    ):
        assert words in shown
    assert "<script>alert" not in shown
    assert shown.count('class="tag"') == 2


@pytest.mark.parametrize("htmx", [True, False])
def test_a_form_that_does_not_fit_is_shown_again_with_what_was_typed(
    client: Client, make_member: Callable[..., Member], htmx: bool
) -> None:
    member = make_member()
    for title in ("", "。。。", "好" * 121):
        answer = client.post("/posts", actor=member, data={"title": title, "body": "正文还在"}, htmx=htmx)
        assert answer.status_code == 422
        assert "正文还在" in answer.text
        assert "field-error" in answer.text
    answer = client.post("/posts", actor=member, data={"title": "好", "board_id": "999"}, htmx=htmx)
    assert answer.status_code == 422
    assert "没有这个板块" in answer.text


def test_editing_keeps_a_history_that_everybody_may_read(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    author = make_member()
    post = make_post("蓝牙断开", author=author, body="开出小区就断", tags=("蓝牙",))
    form = client.get(f"/posts/{post.id}/edit", actor=author).text
    assert 'value="蓝牙断开"' in form
    assert 'value="蓝牙"' in form
    assert client.get(f"/posts/{post.id}/edit", actor=make_member()).status_code == 403
    answer = client.post(
        f"/posts/{post.id}", actor=author, data={"title": "蓝牙好了", "body": "更新后没断", "tags": "蓝牙"}
    )
    assert answer.status_code == 303
    assert client.post(f"/posts/{post.id}", actor=make_member(), data={"title": "别人改"}).status_code == 403
    page = client.get(f"/posts/{post.id}").text
    assert "蓝牙好了" in page
    assert f"/posts/{post.id}/history" in page
    history = client.get(f"/posts/{post.id}/history").text
    assert "开出小区就断" in history
    assert "没有修改过" in client.get(f"/posts/{make_post().id}/history").text


def test_deleting_leads_away_and_leaves_nothing(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    author = make_member()
    post = make_post("收回的话", author=author)
    assert client.post(f"/posts/{post.id}/delete", actor=make_member()).status_code == 403
    answer = client.post(f"/posts/{post.id}/delete", actor=author)
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    assert client.get(f"/posts/{post.id}", actor=author).status_code == 404
    assert "收回的话" not in client.get("/me", actor=author).text


def test_empty_lists_say_why_and_offer_one_way_on(client: Client, make_member: Callable[..., Member]) -> None:
    member = make_member()
    assert "还没有人说话" in client.get("/").text
    assert "还没有人说过" in client.get("/?kind=praise").text
    assert "还没有关于你的车的内容" in client.get("/?mine=1", actor=member).text
    assert client.get("/?mine=1").headers["location"].startswith("/sign-in")
    for tab, words in (("posted", "你还没有说过什么"), ("voted", "你还没有投过票"), ("followed", "你还没有关注")):
        assert words in client.get(f"/me?show={tab}", actor=member).text


def test_my_voice_shows_what_became_of_each_sentence(
    client: Client, runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    from forum.api import set_status
    from tests.factories.forum import acting

    member, pm = make_member(), make_member()
    mine = make_post("我说过的话", author=member)
    voted, followed = make_post("我投过的话"), make_post("我关注的话")
    client.post(f"/posts/{voted.id}/vote", actor=member)
    client.post(f"/posts/{followed.id}/follow", actor=member)
    with runtime.database.write() as session:
        set_status(
            session, [mine.id or 0], PostStatus.DECLINED, cause=None, by=acting(runtime, pm), reason="硬件做不到"
        )
    posted = client.get("/me", actor=member).text
    assert "我说过的话" in posted
    assert "硬件做不到" in posted
    assert "暂不考虑" in posted
    assert "我投过的话" not in posted
    assert "我投过的话" in client.get("/me?show=voted", actor=member).text
    assert "我关注的话" in client.get("/me?show=followed", actor=member).text
    client.post(f"/posts/{followed.id}/unfollow", actor=member)
    assert "我关注的话" not in client.get("/me?show=followed", actor=member).text


def test_my_voice_pages_without_repeats(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    member = make_member()
    posts = [make_post(author=member) for _ in range(17)]
    first = client.get("/me", actor=member).text
    next_url = first.split('class="pager"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    rest = client.get(next_url, actor=member, htmx=True).text
    assert first.count('class="card story"') == 15
    assert rest.count('class="card story"') == 2
    assert all(f'"/me/voice/{post.id}"' in first + rest for post in posts)
    assert client.get("/me?cursor=bogus", actor=member).status_code == 422


def test_pages_speak_english_too(client: Client, make_post: Callable[..., Post]) -> None:
    post = make_post(status=PostStatus.PLANNED)
    page = client.get(f"/posts/{post.id}", language="en").text
    assert "Planned" in page
    assert "Sign in to comment" in page
    assert "已规划" not in page


def test_numbers_beyond_every_id_are_refused_and_break_nothing(
    client: Client, make_member: Callable[..., Member]
) -> None:
    member, beyond = make_member(), 2**63
    assert client.get(f"/posts/similar?title=雨刷太慢了&but={beyond}").status_code == 422
    for name in ("board_id", "vehicle_id"):
        answer = client.post("/posts", actor=member, data={"title": "雨刷太慢了", "kind": "idea", name: str(beyond)})
        assert answer.status_code == 422
        assert "雨刷太慢了" in answer.text
