"""Statuses in the brand's own words: a fixed kind beneath each name."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import col, select

from cocreate.core.actor import Role
from cocreate.core.db import Database
from cocreate.identity.members.models import Member
from roadmap.boards.models import BoardColumn
from roadmap.items.models import ItemStatus, RoadmapItem

Make = Callable[..., Any]


@pytest.fixture
def admin(make_member: Make) -> Member:
    member: Member = make_member("管理", Role.ADMIN)
    return member


def rows(database: Database) -> list[BoardColumn]:
    with database.read() as session:
        return list(session.exec(select(BoardColumn).order_by(col(BoardColumn.position), col(BoardColumn.id))))


def test_naming_the_columns_moves_nothing_and_then_each_has_its_own_word(
    client: Any, admin: Member, make_item: Make, database: Database
) -> None:
    make_item("做着的", stage="built")
    assert "开发中" in client.get("/roadmap").text
    assert client.post("/roadmap/columns/first", actor=admin).status_code == 303
    assert [row.kind for row in rows(database)] == list(ItemStatus)
    started = next(row for row in rows(database) if row.kind == ItemStatus.STARTED)
    form = {"kind": "started", "name": "研发中", "name_en": "Engineering", "tone": "planned", "position": "25"}
    assert client.post(f"/roadmap/columns/{started.id}", actor=admin, data=form).status_code == 303
    board = client.get("/roadmap?status=started").text
    assert "研发中" in board
    assert "开发中" not in board
    assert "Engineering" in client.get("/roadmap", language="en").text
    assert client.get("/api/v1/roadmap").json()["items"][0]["column"] == "研发中"


def test_a_second_column_of_a_kind_takes_items_without_a_step(
    client: Any, admin: Member, make_item: Make, pm: Member, database: Database
) -> None:
    item = make_item("测着的", stage="built")
    form = {"kind": "started", "name": "测试中", "tone": "started", "position": "26"}
    assert client.post("/roadmap/columns", actor=admin, data=form).status_code == 303
    testing = next(row for row in rows(database) if row.name == "测试中")
    moved = client.post(f"/roadmap/{item.id}/move", actor=pm, data={"column": str(testing.id), "back": "/roadmap"})
    assert moved.status_code == 303
    page = client.get(f"/roadmap?status=started-{testing.id}").text
    lane = page.split(f'id="road-started-{testing.id}"', 1)[1].split("</section>", 1)[0]
    assert "测着的" in lane
    with database.read() as session:
        assert session.get_one(RoadmapItem, item.id).stage == "built"


def test_another_kind_is_a_step_and_not_a_move(
    client: Any, admin: Member, make_item: Make, pm: Member, database: Database
) -> None:
    item = make_item(stage="built")
    client.post("/roadmap/columns/first", actor=admin)
    shipped = next(row for row in rows(database) if row.kind == ItemStatus.SHIPPED)
    refused = client.post(f"/roadmap/{item.id}/move", actor=pm, data={"column": str(shipped.id)})
    assert refused.status_code == 422
    with database.read() as session:
        assert session.get_one(RoadmapItem, item.id).status == ItemStatus.STARTED


def test_the_kind_of_a_column_is_fixed_and_the_last_of_a_kind_stays(
    client: Any, admin: Member, make_item: Make, database: Database, pm: Member
) -> None:
    client.post("/roadmap/columns/first", actor=admin)
    started = next(row for row in rows(database) if row.kind == ItemStatus.STARTED)
    form = {"kind": "shipped", "name": "其实做完了", "tone": "shipped"}
    assert client.post(f"/roadmap/columns/{started.id}", actor=admin, data=form).status_code == 422
    assert client.post(f"/roadmap/columns/{started.id}/remove", actor=admin).status_code == 409
    client.post("/roadmap/columns", actor=admin, data={"kind": "started", "name": "测试中", "tone": "open"})
    second = next(row for row in rows(database) if row.name == "测试中")
    item = make_item(stage="built")
    client.post(f"/roadmap/{item.id}/move", actor=pm, data={"column": str(second.id)})
    assert client.post(f"/roadmap/columns/{second.id}/remove", actor=admin).status_code == 303
    with database.read() as session:
        assert session.get_one(RoadmapItem, item.id).column_id is None


def test_a_hidden_column_is_for_who_edits(client: Any, admin: Member, make_item: Make, pm: Member) -> None:
    make_item("先不做的", stage="declined")
    client.post("/roadmap/columns/first", actor=admin)
    declined = client.get("/roadmap/columns", actor=admin).text.count("edit=")
    assert declined == 5
    listed = client.get("/roadmap/columns", actor=admin).text
    number = listed.rsplit("edit=", 1)[1].split('"', 1)[0]
    form = {"kind": "declined", "name": "暂不考虑", "tone": "declined", "position": "40", "hidden": "1"}
    assert client.post(f"/roadmap/columns/{number}", actor=admin, data=form).status_code == 303
    assert "先不做的" not in client.get("/roadmap").text
    assert "先不做的" in client.get("/roadmap", actor=pm).text
