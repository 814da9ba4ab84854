"""The search field as a combobox, in a real browser over the real pages: pauses, the input method, keys, touch."""

import mimetypes
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, Route

from cocreate.identity.members.models import Member
from cocreate.web.page import STATIC
from tests.client import Client

# What a browser does with the pages is the same on both databases; one is enough for it.
pytestmark = [pytest.mark.browser, pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)]
HOST = "http://cocreate.test"
OPTION = "[data-instant-list]:not([hidden]) [role=option]"


@pytest.fixture
def owner(make_member: Callable[..., Member]) -> Member:
    return make_member("小周")


@pytest.fixture
def show(
    chromium: Browser, client: Client, make_post: Callable[..., Any], owner: Member
) -> Iterator[Callable[..., Page]]:
    """`show("/roadmap", signed_in=True)`: a page of the application, which answers without a network."""
    for title in ("座椅通风太吵", "座椅加热太慢", "导航不认新路", "CarPlay 掉线"):
        make_post(title)
    contexts = []

    def opened(path: str, *, signed_in: bool = False, width: int = 1280, javascript: bool = True) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, has_touch=width < 500, java_script_enabled=javascript,
            locale="zh-CN",
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)

        def reply(route: Route) -> None:
            asked = route.request.url.removeprefix(HOST)
            if asked.startswith("/static/"):
                file = STATIC / Path(asked.split("?")[0]).relative_to("/static")
                route.fulfill(body=file.read_bytes(), content_type=mimetypes.guess_type(file.name)[0])
                return
            kind = route.request.headers.get("hx-request-type", "")
            answer = client.get(asked, actor=owner if signed_in else None, headers={"hx-request-type": kind})
            route.fulfill(status=answer.status_code, body=answer.content, headers=dict(answer.headers))

        page.route(f"{HOST}/**", reply)
        page.goto(f"{HOST}{path}")
        return page

    yield opened
    for context in contexts:
        context.close()


