"""The queue by keys alone, in a real browser over the real pages: no mouse, no touch."""

import mimetypes
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from cocreate.core.actor import Role
from cocreate.core.db import Database
from cocreate.web.page import STATIC
from forum.duplicates.models import MergeSuggestion, State
from forum.posts.models import Post
from tests.client import Client

# What a browser does with the pages is the same on both databases; one is enough for it.
pytestmark = [pytest.mark.browser, pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)]
HOST = "http://cocreate.test"
QUEUE = "/moderation/duplicates"
expect.set_options(timeout=15_000)  # other tests may hold both cores


@pytest.fixture
def rows(make_post: Callable[..., Post], database: Database) -> list[MergeSuggestion]:
    """Three pairs, the most alike first; in each the first post has the votes."""
    made = []
    for title, score in (("天窗漏水", 0.97), ("导航卡顿", 0.9), ("座椅异响", 0.8)):
        low, high = make_post(title, votes=3), make_post(f"{title}严重")
        with database.write() as session:
            row = MergeSuggestion(low_id=low.id or 0, high_id=high.id or 0, score=score, words=[title[:2], title[2:]])
            session.add(row)
        made.append(row)
    return made


@pytest.fixture
def show(chromium: Browser, client: Client, make_member: Callable[..., Any]) -> Iterator[Callable[..., Page]]:
    """`show(width=390)`: the queue as a moderator sees it; with `fail` nothing that is posted arrives."""
    moderator = make_member("版主", Role.MODERATOR)
    contexts = []

    def opened(*, width: int = 1280, javascript: bool = True, fail: bool = False) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, java_script_enabled=javascript, locale="zh-CN"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)

        def reply(route: Route) -> None:
            request = route.request
            asked = request.url.removeprefix(HOST)
            if asked.startswith("/static/"):
                file = STATIC / Path(asked.split("?")[0]).relative_to("/static")
                route.fulfill(body=file.read_bytes(), content_type=mimetypes.guess_type(file.name)[0])
                return
            if request.method == "POST" and fail:
                route.abort()
                return
            told = ("hx-request", "hx-request-type")
            sent: dict[str, str] = {name: request.headers[name] for name in told if name in request.headers}
            sent["content-type"] = request.headers.get("content-type", "")
            answer = client.request(
                request.method, asked, actor=moderator, headers=sent, content=request.post_data_buffer
            )
            headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
            route.fulfill(status=answer.status_code, body=answer.content, headers=headers)

        page.route(f"{HOST}/**", reply)
        page.goto(f"{HOST}{QUEUE}")
        return page

    yield opened
    for context in contexts:
        context.close()


def at(page: Page, row: MergeSuggestion) -> None:
    expect(page.locator(f'#pair[data-pair="{row.id}"]')).to_be_visible()


def press(page: Page, key: str) -> None:
    """A busy machine shows forms before the script has taken them over; a key would then send them the plain way."""
    expect(page.locator("#queue form[hx-post]:not([data-htmx-powered])")).to_have_count(0)
    page.keyboard.press(key)


def state_of(database: Database, row: MergeSuggestion) -> State:
    with database.read() as session:
        return session.get_one(MergeSuggestion, row.id).state


def kept(page: Page) -> str:
    return page.locator("#pair .is-kept .dup-title").inner_text()


