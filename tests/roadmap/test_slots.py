"""What the roadmap shows on the pages below: right, for the right reader, one statement each."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.requests import Request

from cocreate.core.actor import GUEST, Actor
from cocreate.core.db import Database
from cocreate.web.page import Page
from roadmap import slots

Make = Callable[..., Any]


@pytest.fixture
def page_for(app: FastAPI, database: Database) -> Callable[[Actor], Page]:
    def make(actor: Actor) -> Page:
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "app": app}
        request = Request(scope)
        request.state.actor = actor
        return Page(request, app.state.renderer)

    return make


@pytest.mark.parametrize("name", ["post.card", "post.page", "me.card", "theme.card", "theme.page"])
def test_every_filler_asks_once(
    name: str, page_for: Make, make_item: Make, voices: SimpleNamespace, pm_actor: Actor, database: Database,
    count_queries: Make,
) -> None:  # fmt: skip
    for stage in ("studied", "built", "arrived"):
        make_item(themes=[voices.theme], posts=[voices.posts[0]], stage=stage)
    ids = [voices.theme.id] if name.startswith("theme") else [post.id for post in voices.posts]
    (filler,) = slots.SLOTS[name]
    with database.read() as session, count_queries() as statements:
        filled = filler(session, page_for(pm_actor), ids)
    assert set(filled) == set(ids)
    # Where a reader's own cars are told what they get, the garage is asked as well, and what decides if there is a car.
    assert len(statements) == (2 if name in ("post.page", "me.card") else 1), statements


def test_what_items_mean_for_my_cars_costs_a_few_statements_however_many_there_are(
    page_for: Make, make_item: Make, voices: SimpleNamespace, pm_actor: Actor, database: Database,
    count_queries: Make, make_vehicle: Make, roadmap_pm: Any
) -> None:  # fmt: skip
    for number in range(4):
        make_item(themes=[voices.theme], posts=[voices.posts[0]])
        make_vehicle(roadmap_pm, f"车{number}")
    (filler,) = slots.SLOTS["post.page"]
    with database.read() as session, count_queries() as statements:
        filler(session, page_for(pm_actor), [post.id for post in voices.posts])
    assert len(statements) <= 6, statements


def test_a_card_shows_the_item_that_is_furthest_along(
    page_for: Make, make_item: Make, make_release: Make, voices: SimpleNamespace, database: Database
) -> None:
    make_item("还在看", themes=[voices.theme], stage="studied")
    ahead = make_item("快好了", posts=[voices.posts[0]], stage="pilot", release=make_release("2.4").id)
    with database.read() as session:
        marks = slots.on_post_cards(session, page_for(GUEST), [post.id for post in voices.posts])
    assert "试点 · OTA 2.4" in marks[voices.posts[0].id]
    assert f"/roadmap/{ahead.id}" in marks[voices.posts[0].id]
    assert "研究" in marks[voices.posts[1].id]


def test_what_is_not_public_marks_no_post(
    page_for: Make, make_item: Make, make_release: Make, voices: SimpleNamespace, database: Database, pm_actor: Actor
) -> None:
    make_item("暗中条目", themes=[voices.theme], public=False)
    make_item("明处", posts=[voices.posts[1]], release=make_release("9.9", public=False).id)
    ids = [post.id for post in voices.posts]
    with database.read() as session:
        for filler in (slots.on_post_cards, slots.on_post_pages, slots.on_my_cards):
            drawn = "".join(filler(session, page_for(GUEST), ids).values())
            assert "暗中条目" not in drawn
            assert "9.9" not in drawn
        themes = slots.on_theme_pages(session, page_for(pm_actor), [voices.theme.id])
    assert "暗中条目" in themes[voices.theme.id]


def test_the_pages_below_carry_the_marks(
    client: Any, make_item: Make, step: Make, voices: SimpleNamespace, pm: Any
) -> None:
    item = make_item("座椅降噪", themes=[voices.theme], stage="decided")
    step(item, "built", "新扇叶已在测试车上。")
    post = voices.posts[0]
    assert f"/roadmap/{item.id}" in client.get("/").text
    page = client.get(f"/posts/{post.id}").text
    for words in ("座椅降噪", "新扇叶已在测试车上。", "走到decided。"):
        assert words in page
    assert f"/posts/{post.id}/link" not in page
    assert f"/posts/{post.id}/link" in client.get(f"/posts/{post.id}", actor=pm).text
    assert "新扇叶已在测试车上。" in client.get("/me", actor=voices.lin).text
