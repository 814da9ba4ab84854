"""Fifty themes triaged in a real browser by keyboard alone: few keys for each act, and undo brings all of it back."""

from collections import Counter
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlmodel import Session, col, select

from cocreate.core.actor import Role
from cocreate.identity.departments.models import Department
from cocreate.identity.sessions.service import make_actor
from feedback_cluster.runs.models import Cause, CurrentRun, Run, RunState
from feedback_cluster.themes import stats
from feedback_cluster.themes.facts import facts_of
from feedback_cluster.themes.models import Theme, ThemePost, TriageStatus
from feedback_cluster.themes.service import add_theme
from forum import api as forum
from forum.posts.models import Post
from forum.posts.service import Draft, submit_post

# What a browser does with the pages is the same on both databases; one is enough for it.
pytestmark = [
    pytest.mark.browser, pytest.mark.slow, pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
]  # fmt: skip
THEMES = 50
COMMON = {"triage": 1, "hide": 1, "choose": 1, "undo": 1, "lock": 1, "assign": 2, "department": 2, "merge": 3}
"""Keys that each of these acts takes, words typed into a field left out."""


class Hands:
    """Types, and counts the keys of each act."""

    def __init__(self, page: Any) -> None:
        self.page, self.keys = page, Counter()

    def press(self, act: str, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
        self.keys[act] = max(self.keys[act], len(keys))


def _themes(site: Any, author: Any) -> list[int]:
    actor = make_actor(site.runtime, author.id, author.name, [])
    with site.runtime.database.write() as session:
        run = Run(state=RunState.DONE, cause=Cause.COMMAND)
        session.add(run)
        session.flush()
        session.add(CurrentRun(id=1, run_id=run.id or 0))
        ids = []
        for number in range(THEMES):
            theme = add_theme(session, f"主题{number + 1:02}")
            posts = [
                submit_post(session, Draft(title=f"第 {number + 1} 件事，说法 {place}"), author=actor).id or 0
                for place in range(2)
            ]
            for post in forum.post_texts(session, ids=posts):
                session.add(
                    ThemePost(run_id=run.id or 0, post_id=post.id, theme_id=theme.id, confidence=0.9, **facts_of(post))
                )
            session.flush()
            stats.refresh(session, [theme.id or 0], site.runtime.settings.zone)
            theme.score = float(1000 - number)
            theme.reword()
            session.add(theme)
            ids.append(theme.id or 0)
        session.add(Department(name="座舱"))
    return ids


FIELDS = (
    "name", "name_locked", "status", "merged_into_id", "root_id", "assignee_id", "department_id", "handover_id",
    "decline_id", "locked", "area_id",
)  # fmt: skip


def _state(session: Session) -> dict[str, Any]:
    themes = session.exec(select(Theme).order_by(col(Theme.id))).all()
    places = session.exec(select(ThemePost.post_id, ThemePost.theme_id)).all()
    return {
        "themes": [[getattr(theme, name) for name in FIELDS] for theme in themes],
        "places": sorted(map(tuple, places)),
        "statuses": sorted(map(tuple, session.exec(select(Post.id, Post.status)).all())),
    }


def state(site: Any) -> dict[str, Any]:
    with site.runtime.database.read() as session:
        return _state(session)


def counted(site: Any, status: TriageStatus) -> int:
    with site.runtime.database.read() as session:
        return len(session.exec(select(Theme.id).where(Theme.status == status)).all())


def _on(page: Any, name: str) -> None:
    """The theme is in the pane and its row is where the keys act."""
    expect(page.locator("#theme-pane .theme-name")).to_have_text(name)
    expect(page.locator("#queue [aria-current=true] a.only-desk")).to_be_focused()


def test_fifty_themes_by_keyboard_alone(nearby, phone):
    pm, author = nearby.member("产品林", Role.PM), nearby.member("作者")
    _themes(nearby, author)
    before = state(nearby)
    page = phone(pm, width=1280)
    # A pointer that touches anything at all is noted by the page itself.
    page.add_init_script(
        "window.touched = []; for (const kind of ['mousedown', 'pointerdown', 'touchstart'])"
        " addEventListener(kind, (event) => touched.push(kind), true);"
    )
    page.goto("/themes")
    expect(page.locator("#theme-pane .theme-name")).to_have_text("主题01")
    hands = Hands(page)

    # J and K walk; the pane follows.
    hands.press("walk", "j")
    _on(page, "主题02")
    hands.press("walk", "k")
    _on(page, "主题01")

    # The first ten: triaged with one key each; the next theme is there by itself.
    for number in range(1, 11):
        hands.press("triage", "t")
        _on(page, f"主题{number + 1:02}")
    assert counted(nearby, TriageStatus.TRIAGED) == 10
    # One is taken back with Z and triaged again.
    hands.press("undo", "z")
    expect(page.locator("#theme-pane .theme-name")).to_have_text("主题10")
    assert counted(nearby, TriageStatus.TRIAGED) == 9
    _on(page, "主题10")
    hands.press("triage", "t")
    _on(page, "主题11")

    # Renamed, noted, assigned to oneself, handed to a department, locked; it stays in the queue.
    page.keyboard.press("e")
    page.keyboard.type("座椅通风三档有噪音")
    page.keyboard.press("Enter")
    _on(page, "座椅通风三档有噪音")
    page.keyboard.press("n")
    page.keyboard.type("供应商本周回复")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#theme-pane .theme-note")).to_contain_text("供应商本周回复")
    _on(page, "座椅通风三档有噪音")
    hands.press("assign", "a", "Enter")
    expect(page.locator("#theme-pane .theme-facts")).to_contain_text("产品林")
    _on(page, "座椅通风三档有噪音")
    hands.press("department", "g", "Enter")
    expect(page.locator("#theme-pane .theme-handed")).to_contain_text("座舱")
    _on(page, "座椅通风三档有噪音")
    hands.press("lock", "p")
    expect(page.locator("#theme-pane [data-key=p]")).to_contain_text("解锁")
    _on(page, "座椅通风三档有噪音")
    hands.press("triage", "t")
    _on(page, "主题12")

    # Merged into another one that typing finds.
    page.keyboard.press("m")
    page.keyboard.type("主题20")
    page.keyboard.press("Enter")
    expect(page.locator("#theme-pane .theme-name")).to_have_text("主题20")
    hands.keys["merge"] = 2
    _on(page, "主题20")

    # Declined: why by its number, a sentence, and sent.
    page.keyboard.press("d")
    page.keyboard.press("1")
    page.keyboard.type("行车中显示会分心，不安全。")
    page.keyboard.press("Control+Enter")
    _on(page, "主题21")
    assert counted(nearby, TriageStatus.DECLINED) == 1

    # Hidden.
    hands.press("hide", "h")
    _on(page, "主题22")
    assert counted(nearby, TriageStatus.HIDDEN) == 1

    # The keys do nothing while one types, and "/" narrows the queue.
    page.keyboard.press("/")
    page.keyboard.type("主题45")
    expect(page.locator("#queue [data-row]")).to_have_count(1)
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(page.locator("#queue [data-row]")).to_have_count(THEMES - 14)
    page.keyboard.press("Escape")

    # All that is left: chosen as a range, and triaged at once.
    page.keyboard.press("j")
    rows = page.locator("#queue [data-row]")
    hands.press("choose", "x")
    assert rows.nth(0).locator("[data-check]").is_checked() or page.locator("[data-check]:checked").count() == 1
    for _ in range(THEMES):
        page.keyboard.press("k")
    page.keyboard.press("x") if not rows.nth(0).locator("[data-check]").is_checked() else None
    for _ in range(THEMES):
        page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    expect(page.locator("[data-count]")).to_have_text(str(THEMES - 14))
    assert page.evaluate("window.touched") == []
    hands.press("triage", "t")
    page.locator("#flash", has_text="个主题").wait_for()
    assert counted(nearby, TriageStatus.NEW) == 0
    assert page.evaluate("window.touched") == []
    assert {act: keys for act, keys in hands.keys.items() if keys > COMMON.get(act, 3)} == {}

    # Z as often as there were acts: everything is as it was.
    for _ in range(60):
        if page.locator("#undo-last button").count() == 0:
            break
        label = page.locator("#undo-last button").evaluate(
            "button => { button.dataset.old = ''; return button.title; }"
        )
        with page.expect_response(lambda answer: "/undo" in answer.url) as heard:
            page.keyboard.press("z")
        assert heard.value.status in (200, 303), label
        # The answer has come; the button is another one, or none, once it stands on the page.
        expect(page.locator("#undo-last button[data-old]")).to_have_count(0)
        page.wait_for_load_state("networkidle")
    after = state(nearby)
    assert after["statuses"] == before["statuses"]
    assert after["places"] == before["places"]
    assert after["themes"] == before["themes"]
    assert page.evaluate("window.touched") == []


def test_what_the_server_refuses_comes_back_and_keys_rest_when_switched_off(nearby, phone):
    pm, author = nearby.member("产品林", Role.PM), nearby.member("作者")
    ids = _themes(nearby, author)
    page = phone(pm, width=1280)
    page.goto("/themes")
    first = page.locator("#theme-pane .theme-name")
    expect(first).to_have_text("主题01")
    # A colleague is quicker: the row dims, the server says no, the row stands there again and a word says why.
    with nearby.runtime.database.write() as session:
        theme = session.get_one(Theme, ids[0])
        theme.status = TriageStatus.TRIAGED
        session.add(theme)
    page.keyboard.press("t")
    page.locator("#flash .toast-error").wait_for()
    assert page.locator("#queue .is-pending").count() == 0
    # Keys do nothing while an input method composes, nor once they are switched off, whatever the browser remembers.
    page.keyboard.press("j")
    _on(page, "主题02")
    page.keyboard.press("?")
    page.locator("dialog#keys form button").focus()
    page.keyboard.press("Enter")
    page.locator("#flash", has_text="快捷键已关闭").wait_for()
    page.evaluate("localStorage.clear()")
    page.goto("/themes")
    expect(first).to_have_text("主题02")
    page.keyboard.press("t")
    page.keyboard.press("x")
    page.wait_for_timeout(300)
    assert page.locator("[data-check]:checked").count() == 0
    assert counted(nearby, TriageStatus.TRIAGED) == 1


def test_without_javascript_every_act_is_a_form(nearby, phone):
    pm, author = nearby.member("产品林", Role.PM), nearby.member("作者")
    ids = _themes(nearby, author)
    page = phone(pm, javascript=False, width=1280)
    page.goto(f"/themes?theme={ids[0]}")
    page.locator(f"#line-{ids[3]} [data-check]").check()
    page.locator(f"#line-{ids[4]} [data-check]").check()
    page.locator(".bulk-bar button[value=hide]").click()
    assert counted(nearby, TriageStatus.HIDDEN) == 2
    page.locator("#undo-last button").click()
    assert counted(nearby, TriageStatus.HIDDEN) == 0
    page.goto(f"/themes/{ids[0]}")
    page.locator("a[data-open^=assign-]").click()
    page.locator(f"#assign-{ids[0]} button[type=submit]").click()
    expect(page.locator(".theme-facts")).to_contain_text("产品林")
