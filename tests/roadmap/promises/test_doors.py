"""Every door asks why a promise changes: its page, the item's page, JSON, and files."""

import csv
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from cocreate.core import clock
from cocreate.core.actor import Role
from cocreate.core.db import Database
from cocreate.core.runtime import Runtime
from cocreate.exchange.table import PlannedRow, RowError, SourceRow
from cocreate.identity.members.models import Member
from roadmap.items.models import RoadmapItem
from roadmap.promises.exchange import promises as table
from roadmap.promises.models import Promise, PromiseEvent, PromiseState

Make = Callable[..., Any]
AUTUMN, WINTER = date(2026, 9, 30), date(2026, 12, 31)


def history(database: Database, promise: Promise) -> list[tuple[str, str, date | None, date | None]]:
    with database.read() as session:
        rows = session.exec(
            select(PromiseEvent).where(PromiseEvent.promise_id == promise.id).order_by(col(PromiseEvent.id))
        )
        return [(row.act.value, row.reason, row.before_on, row.after_on) for row in rows]


def now_due(database: Database, promise: Promise) -> date | None:
    with database.read() as session:
        return session.get_one(Promise, promise.id).due_on


def test_the_page_of_a_promise_refuses_a_new_day_without_a_reason(
    client: Any, pm: Member, make_promise: Make, database: Database
) -> None:
    promise = make_promise("充电桩 30 天内装好", AUTUMN)
    form = {"wording": promise.wording, "due": "2026-12-31"}
    refused = client.post(f"/promises/{promise.id}/edit", actor=pm, data=form)
    assert refused.status_code == 422
    assert "请用一句话说明为什么要改" in refused.text
    assert now_due(database, promise) == AUTUMN
    assert len(history(database, promise)) == 1
    taken = client.post(f"/promises/{promise.id}/edit", actor=pm, data={**form, "reason": "施工队排期满了。"})
    assert taken.status_code == 303
    assert history(database, promise)[1] == ("moved", "施工队排期满了。", AUTUMN, WINTER)


def test_the_page_of_an_item_refuses_a_new_day_without_a_reason(
    client: Any, pm: Member, make_item: Make, database: Database
) -> None:
    item = make_item("低功耗哨兵")
    form = {"title": "低功耗哨兵", "public": "1", "planned": "2026-09-30"}
    assert client.post(f"/roadmap/{item.id}/edit", actor=pm, data=form).status_code == 303
    assert client.post(f"/roadmap/{item.id}/edit", actor=pm, data={**form, "planned": "2026Q4"}).status_code == 422
    assert client.post(f"/roadmap/{item.id}/edit", actor=pm, data={**form, "planned": ""}).status_code == 422
    with database.read() as session:
        assert session.get_one(RoadmapItem, item.id).planned_to == AUTUMN
        promise = session.exec(select(Promise)).one()
    told = {**form, "planned": "2026Q4", "reason": "芯片晚到。"}
    assert client.post(f"/roadmap/{item.id}/edit", actor=pm, data=told).status_code == 303
    assert history(database, promise)[1:] == [("moved", "芯片晚到。", AUTUMN, WINTER)]


def test_json_refuses_every_change_without_a_reason(
    client: Any, pm: Member, make_token: Make, make_promise: Make, database: Database
) -> None:
    promise, token = make_promise("道路救援 1 小时内到", AUTUMN), make_token(pm, "roadmap:write")

    def patch(**values: Any) -> Any:
        return client.request("PATCH", f"/api/v1/promises/{promise.id}", token=token, json=values, browser=False)

    for values in ({"due_on": "2026-12-31"}, {"wording": "救援 2 小时内到"}, {"scope": "市区"}, {"models": ["云麓"]}):
        answer = patch(**values, reason="  ")
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "reason_missing"), values
    assert patch(due_on=None, reason="不说了").status_code == 422
    assert patch(starts_on="2027-01-01", reason="反了").status_code == 422
    assert len(history(database, promise)) == 1
    answer = patch(due_on="2026-12-31", scope="市区", reason="山区到不了。")
    assert (answer.status_code, answer.json()["due_on"], answer.json()["scope"]) == (200, "2026-12-31", "市区")
    assert [line["act"] for line in answer.json()["history"]] == ["made", "moved", "reworded"]