def heard(page: Page) -> list[str]:
    """Addresses of what the list asks from now on."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/search/instant" in request.url:
            asked.append(request.url.split("q=")[1])

    page.on("request", note)
    return asked


def field(page: Page) -> Any:
    return page.locator("[data-search]:visible").first


def test_a_pause_asks_once_and_arrows_enter_open_a_find(show: Callable[..., Page]) -> None:
    page = show("/roadmap")
    asked = heard(page)
    field(page).press_sequentially("carplay", delay=20)
    page.wait_for_selector(OPTION)
    # The empty field may ask for what was looked for before, if the first letter is late; the word is asked for once.
    assert [text for text in asked if text] == ["carplay"]
    assert field(page).get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    chosen = page.locator(f"#{field(page).get_attribute('aria-activedescendant')}")
    assert chosen.get_attribute("aria-selected") == "true"
    assert chosen.inner_text() == "CarPlay 掉线"
    page.keyboard.press("Enter")
    page.wait_for_url(f"{HOST}/posts/*")


def test_enter_without_a_choice_searches_and_up_reaches_all_results(show: Callable[..., Page]) -> None:
    page = show("/roadmap")
    field(page).fill("座椅")
    page.wait_for_selector(OPTION)
    page.keyboard.press("ArrowUp")
    assert "全部结果" in page.locator(f"#{field(page).get_attribute('aria-activedescendant')}").inner_text()
    page.keyboard.press("ArrowDown")
    assert field(page).get_attribute("aria-activedescendant") is None
    page.keyboard.press("Enter")
    page.wait_for_url(f"{HOST}/search?q=*")
    assert "座椅通风太吵" in page.inner_text("main")


def test_nothing_is_asked_while_the_input_method_composes(show: Callable[..., Page]) -> None:
    page = show("/roadmap")
    field(page).focus()
    page.wait_for_timeout(400)
    asked = heard(page)
    devtools = page.context.new_cdp_session(page)
    for typed in ("z", "zuo", "zuo yi"):
        caret = {"selectionStart": len(typed), "selectionEnd": len(typed)}
        devtools.send("Input.imeSetComposition", {"text": typed, **caret})
        page.wait_for_timeout(150)
    page.wait_for_timeout(500)
    assert asked == []
    devtools.send("Input.insertText", {"text": "座椅"})
    page.wait_for_selector(OPTION)
    assert asked == ["%E5%BA%A7%E6%A4%85"]


def test_keys_of_the_input_method_choose_nothing(show: Callable[..., Page]) -> None:
    page = show("/roadmap")
    field(page).fill("座椅")
    page.wait_for_selector(OPTION)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Input.imeSetComposition", {"text": "ton", "selectionStart": 3, "selectionEnd": 3})
    page.keyboard.press("ArrowDown")
    assert field(page).get_attribute("aria-activedescendant") is None


def test_an_answer_that_comes_too_late_is_not_shown(show: Callable[..., Page]) -> None:
    page = show("/roadmap")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/search/instant?q=%E5%AF%BC%E8%88%AA", hold)
    field(page).fill("导航")
    while not held:
        page.wait_for_timeout(50)
    field(page).fill("座椅加热")
    page.wait_for_selector(OPTION)
    late = '<div><a role="option" class="instant-line" href="/">导航不认新路</a></div>'
    held[0].fulfill(body=late, content_type="text/html; charset=utf-8")
    page.wait_for_timeout(300)
    assert "座椅加热太慢" in page.inner_text("[data-instant-list]:not([hidden])")


def test_slash_opens_escape_closes_and_a_press_elsewhere_too(show: Callable[..., Page]) -> None:
    page = show("/roadmap", signed_in=True)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.type("座椅/")
    assert field(page).input_value() == "座椅/"
    field(page).fill("座椅")
    page.wait_for_selector(OPTION)
    page.keyboard.press("Escape")
    assert page.locator(OPTION).count() == 0
    assert (field(page).input_value(), field(page).get_attribute("aria-expanded")) == ("座椅", "false")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector(OPTION)
    page.mouse.click(300, 700)
    assert page.locator(OPTION).count() == 0


def test_the_list_moves_nothing_and_a_touch_opens_a_line(show: Callable[..., Page]) -> None:
    page = show("/search", width=390)
    before = page.locator("#results").bounding_box()
    field(page).fill("通风")
    page.wait_for_selector(OPTION)
    assert page.locator("#results").bounding_box() == before
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(OPTION).first.tap()
    page.wait_for_url(f"{HOST}/posts/*")


def test_one_s_last_searches_stand_under_the_empty_field(show: Callable[..., Page]) -> None:
    page = show("/search?q=座椅加热", signed_in=True)
    page.goto(f"{HOST}/roadmap")
    field(page).click()
    page.wait_for_selector(OPTION)
    assert page.locator(OPTION).all_inner_texts() == ["座椅加热"]


def test_without_script_the_form_simply_searches(show: Callable[..., Page]) -> None:
    page = show("/roadmap", javascript=False)
    field(page).fill("座椅")
    assert field(page).get_attribute("role") is None
    page.keyboard.press("Enter")
    page.wait_for_url(f"{HOST}/search?q=*")
    assert "座椅通风太吵" in page.inner_text("main")


def test_a_filter_changes_address_and_results_in_place(show: Callable[..., Page]) -> None:
    page = show("/search?q=座椅")
    page.evaluate("window.still = true")
    page.locator(".search-order a", has_text="最新").click()
    page.wait_for_url("**sort=new**")
    page.wait_for_selector(".search-order a[aria-current]:has-text('最新')")
    assert page.evaluate("window.still") is True


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_serious(show: Callable[..., Page], width: int) -> None:
    page = show("/search?q=座椅", signed_in=True, width=width)
    field(page).click()
    page.wait_for_selector(OPTION)
    for place in (None, "/search/mine", "/search?q=xyzzy"):
        if place:
            page.goto(f"{HOST}{place}")
        found = Axe().run(page).response["violations"]
        serious = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
        assert serious == [], place
