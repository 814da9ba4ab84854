"""Planned windows: read as people write them, and moved through the ledger by every door."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from cocreate.core.db import Database
from cocreate.identity.members.models import Member
from roadmap.items.models import ItemChange, RoadmapItem
from roadmap.items.windows import Window, parse_window
from roadmap.promises.models import PromiseEvent

Make = Callable[..., Any]


@pytest.mark.parametrize(
    ("text", "first", "last", "precision"),
    [
        ("2027-03", date(2027, 3, 1), date(2027, 3, 31), "month"),
        ("2027年2月", date(2027, 2, 1), date(2027, 2, 28), "month"),
        ("2027 Q2", date(2027, 4, 1), date(2027, 6, 30), "quarter"),
        ("2027年第四季度", date(2027, 10, 1), date(2027, 12, 31), "quarter"),
        ("2027-3-5", date(2027, 3, 5), date(2027, 3, 5), "day"),
        ("2027-03-05..2027-04-02", date(2027, 3, 5), date(2027, 4, 2), "range"),
    ],
)
def test_a_window_is_read_as_people_write_it(text: str, first: date, last: date, precision: str) -> None:
    window = parse_window(text)
    assert window == Window(first, last)
    assert window.precision == precision


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(0, 400))
def test_what_is_written_is_read_again(first: date, days: int) -> None:
    window = Window(first, date.fromordinal(first.toordinal() + days))
    assert parse_window(window.written) == window


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "2027-13",
        "2027Q5",
        "2027-02-30",
        "2027-05..2027-04",
        "2027-04-02..2027-03-05",
        "0001-01",
        "1899Q4",
        "2201-01-01",
        "9999-12-31",
        "2027-01-01..9999-12-31",
    ],
)
def test_what_nobody_can_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Please write a month"):
        parse_window(text)


@pytest.mark.parametrize("door", ["edit", "stage", "json", "json stage", "json hide", "hide"])
def test_a_public_date_moves_by_no_door_without_a_reason(
    client: Any, make_item: Make, make_token: Make, pm: Member, database: Database, door: str
) -> None:
    item = make_item("有期限的", planned="2027-03", sentence="三月到车。")
    token = make_token(pm, "roadmap:write")
    edit = {"title": "有期限的", "public": "1", "planned": "2027-04"}
    doors: dict[str, Callable[[str], Any]] = {
        "edit": lambda why: client.post(f"/roadmap/{item.id}/edit", actor=pm, data={**edit, "reason": why}),
        "hide": lambda why: client.post(
            f"/roadmap/{item.id}/edit", actor=pm, data={"title": "有期限的", "planned": "2027-03", "reason": why}
        ),
        "stage": lambda why: client.post(
            f"/roadmap/{item.id}/stage", actor=pm,
            data={"stage": "built", "sentence": "开工。", "planned": "2027-04", "reason": why, "seen": seen},
        ),
        "json": lambda why: client.request(
            "PATCH", f"/api/v1/roadmap/{item.id}", token=token, json={"planned": "2027-04", "reason": why}
        ),
        "json hide": lambda why: client.request(
            "PATCH", f"/api/v1/roadmap/{item.id}", token=token, json={"public": False, "reason": why}
        ),
        "json stage": lambda why: client.post(
            f"/api/v1/roadmap/{item.id}/stage", token=token,
            json={"stage": "built", "sentence": "开工。", "planned": "2027-04", "reason": why},
        ),
    }  # fmt: skip
    with database.read() as session:
        seen = str(session.exec(select(ItemChange.id)).one())
    refused = doors[door](" ")
    assert refused.status_code == 422
    with database.read() as session:
        row = session.get_one(RoadmapItem, item.id)
        assert (row.planned_to, row.shown, row.stage) == (date(2027, 3, 31), True, "received")
        assert len(session.exec(select(PromiseEvent)).all()) == 1
    assert doors[door]("供应商晚了。").status_code in (200, 303)
    with database.read() as session:
        assert [line.reason for line in session.exec(select(PromiseEvent).order_by(PromiseEvent.id))] == [  # type: ignore[arg-type]
            "",
            "供应商晚了。",
        ]


def test_json_keeps_what_it_does_not_name(client: Any, make_item: Make, make_token: Make, pm: Member) -> None:
    item = make_item("原名", planned="2027-03", what="做什么")
    token = make_token(pm, "roadmap:write")
    answer = client.request("PATCH", f"/api/v1/roadmap/{item.id}", token=token, json={"title": "新名"})
    assert answer.status_code == 200
    said = answer.json()
    assert (said["title"], said["what"], said["planned_to"]) == ("新名", "做什么", "2027-03-31")
    stays = client.post(f"/api/v1/roadmap/{item.id}/stage", token=token, json={"stage": "built", "sentence": "开工。"})
    assert stays.status_code == 200
    assert client.get(f"/api/v1/roadmap/{item.id}").json()["planned_from"] == "2027-03-01"
    assert client.request("PATCH", f"/api/v1/roadmap/{item.id}", json={"title": "x"}).status_code == 401
    reads = make_token(pm, "roadmap:read")
    assert client.request("PATCH", f"/api/v1/roadmap/{item.id}", token=reads, json={"title": "x"}).status_code == 403