def test_json_drops_with_a_reason_alone_and_settled_is_settled(
    client: Any, pm: Member, make_token: Make, make_promise: Make
) -> None:
    promise, token = make_promise("上门取送车", AUTUMN), make_token(pm, "roadmap:write")

    def act(**values: Any) -> Any:
        path = f"/api/v1/promises/{promise.id}/act"
        return client.post(path, token=token, json=values, browser=False)

    assert act(act="drop").json()["error"]["code"] == "reason_missing"
    assert act(act="drop", reason="人手不够。").json()["state"] == "dropped"
    assert act(act="drop", reason="再说一次。").json()["error"]["code"] == "promise_settled"
    assert act(act="keep").json()["error"]["code"] == "promise_settled"


@pytest.mark.parametrize("door", ["page", "json"])
def test_a_day_that_has_passed_is_not_kept_in_time_afterwards_in_silence(
    client: Any, pm: Member, make_token: Make, make_promise: Make, database: Database, door: str
) -> None:
    today = clock.now().date()
    promise, token = make_promise("上门取送车", today - timedelta(days=20)), make_token(pm, "roadmap:write")

    def keep(**values: str) -> int:
        values |= {"act": "keep", "on": (today - timedelta(days=25)).isoformat()}
        if door == "page":
            return int(client.post(f"/promises/{promise.id}/act", actor=pm, data=values).status_code)
        path = f"/api/v1/promises/{promise.id}/act"
        return int(client.post(path, token=token, json=values, browser=False).status_code)

    assert keep() == 422
    assert [line[0] for line in history(database, promise)] == ["made"]
    assert keep(reason="当天就上线了，见门店公告。") in (200, 303)
    assert history(database, promise)[-1][:2] == ("kept", "当天就上线了，见门店公告。")


def test_a_token_needs_the_scope_and_its_member_the_role(
    client: Any, pm: Member, make_member: Make, make_token: Make, make_promise: Make
) -> None:
    promise = make_promise("救援", AUTUMN)
    said = {"due_on": "2026-12-31", "reason": "晚一点。"}
    for who, scope in ((pm, "posts:write"), (make_member("车主"), "roadmap:write"), (make_member("", Role.HOST), "")):
        token = make_token(who, *filter(None, [scope]))
        path = f"/api/v1/promises/{promise.id}"
        assert client.request("PATCH", path, token=token, json=said, browser=False).status_code == 403


def test_a_date_of_an_item_moves_on_the_item_alone(
    client: Any, pm: Member, make_token: Make, make_item: Make, database: Database
) -> None:
    item = make_item("低功耗哨兵")
    form = {"title": "低功耗哨兵", "public": "1", "planned": "2026-09-30"}
    client.post(f"/roadmap/{item.id}/edit", actor=pm, data=form)
    with database.read() as session:
        promise = session.exec(select(Promise)).one()
    token = make_token(pm, "roadmap:write")
    said = {"due_on": "2026-12-31", "reason": "晚一点。"}
    answer = client.request("PATCH", f"/api/v1/promises/{promise.id}", token=token, json=said, browser=False)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "date_elsewhere")
    kept = client.post(f"/api/v1/promises/{promise.id}/act", token=token, json={"act": "keep"}, browser=False)
    assert kept.json()["error"]["code"] == "kept_by_itself"
    assert now_due(database, promise) == AUTUMN


HEAD = ["承诺编号", "条目", "版本", "编号", "承诺内容", "承诺日期", "原因"]