def test_a_whole_morning_without_a_mouse(
    show: Callable[..., Page], rows: list[MergeSuggestion], database: Database
) -> None:
    page = show()
    at(page, rows[0])
    press(page, "j")
    at(page, rows[1])
    press(page, "k")
    at(page, rows[0])
    assert kept(page) == "天窗漏水"
    press(page, "s")
    expect(page.locator("#pair .is-kept .dup-title")).to_have_text("天窗漏水严重")
    press(page, "m")
    at(page, rows[1])
    assert state_of(database, rows[0]) == State.ACCEPTED
    with database.read() as session:
        assert session.get_one(Post, rows[0].low_id).merged_into_id == rows[0].high_id
    expect(page.locator("#flash")).to_contain_text(f"已并入 #{rows[0].high_id}")
    press(page, "u")
    at(page, rows[0])
    assert state_of(database, rows[0]) == State.OPEN
    press(page, "r")
    at(page, rows[1])
    assert state_of(database, rows[0]) == State.REJECTED
    expect(page.locator("#flash")).to_contain_text("两条分开保留")
    press(page, "z")  # the undo of the toast
    at(page, rows[0])
    assert state_of(database, rows[0]) == State.OPEN
    page.wait_for_load_state()  # a whole page came this time: its keys work once its script has run
    press(page, "?")
    expect(page.locator("dialog#keys")).to_be_visible()


def test_every_key_is_a_button_that_one_sees(show: Callable[..., Page], rows: list[MergeSuggestion]) -> None:
    page = show(width=390)
    for key in "mrsj?":
        expect(page.locator(f'[data-key="{key}"]').first).to_be_visible()
    press(page, "r")
    at(page, rows[1])
    for key in "ku":
        expect(page.locator(f'[data-key="{key}"]').first).to_be_visible()


def test_keys_can_be_switched_off(show: Callable[..., Page], rows: list[MergeSuggestion], database: Database) -> None:
    page = show()
    press(page, "?")
    page.locator("dialog#keys [data-keys]").press("Enter")
    press(page, "Escape")
    press(page, "m")
    press(page, "j")
    page.wait_for_timeout(300)
    at(page, rows[0])
    assert state_of(database, rows[0]) == State.OPEN


def test_the_next_pair_is_there_before_the_server_has_answered(
    show: Callable[..., Page], rows: list[MergeSuggestion], database: Database
) -> None:
    page = show()
    page.evaluate(
        "new MutationObserver(() => { const pair = document.getElementById('pair');"
        " if (pair?.getAttribute('aria-busy')) window.early ??= pair.innerText; })"
        ".observe(document.getElementById('queue'), {subtree: true, attributes: true, childList: true})"
    )
    press(page, "m")
    at(page, rows[1])
    early = page.evaluate("window.early")
    assert "导航卡顿" in early
    assert "天窗漏水" not in early
    expect(page.locator("#pair[aria-busy]")).to_have_count(0)


def test_a_dead_line_brings_the_pair_back(
    show: Callable[..., Page], rows: list[MergeSuggestion], database: Database
) -> None:
    page = show(fail=True)
    press(page, "m")
    expect(page.locator("#flash")).to_contain_text("网络断了")
    expect(page.locator("#pair")).to_contain_text("天窗漏水")
    expect(page.locator("#pair[aria-busy]")).to_have_count(0)
    assert state_of(database, rows[0]) == State.OPEN


def test_a_pair_that_somebody_else_decided_comes_back_with_a_sentence(
    show: Callable[..., Page], rows: list[MergeSuggestion], client: Client, make_member: Callable[..., Any]
) -> None:
    page = show()
    client.post(f"{QUEUE}/{rows[0].id}/apart", actor=make_member("", Role.PM))
    press(page, "m")
    expect(page.locator("#flash")).to_contain_text("已经有人处理过")
    expect(page.locator("#pair")).to_contain_text("天窗漏水")
    press(page, "j")
    at(page, rows[1])


def test_without_script_the_buttons_do_the_same(
    show: Callable[..., Page], rows: list[MergeSuggestion], database: Database
) -> None:
    page = show(javascript=False)
    page.get_by_role("link", name=re.compile("下一对")).click()
    at(page, rows[1])
    page.get_by_role("button", name=re.compile("不是一回事")).click()
    at(page, rows[2])
    assert state_of(database, rows[1]) == State.REJECTED


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing(show: Callable[..., Page], rows: list[MergeSuggestion], width: int) -> None:
    found = Axe().run(show(width=width)).response["violations"]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found] == []
