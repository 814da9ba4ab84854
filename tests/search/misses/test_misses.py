"""What is searched and not found is counted, without a name and not for ever."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import select

from cocreate.core import clock
from cocreate.core.actor import Role
from cocreate.core.db import Database
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from search.jobs import tidy
from search.misses import service
from search.misses.models import SearchMiss
from tests.client import Client

Make = Callable[..., Member]


def rows(database: Database) -> list[SearchMiss]:
    with database.read() as session:
        return list(session.exec(select(SearchMiss).order_by(SearchMiss.id)))  # type: ignore[arg-type]


@pytest.fixture
def pm(make_member: Make) -> Member:
    return make_member("产品", Role.PM)


def test_a_sent_search_that_finds_nothing_is_counted_once_per_spelling(
    client: Client, database: Database, runtime: Runtime
) -> None:
    for text in ("量子悬挂", "量子懸掛", " 量子悬挂 "):
        client.get("/search", params={"q": text})
        runtime.memory.clear()  # as if a minute had passed
    assert [(row.text, row.count, row.alike) for row in rows(database)] == [("量子悬挂", 3, False)]


def test_loading_again_counts_once(client: Client, database: Database) -> None:
    for _ in range(3):
        client.get("/search?q=量子悬挂")
    assert [row.count for row in rows(database)] == [1]


@pytest.mark.parametrize(
    "path",
    [
        "/search/instant?q=量子悬挂", "/search?q=量子悬挂&status=planned", "/search?q=量子悬挂&kind=release",
        "/api/v1/search?q=量子悬挂", "/search?q=座椅通风", "/search?q=", "/search?q=x",
    ],
)  # fmt: skip
def test_typing_filters_and_finds_are_no_misses(
    client: Client, database: Database, make_post: Callable[..., object], path: str
) -> None:
    make_post("座椅通风太吵")
    client.get(path)
    assert rows(database) == []


@pytest.mark.parametrize(
    "text",
    ["我的电话13800001111", "写信给 a.b@example.com 的", "沪A12345", "浙ad12345 的车", "LSVAA4182E2184847", "长" * 81],
)
def test_private_matters_are_not_written_down(runtime: Runtime, text: str) -> None:
    assert service.worth_noting(runtime, text) == ""


@pytest.mark.parametrize("text", ["云台 carplay", "ota 2.4", "蔚来es8", "小鹏p7i"])
def test_models_are_no_private_matter(runtime: Runtime, text: str) -> None:
    assert service.worth_noting(runtime, text) == text


def test_random_texts_fill_no_disk(runtime: Runtime) -> None:
    noted = [service.worth_noting(runtime, f"乱打的词{number}") for number in range(service.PER_MINUTE + 20)]
    assert len(list(filter(None, noted))) == service.PER_MINUTE


def test_the_page_sorts_by_count_and_leads_to_the_lexicon(client: Client, database: Database, pm: Member) -> None:
    with database.write() as session:
        session.add_all([SearchMiss(text="少", count=2), SearchMiss(text="量子悬挂", count=9)])
    page = client.get("/search/misses", actor=pm).text
    assert page.index("量子悬挂") < page.index(">少<")
    assert "/lexicon?word=%E9%87%8F%E5%AD%90%E6%82%AC%E6%8C%82" in page


def test_what_is_dealt_with_moves_and_a_new_miss_opens_it_again(
    client: Client, database: Database, pm: Member, runtime: Runtime
) -> None:
    client.get("/search?q=量子悬挂")
    row = rows(database)[0]
    client.post(f"/search/misses/{row.id}/handled", actor=pm)
    main = client.get("/search/misses", actor=pm).text.split("<main")[1].split("</main")[0]
    assert "量子悬挂" not in main
    assert "量子悬挂" in client.get("/search/misses?show=handled", actor=pm).text
    client.post(f"/search/misses/{row.id}/open", actor=pm)
    assert rows(database)[0].handled_at is None
    client.post(f"/search/misses/{row.id}/handled", actor=pm)
    runtime.memory.clear()
    client.get("/search?q=量子悬挂")
    assert (rows(database)[0].handled_at, rows(database)[0].count) == (None, 2)


def test_pages_follow_each_other_without_a_gap(client: Client, database: Database, pm: Member) -> None:
    with database.write() as session:
        session.add_all(SearchMiss(text=f"词{number:03}", count=number % 5 + 1) for number in range(70))
    first = client.get("/search/misses", actor=pm).text
    cursor = first.split("cursor=")[1].split('"')[0]
    second = client.get(f"/search/misses?cursor={cursor}", actor=pm).text
    shown = [sum(f"词{number:03}" in page for page in (first, second)) for number in range(70)]
    assert shown == [1] * 70
    assert client.get("/search/misses?cursor=%00", actor=pm).status_code == 422


@pytest.mark.parametrize("role", [Role.AGENT, Role.MODERATOR, Role.HOST, None])
def test_only_product_managers_and_admins_see_it(client: Client, make_member: Make, role: Role | None) -> None:
    member = make_member("某人", *([role] if role else []))
    assert client.get("/search/misses", actor=member).status_code == 403
    assert client.post("/search/misses/1/handled", actor=member).status_code == 403
    admin = make_member("管理", Role.ADMIN)
    assert client.get("/search/misses", actor=admin).status_code == 200
    assert client.post("/search/misses/1/handled", actor=admin).status_code == 404


def test_old_misses_are_forgotten(database: Database) -> None:
    with database.write() as session:
        session.add_all(SearchMiss(text=f"{days}", last_at=clock.now() - timedelta(days=days)) for days in (1, 89, 91))
    with database.write() as session:
        tidy(session)
    assert {row.text for row in rows(database)} == {"1", "89"}


def test_the_rarest_beyond_the_bound_are_forgotten(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_ROWS", 2)
    with database.write() as session:
        session.add_all(SearchMiss(text=str(count), count=count) for count in (5, 1, 3))
    with database.write() as session:
        tidy(session)
    assert {row.text for row in rows(database)} == {"5", "3"}


def test_a_busy_database_does_not_stop_the_search(
    client: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "busy_seconds", 0.05)
    with database.write() as session:
        service.note_miss(session, "别人在写", alike=False)
        answer = client.get("/search?q=量子悬挂")
    assert answer.status_code == 200
    # SQLite has one writer at a time: what could not be written down is lost, and the reader has the answer.
    assert {row.text for row in rows(database)} == {"别人在写"} | (set() if database.is_sqlite else {"量子悬挂"})
