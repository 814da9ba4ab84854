"""The ledger follows the facts and the calendar, and the public share says what it counts."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from cocreate.core.actor import Actor
from cocreate.core.db import Database
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.models import InboxMessage
from roadmap.items import dates
from roadmap.items.models import RoadmapItem
from roadmap.items.windows import Window
from roadmap.promises import follow, queries, service, telling
from roadmap.promises.models import Promise, PromiseAct, PromiseEvent, PromiseState
from roadmap.releases.models import Release

Make = Callable[..., Any]
OCTOBER = date(2026, 10, 31)


def shanghai(day: int, hour: int = 12, month: int = 10) -> datetime:
    return datetime(2026, month, day, hour - 8 if hour >= 8 else hour + 16, tzinfo=UTC)


@pytest.fixture
def promised(database: Database, pm_actor: Actor, at: Make) -> Callable[..., None]:
    """`promised(item, OCTOBER)`: the date was said in public."""

    def go(row: RoadmapItem | Release, day: date) -> None:
        with database.write() as session:
            if isinstance(row, RoadmapItem):
                item = session.get_one(RoadmapItem, row.id)
                dates.commit(session, item, Window(day, day), reason="", by=pm_actor)
            else:
                service.commit_date(session, ("release", row.id or 0), None, day, reason="", by=pm_actor, public=True)

    return go


def state(database: Database) -> tuple[PromiseState, date | None]:
    with database.read() as session:
        promise = session.exec(select(Promise)).one()
        return promise.state, promise.settled_on


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (shanghai(31, 23), (PromiseState.KEPT, date(2026, 10, 31))),
        (datetime(2026, 10, 31, 17, tzinfo=UTC), (PromiseState.LATE, date(2026, 11, 1))),
    ],
)
def test_an_item_keeps_its_date_until_the_last_minute_of_the_day_where_owners_live(
    promised: Make, make_item: Make, step: Make, at: Make, runtime: Runtime, database: Database,
    moment: datetime, expected: Any
) -> None:  # fmt: skip
    item = make_item()
    promised(item, OCTOBER)
    at(moment)
    step(item, "arrived", "到车了。")
    follow.follow(runtime)
    assert state(database) == expected
    follow.follow(runtime)
    with database.read() as session:
        acts = [row.act for row in session.exec(select(PromiseEvent).order_by(col(PromiseEvent.id)))]
    assert acts == [PromiseAct.MADE, PromiseAct.KEPT]


def test_rolling_out_is_not_yet_kept_and_declined_is_dropped_with_its_sentence(
    promised: Make, make_item: Make, step: Make, runtime: Runtime, database: Database
) -> None:
    item = make_item()
    promised(item, OCTOBER)
    step(item, "rolling_out", "开始推送。")
    follow.follow(runtime)
    assert state(database)[0] == PromiseState.OPEN
    step(item, "declined", "硬件做不到。")
    follow.follow(runtime)
    assert state(database)[0] == PromiseState.DROPPED
    with database.read() as session:
        last = session.exec(select(PromiseEvent).order_by(col(PromiseEvent.id).desc())).first()
        assert last is not None
        assert (last.act, last.reason) == (PromiseAct.DROPPED, "硬件做不到。")


def test_a_release_that_is_out_in_time_keeps_its_date(
    promised: Make, make_release: Make, runtime: Runtime, database: Database, at: Make
) -> None:
    release = make_release("2.4")
    promised(release, OCTOBER)
    with database.write() as session:
        row = session.get_one(Release, release.id)
        row.released_at = shanghai(20)
        session.add(row)
    follow.follow(runtime)
    assert state(database)[0] == PromiseState.OPEN, "its day is yet to come"
    at(shanghai(21))
    follow.follow(runtime)
    assert state(database) == (PromiseState.KEPT, date(2026, 10, 20))


def test_the_page_says_late_at_once_and_the_one_in_charge_is_asked_once(
    client: Any, pm: Member, make_promise: Make, at: Make, runtime: Runtime, database: Database
) -> None:
    promise = make_promise("充电桩 30 天内装好", OCTOBER)
    assert "逾期" not in client.get(f"/promises/{promise.id}").text
    at(datetime(2026, 10, 31, 16, 1, tzinfo=UTC))
    page = client.get(f"/promises/{promise.id}").text
    assert "逾期" in page
    assert "日期已过，还没有说明原因。" in page
    for _ in range(3):
        follow.follow(runtime)
    with database.read() as session:
        messages = session.exec(select(InboxMessage)).all()
        assert [(row.member_id, row.notice, row.url) for row in messages] == [
            (pm.id, follow.LATE, f"/promises/{promise.id}")
        ]
    said = client.post(
        f"/promises/{promise.id}/act", actor=pm, data={"act": "explain", "reason": "施工队排期满了。"}
    )  # fmt: skip
    assert said.status_code == 303
    page = client.get(f"/promises/{promise.id}").text
    assert "施工队排期满了。" in page
    assert "还没有说明原因" not in page


def test_what_is_not_late_has_nothing_to_explain(client: Any, pm: Member, make_promise: Make, at: Make) -> None:
    promise = make_promise("充电桩 30 天内装好", OCTOBER)
    answer = client.post(f"/promises/{promise.id}/act", actor=pm, data={"act": "explain", "reason": "为什么？"})
    assert answer.status_code == 409


def test_after_delivery_a_rewritten_date_is_noted_and_the_verdict_stays(
    promised: Make, make_item: Make, step: Make, at: Make, runtime: Runtime, database: Database, pm_actor: Actor
) -> None:
    item = make_item()
    promised(item, OCTOBER)
    at(datetime(2026, 11, 20, 4, tzinfo=UTC))
    step(item, "arrived", "到车了。")
    follow.follow(runtime)
    with pytest.raises(service.ReasonMissing), database.write() as session:
        service.commit_date(
            session, ("item", item.id), OCTOBER, date(2026, 11, 30), reason="", by=pm_actor, public=True
        )  # fmt: skip
    with database.write() as session:
        service.commit_date(
            session, ("item", item.id), OCTOBER, date(2026, 11, 30), reason="补记。", by=pm_actor, public=True
        )  # fmt: skip
    assert state(database) == (PromiseState.LATE, date(2026, 11, 20))


def test_an_item_that_opens_again_is_promised_anew(
    promised: Make, make_item: Make, step: Make, runtime: Runtime, database: Database
) -> None:
    item = make_item()
    promised(item, OCTOBER)
    step(item, "arrived", "到车了。")
    follow.follow(runtime)
    step(item, "studied", "没有修好，再看。")
    promised(item, date(2026, 12, 31))
    with database.read() as session:
        rows = session.exec(select(Promise).order_by(col(Promise.id))).all()
        assert [(row.state, row.due_on) for row in rows] == [
            (PromiseState.KEPT, OCTOBER), (PromiseState.OPEN, date(2026, 12, 31)),
        ]  # fmt: skip


def test_the_share_counts_what_came_due_and_says_which(
    client: Any, make_promise: Make, at: Make, database: Database, pm_actor: Actor
) -> None:
    def settle(promise: Promise, how: str, on: date) -> None:
        with database.write() as session:
            row = session.get_one(Promise, promise.id)
            if how == "keep":
                service.keep(session, row, on=on, by=pm_actor)
            else:
                service.drop(session, row, reason="做不到。", by=pm_actor, on=on)

    due = date(2026, 9, 30)
    settle(make_promise("准时", due), "keep", date(2026, 9, 29))
    settle(make_promise("晚了", due), "keep", date(2026, 10, 2))
    settle(make_promise("放弃", due), "drop", date(2026, 9, 1))
    make_promise("还欠着", due)
    make_promise("还没到期", OCTOBER)
    make_promise("长期有效")
    moved = make_promise("改期后准时", date(2026, 8, 31))
    with database.write() as session:
        service.move(session, session.get_one(Promise, moved.id), due, reason="晚一个月。", by=pm_actor)
    settle(moved, "keep", due)
    with database.read() as session:
        rate = queries.rate(session, date(2026, 10, 15))
        assert rate == queries.Rate(kept=2, late=1, owed=1, dropped=1, standing=2, first_day=1)
        assert rate.share == pytest.approx(2 / 5)
        assert queries.rate(session, date(2026, 10, 15), since=date(2026, 10, 1)).due == 1
    page = client.get("/promises").text
    assert "40%" in page
    assert "按时兑现 2 条" in page
    assert client.get("/api/v1/promises").json()["rate"]["share"] == pytest.approx(0.4)


def test_the_list_is_filtered_and_read_to_its_end_page_by_page(client: Any, make_promise: Make, at: Make) -> None:
    days = [date(2026, 9, 1), date(2026, 12, 1), None, date(2026, 11, 1), date(2026, 9, 2), date(2026, 11, 1)]
    for place, day in enumerate(days):
        make_promise(f"承诺{place}", day, models=("云麓",) if place % 2 else ())
    seen, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/api/v1/promises?limit=2&cursor={cursor}" if cursor else "/api/v1/promises?limit=2").json()
        seen += [row["wording"] for row in page["items"]]
        cursor = page["next_cursor"]
    assert seen == ["承诺0", "承诺4", "承诺5", "承诺3", "承诺1", "承诺2"]
    late = client.get("/api/v1/promises?state=late").json()["items"]
    assert [(row["wording"], row["overdue"]) for row in late] == [("承诺0", True), ("承诺4", True)]
    other = client.get("/api/v1/promises?model=小满").json()["items"]
    assert [row["wording"] for row in other] == ["承诺0", "承诺4", "承诺2"]
    assert client.get("/api/v1/promises?cursor=abc").status_code == 422


def test_a_service_counts_its_cases(client: Any, pm: Member, make_promise: Make, at: Make) -> None:
    promise = make_promise("保养超过 45 分钟免工时费", starts_on=date(2026, 9, 1))
    path = f"/promises/{promise.id}/act"
    for cases, missed in ((1200, 11), (4, 2)):
        data = {"act": "measure", "cases": cases, "missed": missed}
        assert client.post(path, actor=pm, data=data).status_code == 303
    assert client.post(path, actor=pm, data={"act": "measure", "cases": 1, "missed": 2}).status_code == 422
    assert "1,204 次中做到 1,191 次" in client.get(f"/promises/{promise.id}").text


def test_the_ledger_hears_of_a_step_by_itself(
    make_item: Make, step: Make, worker: Any, runtime: Runtime, database: Database, pm_actor: Actor
) -> None:
    item = make_item()
    day = follow.today(runtime.settings.zone) + timedelta(days=30)
    with database.write() as session:
        dates.commit(session, session.get_one(RoadmapItem, item.id), Window(day, day), reason="", by=pm_actor)
    step(item, "arrived", "到车了。")
    worker.drain()
    assert state(database)[0] == PromiseState.KEPT


def test_those_who_wait_hear_once_that_a_date_moved_and_why(
    make_item: Make, voices: Any, worker: Any, runtime: Runtime, database: Database, pm_actor: Actor
) -> None:
    item = make_item("座椅通风降噪", posts=voices.posts)
    first = follow.today(runtime.settings.zone) + timedelta(days=30)

    def commit(day: date | None, reason: str = "") -> None:
        with database.write() as session:
            window = Window(day, day) if day else None
            dates.commit(session, session.get_one(RoadmapItem, item.id), window, reason=reason, by=pm_actor)

    def told(notice: str) -> list[int]:
        with database.read() as session:
            return sorted(session.exec(select(InboxMessage.member_id).where(InboxMessage.notice == notice)))

    everybody = sorted([voices.lin.id, voices.chen.id, voices.wu.id])
    commit(first)
    worker.drain()
    assert told(telling.MOVED) == [], "a first date is no move"
    commit(first + timedelta(days=30), "芯片晚到。")
    worker.drain()
    assert told(telling.MOVED) == everybody
    with database.read() as session:
        event = session.exec(select(PromiseEvent).where(PromiseEvent.act == PromiseAct.MOVED)).one()
        message = session.exec(select(InboxMessage).where(InboxMessage.notice == telling.MOVED)).first()
        assert message is not None
        assert message.params == {
            "item": "座椅通风降噪", "reason": "芯片晚到。", "before": first.isoformat(),
            "after": (first + timedelta(days=30)).isoformat(),
        }  # fmt: skip
    telling.tell_moved(runtime, event_id=event.id or 0)
    assert told(telling.MOVED) == everybody
    commit(None, "先不承诺日期。")
    worker.drain()
    assert told(telling.GONE) == everybody
