"""The search page, the JSON routes, the commands, the rebuild."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from markupsafe import Markup
from sqlmodel import Session

from cocreate.core import clock
from cocreate.core.actor import Actor, Role
from cocreate.core.module import Module
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.web.page import Page
from search.port import SearchDoc
from search.rebuild import reindex
from tests.client import Client


class Notes:
    """A source over a dictionary, as a package with texts would have it."""

    kind = "note"
    label = "Everything"

    def __init__(self) -> None:
        self.rows: dict[int, tuple[str, str]] = {}
        self.gone: set[int] = set()

    def documents(self, session: Session, after_id: int) -> list[SearchDoc]:
        ids = sorted(row_id for row_id in self.rows if row_id > after_id)[:2]
        return [SearchDoc("note", row_id, *self.rows[row_id], created_at=clock.now()) for row_id in ids]

    def visible(self, session: Session, actor: Actor, ids: Sequence[int]) -> set[int]:
        return set(ids) - (set() if actor.staff else self.gone)

    def cards(self, session: Session, page: Page, ids: Sequence[int]) -> dict[int, Markup]:
        return {row_id: Markup('<a href="/notes/{}">{}</a>').format(row_id, self.rows[row_id][0]) for row_id in ids}

    def url(self, page: Page, row_id: int) -> str:
        return f"/notes/{row_id}"

    def filter_labels(self, session: Session) -> dict[str, dict[str, str]]:
        return {"status": {"open": "Everything"}}


@pytest.fixture
def notes(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Notes:
    source = Notes()
    source.rows = {
        1: ("座椅通风噪音太大", "开二档像电吹风"),
        2: ("方向盘加热太慢", "等十分钟才热，<b>座椅通风</b>倒是快"),
        3: ("导航不认新路", ""),
    }
    monkeypatch.setattr(runtime, "modules", (*runtime.modules, Module(name="notes", search_sources=[source])))
    reindex(runtime)
    return source


def test_the_page_marks_what_was_found(client: Client, notes: Notes) -> None:
    answer = client.get("/search?q=座椅通風")
    assert answer.status_code == 200
    assert '<a href="/notes/1"><mark>座椅通风</mark>噪音太大</a>' in answer.text
    assert "导航不认新路" not in answer.text


def test_the_page_shows_the_place_in_the_body_without_running_it(client: Client, notes: Notes) -> None:
    answer = client.get("/search?q=等十分钟")
    assert "<mark>等十分钟</mark>" in answer.text
    assert "<b>座椅通风</b>" not in answer.text


def test_an_empty_search_shows_the_newest(client: Client, notes: Notes) -> None:
    answer = client.get("/search")
    assert "导航不认新路" in answer.text
    assert "最新" in answer.text


def test_nothing_found_says_so_and_offers_to_write(client: Client, notes: Notes) -> None:
    answer = client.get("/search?q=<script>钓鱼")
    assert answer.status_code == 200
    assert "/posts/new" in answer.text
    assert "<script>钓鱼" not in answer.text


def test_typing_gets_the_results_alone(client: Client, notes: Notes) -> None:
    answer = client.get("/search?q=导航", htmx=True)
    assert "<html" not in answer.text
    assert 'id="results"' in answer.text


def test_a_row_the_source_refuses_is_not_shown(
    client: Client, notes: Notes, make_member: Callable[..., Member]
) -> None:
    notes.gone = {1}
    assert "/notes/1" not in client.get("/search?q=座椅通风").text
    assert 1 not in {hit["id"] for hit in client.get("/api/v1/search?q=座椅通风").json()["hits"]}
    agent = make_member("客服", Role.AGENT)
    assert "/notes/1" in client.get("/search?q=座椅通风", actor=agent).text


def test_the_json_has_the_promised_shape(client: Client, notes: Notes, dialect: str) -> None:
    answer = client.get("/api/v1/search?q=座椅通风噪音&limit=5")
    body = answer.json()
    assert set(body) == {"hits", "engine", "degraded", "took_ms", "rewritten"}
    first = body["hits"][0]
    assert 0.9 <= first.pop("score") <= 1
    assert first == {"id": 1, "kind": "note", "title": "座椅通风噪音太大", "via": "literal"}
    assert (body["engine"], body["degraded"]) == ({"sqlite": "sqlite-fts5", "postgresql": "postgresql"}[dialect], False)


@pytest.mark.parametrize("path", ["/api/v1/search?limit=0", "/api/v1/similar?limit=101", "/api/v1/search?limit=x"])
def test_parameters_that_do_not_fit_are_refused(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid"


def test_nul_in_a_query_is_no_failure(client: Client, notes: Notes) -> None:
    for path in ("/search?q=%00座椅", "/api/v1/search?q=%00", "/api/v1/similar?text=%00座椅通风", "/search?q=%ff%fe"):
        assert client.get(path).status_code == 200


def test_similar_answers_with_posts(client: Client, index_doc: Callable[..., int], runtime: Runtime) -> None:
    answer = client.get("/api/v1/similar?text=座椅通风")
    assert answer.status_code == 200
    assert answer.json()["hits"] == []


def test_a_rebuild_forgets_rows_that_are_gone_and_finds_changed_ones(runtime: Runtime, notes: Notes) -> None:
    del notes.rows[1]
    notes.rows[3] = ("充电地图更新", "")
    notes.rows[9] = ("新的一条", "")
    assert reindex(runtime)["note"] == 3
    with runtime.database.read() as session:
        found = session.connection().execute(sa.text("SELECT row_id, title FROM search_doc ORDER BY row_id")).all()
    assert [tuple(row) for row in found] == [(2, "方向盘加热太慢"), (3, "充电地图更新"), (9, "新的一条")]


def test_the_command_prints_one_json_object(runtime: Runtime, notes: Notes) -> None:
    import typer
    from typer.testing import CliRunner

    from search.commands import register

    cli = typer.Typer()
    register(cli)

    class Program:
        def __init__(self) -> None:
            self.runtime: Any = runtime

    answer = CliRunner().invoke(cli, ["search", "座椅通风噪音", "--json"], obj=Program())
    printed = json.loads(answer.stdout.splitlines()[-1])
    assert printed["hits"][0]["title"] == "座椅通风噪音太大"
    assert json.loads(CliRunner().invoke(cli, ["reindex", "--json"], obj=Program()).stdout)["indexed"]["note"] == 3
