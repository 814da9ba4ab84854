"""What members keep of searching: only their own, only while they want it."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

import pytest
from sqlmodel import select

from cocreate.core import clock
from cocreate.core.actor import Actor, Role
from cocreate.core.db import Database
from cocreate.core.jobs import Worker
from cocreate.core.runtime import Runtime
from cocreate.identity.members import service as members
from cocreate.identity.members.models import Member
from search.asked import Asked
from search.habits import service
from search.habits.models import RecentSearch, SavedSearch, SearchHabit
from search.habits.queries import popular_searches, recent_searches
from search.jobs import tidy
from tests.client import Client

Make = Callable[..., Member]


def recent(database: Database, member: Member) -> list[str]:
    with database.read() as session:
        return [row.text for row in recent_searches(session, Actor(id=member.id))]


def main_of(page: str) -> str:
    return page.split("<main")[1].split("</main>")[0]


def saved(database: Database) -> list[SavedSearch]:
    with database.read() as session:
        return list(session.exec(select(SavedSearch).order_by(SavedSearch.id)))  # type: ignore[arg-type]


def test_sent_searches_are_remembered_newest_first_and_each_once(
    client: Client, database: Database, make_member: Make
) -> None:
    owner = make_member()
    for text in ("座椅通风", "导航", "座椅通風"):
        assert client.get(f"/search?q={quote(text)}", actor=owner).status_code == 200
    assert recent(database, owner) == ["座椅通風", "导航"]
    page = main_of(client.get("/search/mine", actor=owner).text)
    assert page.index("座椅通風") < page.index("导航")


def test_typing_filtering_and_guests_leave_nothing(client: Client, database: Database, make_member: Make) -> None:
    owner = make_member()
    client.get("/search/instant?q=座椅", actor=owner)
    client.get("/search?q=座椅", actor=owner, htmx=True)
    client.get("/search?q=座椅&model=云麓", actor=owner)
    client.get("/api/v1/search?q=座椅")
    client.get("/search?q=座椅")
    with database.read() as session:
        assert session.exec(select(RecentSearch)).all() == []


def test_the_last_twenty_are_kept(database: Database, make_member: Make) -> None:
    owner = make_member()
    for number in range(23):
        with database.write() as session:
            service.remember(session, owner.id or 0, f"第{number}次", found=1)
    assert recent(database, owner) == [f"第{number}次" for number in range(22, 2, -1)]
    with database.read() as session:
        assert len(session.exec(select(RecentSearch)).all()) == 20


def test_switching_off_forgets_and_holds_until_it_is_switched_on(
    client: Client, database: Database, make_member: Make
) -> None:
    owner = make_member()
    client.get("/search?q=座椅", actor=owner)
    client.post("/search/recent/switch", data={"remember": ""}, actor=owner)
    assert recent(database, owner) == []
    client.get("/search?q=导航", actor=owner)
    assert recent(database, owner) == []
    client.post("/search/recent/switch", data={"remember": "1"}, actor=owner)
    client.get("/search?q=导航", actor=owner)
    assert recent(database, owner) == ["导航"]


def test_recent_searches_are_forgotten_one_by_one_or_all_and_never_somebody_elses(
    client: Client, database: Database, make_member: Make
) -> None:
    owner, other = make_member(), make_member()
    for member in (owner, other):
        for text in ("座椅", "导航"):
            client.get(f"/search?q={text}", actor=member)
    with database.read() as session:
        theirs = session.exec(select(RecentSearch.id).where(RecentSearch.member_id == other.id)).first()
        mine = session.exec(
            select(RecentSearch.id).where(RecentSearch.member_id == owner.id, RecentSearch.text == "座椅")
        ).one()
    client.post(f"/search/recent/{theirs}/forget", actor=owner)
    client.post(f"/search/recent/{mine}/forget", actor=owner)
    assert (recent(database, owner), len(recent(database, other))) == (["导航"], 2)
    client.post("/search/recent/clear", actor=owner)
    assert (recent(database, owner), len(recent(database, other))) == ([], 2)


def test_a_search_is_saved_opened_renamed_removed_and_brought_back(
    client: Client, database: Database, make_member: Make
) -> None:
    owner = make_member()
    wish = Asked(text="座椅", status="planned", sort="new")
    page = client.get(f"/search?{wish.address()}", actor=owner).text
    assert 'action="/search/saved"' in page
    answer = client.post("/search/saved", data={"name": "规划中的座椅", "query": wish.address()}, actor=owner)
    assert Asked(text="座椅", status="planned", sort="new").query() == dict(
        part.split("=")
        for part in answer.headers["location"].split("?")[1].replace("%E5%BA%A7%E6%A4%85", "座椅").split("&")
    )
    row = saved(database)[0]
    assert 'action="/search/saved"' not in client.get(f"/search?{row.query}", actor=owner).text
    client.post(f"/search/saved/{row.id}/rename", data={"name": "新名字"}, actor=owner)
    page = client.get("/search/mine", actor=owner).text
    assert "新名字" in page
    assert row.query.replace("&", "&amp;") in page
    client.post(f"/search/saved/{row.id}/remove", actor=owner)
    assert "新名字" not in client.get("/search/mine", actor=owner).text.split('id="flash"')[0]
    client.post(f"/search/saved/{row.id}/restore", actor=owner)
    assert "新名字" in client.get("/search/mine", actor=owner).text


def test_saving_the_same_search_again_renames_it(client: Client, database: Database, make_member: Make) -> None:
    owner = make_member()
    for name in ("一", "二"):
        client.post("/search/saved", data={"name": name, "query": "q=座椅"}, actor=owner)
    assert [row.name for row in saved(database)] == ["二"]


def test_nothing_and_too_many_are_refused(client: Client, database: Database, make_member: Make) -> None:
    owner = make_member()
    assert client.post("/search/saved", data={"name": "空", "query": ""}, actor=owner).status_code == 409
    assert client.post("/search/saved", data={"name": "", "query": "q=座椅"}, actor=owner).status_code == 303
    assert saved(database) == []
    with database.write() as session:
        session.add_all(
            SavedSearch(member_id=owner.id or 0, name="x", query=f"q={number}") for number in range(service.MOST_SAVED)
        )
    refused = client.post("/search/saved", data={"name": "再一个", "query": "q=座椅"}, actor=owner)
    assert (refused.status_code, "too_many_saved" in refused.text or refused.status_code) == (409, 409)


@pytest.mark.parametrize("act", ["rename", "remove", "restore"])
def test_somebody_elses_saved_search_is_not_there(
    client: Client, database: Database, make_member: Make, act: str
) -> None:
    owner, other = make_member(), make_member()
    client.post("/search/saved", data={"name": "秘密", "query": "q=座椅"}, actor=owner)
    row = saved(database)[0]
    assert client.post(f"/search/saved/{row.id}/{act}", data={"name": "你的"}, actor=other).status_code == 404
    assert [(one.name, one.removed_at) for one in saved(database)] == [("秘密", None)]
    assert "秘密" not in client.get("/search/mine", actor=other).text


def test_guests_have_no_searches_of_their_own(client: Client) -> None:
    assert client.get("/search/mine").status_code in (303, 401)
    assert client.post("/search/saved", data={"name": "x", "query": "q=x"}).status_code in (303, 401)


def test_whoever_leaves_takes_searches_along(
    client: Client, database: Database, make_member: Make, worker: Worker
) -> None:
    owner, other = make_member(), make_member()
    for member in (owner, other):
        client.get("/search?q=座椅", actor=member)
        client.post("/search/saved", data={"name": "我的", "query": "q=座椅"}, actor=member)
        client.post("/search/recent/switch", data={"remember": "1"}, actor=member)
    with database.write() as session:
        members.blank_member(session, session.get_one(Member, owner.id), by=Actor(id=owner.id))
    worker.drain()
    with database.read() as session:
        kept = [select(RecentSearch.member_id), select(SavedSearch.member_id), select(SearchHabit.member_id)]
        assert [set(session.exec(statement)) for statement in kept] == [{other.id}] * 3


def test_what_was_removed_is_gone_after_a_day(database: Database, make_member: Make) -> None:
    owner = make_member()
    moments = {"now": clock.now(), "before": clock.now() - timedelta(hours=25), "kept": None}
    with database.write() as session:
        session.add_all(
            SavedSearch(member_id=owner.id or 0, name=name, query=name, removed_at=at) for name, at in moments.items()
        )
    with database.write() as session:
        tidy(session)
    assert {row.name for row in saved(database)} == {"now", "kept"}


def test_what_several_members_look_for_is_offered_to_all_but_never_what_one_typed(
    runtime: Runtime, client: Client, database: Database, make_member: Make
) -> None:
    owners = [make_member() for _ in range(3)]
    with database.write() as session:
        for place, owner in enumerate(owners):
            service.remember(session, owner.id or 0, "座椅通风", found=4)
            service.remember(session, owner.id or 0, "没有的词", found=0)
            service.remember(session, owner.id or 0, "一句" + "很长" * 8 + "的话", found=2)
            if place < 2:
                service.remember(session, owner.id or 0, "只有两个人", found=2)
    with database.read() as session:
        assert popular_searches(session, runtime) == ["座椅通风"]
    assert "座椅通风" in client.get("/search/instant?q=").text
    assert "座椅通风" in client.get("/search?q=xyzzy").text


def test_what_staff_find_makes_nothing_popular(
    client: Client, database: Database, make_member: Make, make_post: Callable[..., object]
) -> None:
    make_post("座椅通风太吵")
    assert "座椅通风太吵" in client.get("/search?q=通风太吵", actor=make_member("客服", Role.AGENT)).text.replace(
        "<mark>", ""
    ).replace("</mark>", "")
    client.get("/search?q=通风太吵", actor=make_member())
    with database.read() as session:
        assert sorted(row.found for row in session.exec(select(RecentSearch))) == [0, 1]
