"""What app.js promises, in a real browser: each page is drawn with the real macros and answered without a network."""

import mimetypes
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from playwright.sync_api import Browser, Page, Route

from cocreate.web.page import STATIC, TEMPLATES
from cocreate.web.security import CSP

pytestmark = pytest.mark.browser
HOST = "http://cocreate.test"
FRAME = """<!doctype html><html lang="en"><head>
<meta name="htmx-config" content='{"includeIndicatorCSS":false,"noSwap":[204,304,"5xx"]}'>
<link rel="stylesheet" href="/static/css/components.css"><script src="/static/js/app.js" defer></script>
<script src="/static/vendor/htmx-4.0.1.min.js" defer></script></head>
<body hx-status:40x:inherited="target:#flash swap:beforeend">BODY<div id="flash"></div>
<template id="note-network"><p class="toast">network</p></template>
<template id="note-server"><p class="toast">server</p></template></body></html>"""


@pytest.fixture
def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, extensions=["jinja2.ext.i18n"]
    )
    installed: Any = made
    installed.install_null_translations(newstyle=True)
    made.globals["static"] = lambda path: f"/static/{path}"
    made.filters["num"] = str
    return made


@pytest.fixture
def show(chromium: Browser, environment: Environment) -> Iterator[Callable[..., Page]]:
    """`show(template, **answers)` opens a page; answers are (status, body) by path, or None for a dead line."""
    context = chromium.new_context()

    def opened(source: str, answers: dict[str, tuple[int, str] | None] | None = None) -> Page:
        body = environment.from_string(source).render()
        page = context.new_page()

        def reply(route: Route) -> None:
            path = route.request.url.removeprefix(HOST).split("?")[0]
            if path.startswith("/static/"):
                file = STATIC / Path(path).relative_to("/static")
                route.fulfill(body=file.read_bytes(), content_type=mimetypes.guess_type(file.name)[0])
                return
            answer = (200, FRAME.replace("BODY", body)) if path == "/" else (answers or {}).get(path, (200, "fine"))
            if answer is None:
                route.abort()
                return
            headers = {"content-security-policy": CSP}
            route.fulfill(status=answer[0], body=answer[1], content_type="text/html; charset=utf-8", headers=headers)

        page.route(f"{HOST}/**", reply)
        page.goto(f"{HOST}/")
        return page

    yield opened
    context.close()


VOTE = '{% from "components/vote.html" import vote_button %}{{ vote_button(1, 5, false, "/vote") }}'
WRITE = (
    '{% from "components/field.html" import textarea, search_field %}'
    '{{ search_field("/search", target="#out") }}<p id="out"></p><form action="/send" method="post">'
    '{{ textarea(none, "body", "Body", draft="sample", ime=True) }}<button>Send</button></form>'
)


def test_a_refusal_is_said_in_the_flash_area_and_the_button_stays(show: Callable[..., Page]) -> None:
    page = show(VOTE, {"/vote": (409, '<p class="toast">closed</p>')})
    page.click("#vote-1 button")
    page.wait_for_selector("#flash .toast")
    assert page.inner_text("#flash") == "closed"
    assert page.locator("#vote-1 button").count() == 1


@pytest.mark.parametrize(("answer", "word"), [((503, "<h1>busy</h1>"), "server"), (None, "network")])
def test_a_failure_is_said_once_and_nothing_is_swapped(
    show: Callable[..., Page], answer: tuple[int, str] | None, word: str
) -> None:
    page = show(VOTE, {"/vote": answer})
    for _ in range(2):
        page.click("#vote-1 button")
        page.wait_for_selector("#flash .toast")
        page.wait_for_selector("#vote-1:not(.htmx-request)")
    assert page.locator("#flash .toast").all_inner_texts() == [word]
    assert page.locator("#vote-1 .vote-count").inner_text() == "5"


def test_nothing_is_sent_while_the_input_method_composes(show: Callable[..., Page]) -> None:
    page = show(WRITE)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.focus("[name=q]")
    devtools = page.context.new_cdp_session(page)
    for typed in ("z", "zuo", "zuo yi"):
        caret = {"selectionStart": len(typed), "selectionEnd": len(typed)}
        devtools.send("Input.imeSetComposition", {"text": typed, **caret})
    page.wait_for_timeout(600)
    assert sent == []
    with page.expect_request("**/search?q=*"):
        devtools.send("Input.insertText", {"text": "座椅"})
    assert len(sent) == 1


def test_a_draft_outlives_a_reload_and_ends_when_it_was_sent(show: Callable[..., Page]) -> None:
    page = show(WRITE)
    page.fill("#f-body", "后排出风口风量太小")
    page.reload()
    assert page.input_value("#f-body") == "后排出风口风量太小"
    page.click("form[action='/send'] button")
    page.wait_for_url(f"{HOST}/send")
    blank = show("<p>sent</p>")
    blank.wait_for_selector("html.has-script")
    assert blank.evaluate("localStorage.getItem('draft:sample')") is None


def test_keys_press_the_real_control_but_never_while_typing(show: Callable[..., Page]) -> None:
    page = show(WRITE + '<a href="#one" data-key="g t">themes</a><button data-keys type="button">keys</button>')
    page.focus("#f-body")
    page.keyboard.type("gt")
    assert page.url == f"{HOST}/"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.type("gt")
    assert page.url == f"{HOST}/#one"
    page.evaluate("location.hash = ''")
    page.click("[data-keys]")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.type("gt")
    assert not page.url.endswith("#one")


def test_j_and_k_walk_the_rows_of_one_list(show: Callable[..., Page]) -> None:
    rows = "".join(f'<li data-row><a href="#row-{n}">row {n}</a></li>' for n in (1, 2, 3))
    page = show(f"<ol data-follow>{rows}</ol><ol><li data-row><a href='#other'>other</a></li></ol>")
    page.keyboard.type("jjjj")
    assert page.url == f"{HOST}/#row-3"
    page.keyboard.press("k")
    assert page.url == f"{HOST}/#row-2"
    assert page.locator("[data-row][aria-current=true]").all_inner_texts() == ["row 2"]


def test_a_dialog_opens_closes_and_gives_the_focus_back(show: Callable[..., Page]) -> None:
    page = show(
        '{% from "components/dialog.html" import dialog, opener %}{{ opener("box", "Open") }}'
        '{% call dialog("box", "Box") %}<button type="button">inside</button>{% endcall %}'
    )
    page.click("[data-open=box]")
    assert page.evaluate("document.getElementById('box').open")
    page.keyboard.press("Escape")
    assert not page.evaluate("document.getElementById('box').open")
    assert page.evaluate("document.activeElement.dataset.open") == "box"


def test_a_toast_leaves_by_itself_but_an_error_stays(show: Callable[..., Page]) -> None:
    page = show(
        '{% from "components/toast.html" import toast %}'
        '{{ toast("moved", "success", seconds=1) }}{{ toast("failed", "error", seconds=1) }}'
    )
    page.locator(".toast-success").wait_for(state="detached")
    assert page.locator(".toast").all_inner_texts() == ["failed"]