def write_file(path: Path, *rows: dict[str, Any]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, HEAD)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def take(runtime: Runtime) -> Callable[..., tuple[Any, list[tuple[int, str]]]]:
    """`take({"promise": "4", "due": "2026-12"})`: these lines go through the table as an import moves them."""

    def go(*rows: dict[str, str], dry: bool = False) -> tuple[Any, list[tuple[int, str]]]:
        from cocreate.exchange.table import Options, Outcome

        options = Options("计划", "public", runtime.settings.zone)
        source = [SourceRow(n, n + 1, {name: [value] for name, value in row.items()}) for n, row in enumerate(rows, 1)]
        planned = list(table.plan(source, options))
        errors = [one for one in planned if isinstance(one, RowError)]
        good = [one for one in planned if isinstance(one, PlannedRow)]
        outcome = Outcome(errors=errors)
        with runtime.database.write() as session:
            outcome += table.compare(session, good, options) if dry else table.write(session, 1, good, options)
        found = sorted((one.line, one.reason) for one in outcome.errors)
        return (outcome.added, outcome.updated, outcome.skipped), found

    return go


def test_a_file_is_refused_line_by_line_where_a_day_moves_without_a_reason(
    take: Make, make_promise: Make, make_item: Make, make_release: Make, client: Any, pm: Member, database: Database
) -> None:
    silent, told = make_promise("充电桩 30 天内装好", AUTUMN), make_promise("救援 1 小时内到", AUTUMN)
    item = make_item("低功耗哨兵")
    form = {"title": "低功耗哨兵", "public": "1", "planned": "2026-09-30"}
    client.post(f"/roadmap/{item.id}/edit", actor=pm, data=form)
    rows = (
        {"promise": str(silent.id), "due": "2026-12-31"},
        {"promise": str(told.id), "due": "2026-12-31", "reason": "多招两组人。"},
        {"item": str(item.id), "due": "2026Q4"},
        {"external_id": "S-1", "wording": "保养 45 分钟", "due": "2026-11"},
        {"promise": str(told.id), "due": "2027-01", "reason": "又改。"},
        {"wording": "没有编号"},
    )
    why = "This was said in public. Please say in one sentence why it changes; owners will read it."
    expected = [
        (2, why), (4, why), (6, "Line %(line)s is about the same promise."),
        (7, "The line names no promise: a number, an item, a version or an own id."),
    ]  # fmt: skip
    assert take(*rows, dry=True) == ((1, 1, 0), expected)
    assert now_due(database, told) == AUTUMN
    assert take(*rows) == ((1, 1, 0), expected)
    assert (now_due(database, silent), now_due(database, told)) == (AUTUMN, WINTER)
    assert history(database, told)[1:] == [("moved", "多招两组人。", AUTUMN, WINTER)]
    with database.read() as session:
        assert session.get_one(RoadmapItem, item.id).planned_to == AUTUMN
    assert take({"promise": str(told.id), "due": "2026-12-31"}, {"external_id": "S-1", "due": "2026-11"}) == (
        (0, 0, 2), [],
    )  # fmt: skip


def test_a_file_moves_the_day_of_an_item_and_of_a_release_with_a_reason(
    take: Make, make_item: Make, make_release: Make, client: Any, pm: Member, database: Database
) -> None:
    item, release = make_item("低功耗哨兵"), make_release("2.4")
    rows = [{"item": str(item.id), "due": "2026-09-30"}, {"release": "2.4", "due": "2026-09-30"}]
    assert take(*rows)[0] == (0, 2, 0)
    later = [{**row, "due": "2026-12-31"} for row in rows]
    assert [line for line, _ in take(*later)[1]] == [2, 3]
    assert take(*({**row, "reason": "冬季标定。"} for row in later)) == ((0, 2, 0), [])
    with database.read() as session:
        assert session.get_one(RoadmapItem, item.id).planned_to == WINTER
        assert {row.about: (row.due_on, row.moves) for row in session.exec(select(Promise))} == {
            f"item:{item.id}": (WINTER, 1), f"release:{release.id}": (WINTER, 1),
        }  # fmt: skip


def test_what_a_file_promised_stays_when_the_import_is_taken_back(take: Make, database: Database) -> None:
    take({"external_id": "S-1", "wording": "保养 45 分钟"})
    with database.write() as session:
        step = table.undo(session, 1, 0)
        promise = session.exec(select(Promise)).one()
        assert (step.undone, [kept.id for kept in step.kept], step.last_id) == (0, [promise.id], None)
        assert promise.state == PromiseState.OPEN
