"""The roadmap's board in a real browser: dragging, arrows, keys and no script at all lead to one and the same order."""

from typing import Any

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from cocreate.core.actor import Role
from cocreate.identity.sessions.service import make_actor
from roadmap.items.forms import NewItemForm
from roadmap.items.models import ItemStage, RoadmapItem
from roadmap.items.service import add_item

# What a browser does with the pages is the same on both databases; one is enough for it.
pytestmark = [
    pytest.mark.browser, pytest.mark.slow, pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
]  # fmt: skip
LANE = "[data-lane=considering] [data-item]"


def _items(site: Any, member: Any) -> None:
    actor = make_actor(site.runtime, member.id, member.name, [Role.PM])
    with site.runtime.database.write() as session:
        for title in ("丙", "乙", "甲"):
            add_item(session, NewItemForm(title=title, public=True), by=actor)


def _order(page: Any) -> list[str]:
    return [card.get_attribute("data-title") for card in page.locator(LANE).all()]


def test_a_card_is_moved_by_hand_by_arrows_and_by_keys(nearby: Any, phone: Any) -> None:
    manager = nearby.member("产品", Role.PM)
    _items(nearby, manager)
    page = phone(manager, width=1280)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.goto("/roadmap")
    assert _order(page) == ["甲", "乙", "丙"]

    page.locator(LANE).nth(2).drag_to(page.locator(LANE).nth(0), target_position={"x": 40, "y": 6})
    expect(page.locator("#road-said")).to_contain_text("丙现在排在")
    assert _order(page) == ["丙", "甲", "乙"]

    page.locator(f"{LANE} h3 a").nth(0).focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("#road-said")).to_contain_text("第 2 位")
    assert _order(page) == ["甲", "丙", "乙"]
    assert page.evaluate("document.activeElement.textContent") == "丙"

    page.get_by_role("button", name="上移：丙").click()
    expect(page.locator("#road-said")).to_contain_text("第 1 位")
    page.reload()
    assert _order(page) == ["丙", "甲", "乙"]

    # Another column is another stage: the sentence is asked for first, and without it nothing moves.
    page.locator(f"{LANE} h3 a").nth(0).focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(page.locator("#road-step")).to_be_visible()
    page.keyboard.press("Escape")
    assert _order(page) == ["丙", "甲", "乙"]
    page.locator(LANE).nth(0).drag_to(page.locator("[data-lane=planned]"))
    expect(page.locator("#road-step")).to_be_visible()
    page.locator("#road-step textarea[name=sentence]").fill("会做。")
    page.locator("#road-step button[type=submit]").first.click()
    expect(page.locator("[data-lane=planned] [data-item]")).to_have_count(1)
    with nearby.runtime.database.read() as session:
        assert session.exec(select(RoadmapItem.stage).where(RoadmapItem.title == "丙")).one() == ItemStage.DECIDED
    assert complaints == []


def test_without_script_the_arrows_are_plain_forms(nearby: Any, phone: Any) -> None:
    manager = nearby.member("产品", Role.PM)
    _items(nearby, manager)
    page = phone(manager, javascript=False)
    page.goto("/roadmap?status=considering")
    page.get_by_role("button", name="上移：丙").click()
    assert page.url.endswith("/roadmap?status=considering")
    assert _order(page) == ["甲", "丙", "乙"]
