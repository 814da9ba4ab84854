"""Writing a post in a real browser: three groups while typing, a vote and a scene there, drafts that outlive all."""

import re
import time

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from cocreate.core.outbox import OutboxEntry
from cocreate.identity.sessions.service import make_actor
from cocreate.notify.inbox.models import InboxMessage
from forum.posts.models import Post
from forum.posts.service import Draft, submit_post
from forum.scenes.models import Scene

# What a browser does with the pages is the same on both databases; one is enough for it.
pytestmark = [
    pytest.mark.browser, pytest.mark.slow, pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
]  # fmt: skip

NOISE = "座椅通风开到三档噪音太大"
TYPED = "座椅通风三档噪音太大"


def _post(site, author, title: str) -> int:
    with site.runtime.database.write() as session:
        actor = make_actor(site.runtime, author.id, author.name, [])
        return submit_post(session, Draft(title=title), author=actor).id or 0


def _crowd(site, author) -> None:
    for part in ("雨刷", "蓝牙", "导航", "后备箱"):
        for what in ("反应太慢", "经常没反应", "升级以后变差了", "希望增加记忆功能"):
            _post(site, author, f"{part}{what}")


def _asked(page) -> list[str]:
    """Addresses that the form asks while typing, as they go out."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/posts/similar" in request.url else None)
    return asked


def test_typing_shows_the_same_wish_where_one_votes_and_adds_a_scene(nearby, phone):
    author, owner = nearby.member("作者"), nearby.member("车主")
    _crowd(nearby, author)
    post_id = _post(nearby, author, NOISE)
    with nearby.runtime.database.read() as session:
        messages = len(session.exec(select(InboxMessage)).all())
    page = phone(owner)
    asked = _asked(page)
    page.goto("/posts/new")
    page.click("#f-title")
    page.keyboard.type("座椅", delay=20)
    page.wait_for_timeout(600)
    assert asked == [], "two characters are too few to ask with"
    page.keyboard.type(TYPED[2:], delay=20)
    same = page.locator(".similar-group", has_text="同样的心愿")
    same.wait_for()
    assert len(asked) <= 2, "a pause asks, not a key"
    assert "座椅通风" in same.locator("mark").all_inner_texts()
    # A vote right there; the form and its words stay where they are.
    same.locator("button.vote-button").click()
    same.locator("button[aria-pressed=true]").wait_for()
    assert page.input_value("#f-title") == TYPED
    # Leaving now is silent: nothing is published, nobody is told.
    page.locator("#draft-line", has_text="草稿已保存").wait_for()
    page.goto("/")
    with nearby.runtime.database.read() as session:
        assert session.exec(select(Scene)).all() == []
        assert len(session.exec(select(Post).where(Post.author_id == owner.id)).all()) == 0
        assert len(session.exec(select(InboxMessage)).all()) == messages
        assert not [entry for entry in session.exec(select(OutboxEntry)) if "Scene" in entry.name]
    page.goto("/posts/new")
    assert page.input_value("#f-title") == TYPED
    page.locator("#draft-line", has_text="已恢复草稿").wait_for()
    page.locator("button", has_text="把我的话补充进去").first.click()
    page.wait_for_url(re.compile(rf"/posts/{post_id}"))
    page.locator("#flash", has_text="谢谢").wait_for()
    assert TYPED in page.locator("#scenes").inner_text()
    page.goto("/posts/new")
    assert page.input_value("#f-title") == ""
    with nearby.runtime.database.read() as session:
        assert session.get_one(Post, post_id).vote_count == 1


def test_nothing_is_asked_while_an_input_method_composes(nearby, phone):
    author, owner = nearby.member("作者"), nearby.member("车主")
    _crowd(nearby, author)
    _post(nearby, author, NOISE)
    page = phone(owner)
    asked = _asked(page)
    page.goto("/posts/new")
    page.click("#f-title")
    method = page.context.new_cdp_session(page)
    for half in ("zuo", "zuoyi", "zuo yi tong feng", "座椅通风"):
        method.send("Input.imeSetComposition", {"text": half, "selectionStart": len(half), "selectionEnd": len(half)})
        page.wait_for_timeout(450)
    assert asked == []
    method.send("Input.insertText", {"text": "座椅通风噪音太大"})
    page.locator(".similar-group").first.wait_for()
    assert page.input_value("#f-title").endswith("座椅通风噪音太大")


def _await_draft(page, words: str) -> None:
    """Wait until the server holds a draft with these words: handed in as one page leaves or the next opens."""
    deadline = time.monotonic() + 15
    while words not in page.request.get("/me/drafts").text():
        assert time.monotonic() < deadline, f"no draft holds {words!r}"
        page.wait_for_timeout(100)


def test_no_word_is_lost_without_a_connection_in_two_windows_or_signed_out(nearby, phone):
    owner = nearby.member("车主")
    page = phone(owner)
    page.goto("/posts/new")
    page.fill("#f-title", "断网时写下的一句话")
    page.locator("#draft-line", has_text="草稿已保存").wait_for()
    # Without a connection: kept in the browser, and the button says why nothing happened.
    page.context.set_offline(True)
    page.fill("#f-title", "断网时写下的另一句话")
    page.locator("#draft-line", has_text="没有网络").wait_for()
    page.click("#write .actions button[type=submit] >> text=发布")
    page.locator("#flash", has_text="没有发出去").wait_for()
    assert page.input_value("#f-title") == "断网时写下的另一句话"
    page.fill("#f-title", "断网时写下的第三句话")
    page.wait_for_timeout(1200)
    page.goto("about:blank")
    page.context.set_offline(False)
    page.goto("/posts/new")
    expect(page.locator("#f-title")).to_have_value("断网时写下的第三句话")
    # The farewell of the page before may reach the server first; then there is nothing left to save, only to restore.
    expect(page.locator("#draft-line")).to_have_text(re.compile("草稿已保存|已恢复草稿"))
    # Who starts afresh finds what was kept without a connection among the drafts.
    page.context.set_offline(True)
    page.fill("#f-title", "断网时写下的第四句话")
    page.locator("#draft-line", has_text="没有网络").wait_for()
    page.goto("about:blank")
    page.context.set_offline(False)
    page.goto("/posts/new?fresh=1")
    expect(page.locator("#f-title")).to_have_value("")
    _await_draft(page, "断网时写下的第四句话")
    page.goto("/posts/new")
    # A second window goes on with a draft of its own.
    second = page.context.new_page()
    second.goto("/posts/new")
    second.fill("#f-title", "第二个窗口接着写")
    second.locator("#draft-line", has_text="草稿已保存").wait_for()
    page.fill("#f-title", "第一个窗口也接着写")
    page.locator("#draft-line", has_text="另一个窗口").wait_for()
    second.goto("/me/drafts")
    listed = second.inner_text("main")
    assert "第二个窗口接着写" in listed
    assert "第一个窗口也接着写" in listed
    # The session ends; the form comes back with every word, and works again after signing in.
    page.context.clear_cookies()
    page.click("#write .actions button[type=submit] >> text=发布")
    page.locator(".notice", has_text="登录已过期").wait_for()
    assert page.input_value("#f-title") == "第一个窗口也接着写"
    page.context.add_cookies([nearby.cookie(owner)])
    page.click("#write .actions button[type=submit] >> text=发布")
    page.wait_for_url(re.compile(r"/posts/\d+$"))
    page.goto("/posts/new")
    assert page.input_value("#f-title") == "第二个窗口接着写"


def test_private_numbers_are_masked_by_one_button(nearby, phone):
    page = phone(nearby.member("车主"))
    page.goto("/posts/new")
    page.fill("#f-title", "沪A12345昨天被蹭了")
    page.locator("#private", has_text="沪A****5").wait_for()
    page.click("#private button")
    expect(page.locator("#f-title")).to_have_value("沪A****5昨天被蹭了")
    assert page.locator("#private .notice").count() == 0
    page.click("#write .actions button[type=submit] >> text=发布")
    page.wait_for_url(re.compile(r"/posts/\d+$"))
    assert "沪A****5昨天被蹭了" in page.inner_text("h1")
