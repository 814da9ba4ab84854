"""The 2021/2022 case: a benefit by order date is flagged with its counts, and does not leave without a second person
and an answer, on the page and in JSON alike."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.actor import Role
from cocreate.core.db import Database
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.identity.vehicles.models import Vehicle
from cocreate.notify.inbox.models import InboxMessage
from roadmap.fairness import counting, telling
from roadmap.fairness.models import (
    Announcement,
    AnnouncementEvent,
    AnnouncementGroup,
    AnnouncementKind,
    AnnouncementState,
)

Make = Callable[..., Any]
SAID = {
    "kind": "benefit", "title": "2022 购车礼遇", "text": "2022 年下定的极境车主可获 6000 元选装金。",
    "groups": [
        {"gain": "6000 元选装金", "value": 6000,
         "rule": {"models": ["极境"], "ordered_from": "2022-01-01", "ordered_to": "2022-12-31"}},
    ],
}  # fmt: skip
ANSWER = "2021 年下定的车主当时享有终身免费换电，价值更高；对照表见下。"
FORM = {
    "kind": "benefit", "title": "2022 购车礼遇", "text": "2022 年下定的极境车主可获 6000 元选装金。",
    "gain_0": "6000 元选装金", "value_0": "6000", "models_0": "极境", "ordered_from_0": "2022-01-01",
    "ordered_to_0": "2022-12-31",
}  # fmt: skip


@pytest.fixture
def fleet(runtime: Runtime) -> SimpleNamespace:
    """Several thousand owners: 2,310 ordered in 2022, 1,204 in 2021, 85 in 2020, of 12 it is not known; six of 2021
    bought again in 2022; other models, sold cars and people who left are there to be left out."""
    moment = clock.now()
    counts = {"new": 2304, "both": 6, "old": 1198, "older": 85, "unknown": 12, "other": 400, "gone": 30}
    ids: dict[str, list[int]] = {}
    with runtime.database.write() as session:
        for name, count in counts.items():
            left = moment if name == "gone" else None
            rows = [{"name": f"{name}{n}", "created_at": moment, "deleted_at": left} for n in range(count)]
            added = session.connection().execute(sa.insert(Member).returning(col(Member.id)), _filled(Member, rows))
            ids[name] = sorted(one or 0 for one in added.scalars())
        cars: list[dict[str, Any]] = []

        def put(members: list[int], year: int | None, model: str = "极境", removed: datetime | None = None) -> None:
            for place, member_id in enumerate(members):
                day = date(year, 1, 1) + timedelta(days=(place * 7) % 365) if year else None
                cars.append({
                    "member_id": member_id, "model": model, "model_year": year, "ordered_on": day,
                    "removed_at": removed, "created_at": moment,
                })  # fmt: skip

        put([*ids["new"], *ids["both"]], 2022)
        put([*ids["old"], *ids["both"]], 2021)
        put(ids["older"], 2020)
        put(ids["unknown"], None)
        put(ids["other"], 2021, model="云麓")
        put(ids["gone"], 2021)
        put(ids["other"], 2021, removed=moment)
        session.connection().execute(sa.insert(Vehicle), _filled(Vehicle, cars))
    return SimpleNamespace(**ids)


def _filled(model: Any, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with the model's own defaults, for one quick statement."""
    blank = model(**rows[0]).model_dump(exclude={"id", *rows[0]})
    return [{**blank, **row} for row in rows]


@pytest.fixture
def second(make_member: Make) -> Member:
    member: Member = make_member("产品吴", Role.PM)
    return member


def events(database: Database) -> list[str]:
    with database.read() as session:
        return [row.act.value for row in session.exec(select(AnnouncementEvent).order_by(col(AnnouncementEvent.id)))]


def test_the_benefit_of_2022_is_flagged_with_those_of_2021(
    client: Any, pm: Member, second: Member, fleet: Any, make_token: Make, database: Database
) -> None:
    token = make_token(pm, "roadmap:write")
    made = client.post("/api/v1/announcements", token=token, json=SAID, browser=False)
    assert made.status_code == 201
    found = made.json()["findings"]
    assert (found["gaining"], found["losing_owners"], found["also"]) == ([2310], 1204, 6)
    assert (found["further"], found["unknown"]) == (85, 12)
    by_side = {one["side"]: one for one in found["neighbours"]}
    assert set(by_side) == {"ordered_before", "order_unknown"}
    before = by_side["ordered_before"]
    assert (before["owners"], before["first"], before["last"], before["missing"]) == (
        1204, "2021-01-01", "2021-12-31", 6000,
    )  # fmt: skip
    page = client.get(f"/announcements/{made.json()['id']}", actor=second).text
    assert "另有 1,204 位车主会觉得吃亏" in page
    assert "此前下定（2021年1月1日 – 2021年12月31日）的 1,204 位车主什么也得不到。" in page
    assert "至少相差 6,000 元。" in page


def test_the_page_lets_nothing_out_without_an_answer_and_a_second_person(
    client: Any, pm: Member, second: Member, fleet: Any, database: Database
) -> None:
    assert client.post("/announcements", actor=pm, data=FORM).status_code == 303
    path = "/announcements/1"
    refused = client.post(f"{path}/approve", actor=second)
    assert (refused.status_code, "请先准备好给他们的说明" in refused.text) == (422, True)
    assert client.post(f"{path}/publish", actor=second).status_code == 422
    client.post(f"{path}/edit", actor=pm, data={**FORM, "answer": ANSWER, "tell_others": "1"})
    assert client.post(f"{path}/publish", actor=pm).status_code == 409, "nobody has approved it"
    own = client.post(f"{path}/approve", actor=pm, headers={"accept": "application/json"})
    assert own.status_code == 409, "whoever wrote it is not the second person"
    assert client.get(path).status_code == 404
    assert client.post(f"{path}/approve", actor=second).status_code == 303
    assert client.post(f"{path}/publish", actor=pm).status_code == 303
    assert ANSWER in client.get(path).text
    assert events(database) == ["written", "edited", "approved", "published"]


def test_json_lets_nothing_out_without_an_answer_and_a_second_person(
    client: Any, pm: Member, second: Member, fleet: Any, make_token: Make, database: Database
) -> None:
    mine, theirs = make_token(pm, "roadmap:write"), make_token(second, "roadmap:write")
    number = client.post("/api/v1/announcements", token=mine, json=SAID, browser=False).json()["id"]

    def act(name: str, token: str) -> tuple[int, str]:
        answer = client.post(f"/api/v1/announcements/{number}/{name}", token=token, browser=False)
        return answer.status_code, answer.json().get("error", {}).get("code", "")

    assert act("approve", theirs) == (422, "answer_missing")
    assert act("publish", theirs) == (422, "answer_missing")
    answered = {**SAID, "answer": ANSWER}
    client.put(f"/api/v1/announcements/{number}", token=mine, json=answered, browser=False)
    assert act("publish", mine) == (409, "approval_missing")
    assert act("approve", mine) == (409, "same_person")
    assert act("approve", theirs)[0] == 200
    edited = {**answered, "text": "2022 年下定的车主可获 8000 元选装金。"}
    client.put(f"/api/v1/announcements/{number}", token=theirs, json=edited, browser=False)
    assert act("publish", theirs) == (409, "approval_missing"), "other words need another approval"
    assert act("approve", theirs) == (409, "same_person")
    assert act("approve", mine)[0] == 200
    assert client.get(f"/api/v1/announcements/{number}").status_code == 404
    assert act("publish", theirs)[0] == 200
    assert act("publish", theirs) == (409, "announcement_state")
    assert client.get(f"/api/v1/announcements/{number}").json()["answer"] == ANSWER
    with database.read() as session:
        row = session.get_one(Announcement, number)
        assert row.findings["losing_owners"] == 1204


def test_an_approval_is_about_these_words_even_if_somebody_writes_past_the_form(
    pm_actor: Any, make_actor_of: Make, second: Member, fleet: Any, database: Database, client: Any, pm: Member
) -> None:
    client.post("/announcements", actor=pm, data={**FORM, "answer": ANSWER})
    client.post("/announcements/1/approve", actor=second)
    with database.write() as session:
        session.connection().execute(sa.update(Announcement).values(text="人人有份。"))
    assert client.post("/announcements/1/publish", actor=pm).status_code == 409


def test_those_who_gain_and_those_beside_them_are_told_once(
    client: Any, pm: Member, second: Member, fleet: Any, runtime: Runtime, worker: Any, database: Database
) -> None:
    client.post("/announcements", actor=pm, data={**FORM, "answer": ANSWER, "tell_others": "1"})
    client.post("/announcements/1/approve", actor=second)
    client.post("/announcements/1/publish", actor=pm)
    worker.drain()
    telling.tell_announcement(runtime, announcement_id=1)

    def told(session: Session, notice: str) -> list[int]:
        return sorted(session.exec(select(InboxMessage.member_id).where(InboxMessage.notice == notice)))

    with database.read() as session:
        assert told(session, telling.GAIN) == sorted([*fleet.new, *fleet.both])
        assert told(session, telling.OTHER) == fleet.old
        one = session.exec(select(InboxMessage).where(InboxMessage.member_id == fleet.old[0])).one()
        assert (one.params["answer"], one.url) == (ANSWER, "/announcements/1")


def test_without_the_wish_only_those_who_gain_are_told(
    client: Any, pm: Member, second: Member, fleet: Any, worker: Any, database: Database
) -> None:
    client.post("/announcements", actor=pm, data={**FORM, "answer": ANSWER})
    client.post("/announcements/1/approve", actor=second)
    client.post("/announcements/1/publish", actor=pm)
    worker.drain()
    with database.read() as session:
        assert set(session.exec(select(InboxMessage.notice))) == {telling.GAIN}


def test_each_owner_reads_what_it_means_for_the_own_car(
    client: Any, pm: Member, second: Member, make_member: Make, make_vehicle: Make
) -> None:
    winner, loser = make_member("新车主"), make_member("老车主")
    make_vehicle(winner, "极境", ordered_on=date(2022, 5, 1))
    make_vehicle(loser, "极境", ordered_on=date(2021, 5, 1))
    client.post("/announcements", actor=pm, data={**FORM, "answer": ANSWER})
    client.post("/announcements/1/approve", actor=second)
    client.post("/announcements/1/publish", actor=pm)
    assert "你的极境：6000 元选装金" in client.get("/announcements/1", actor=winner).text
    page = client.get("/announcements/1", actor=loser).text
    assert "你的极境不在其中。我们的说明在下面。" in page
    assert ANSWER in page
    assert "公平检查" not in page


def test_those_who_spell_their_car_otherwise_are_counted_and_told(
    client: Any, pm: Member, second: Member, make_member: Make, make_vehicle: Make, worker: Any, database: Database
) -> None:
    winner, loser = make_member("新车主"), make_member("老车主")
    make_vehicle(winner, "極境", ordered_on=date(2022, 5, 1))
    make_vehicle(loser, "极 境", ordered_on=date(2021, 5, 1))
    client.post("/announcements", actor=pm, data=FORM)
    assert client.post("/announcements/1/approve", actor=second).status_code == 422, "somebody loses"
    client.post("/announcements/1/edit", actor=pm, data={**FORM, "answer": ANSWER, "tell_others": "1"})
    client.post("/announcements/1/approve", actor=second)
    assert client.post("/announcements/1/publish", actor=pm).status_code == 303
    worker.drain()
    with database.read() as session:
        told = {row.member_id: row.notice for row in session.exec(select(InboxMessage))}
    assert told == {winner.id: telling.GAIN, loser.id: telling.OTHER}
    assert "你的極境：6000 元选装金" in client.get("/announcements/1", actor=winner).text


def test_a_withdrawal_needs_its_reason_and_stays_readable(
    client: Any, pm: Member, second: Member, make_member: Make, make_vehicle: Make, database: Database
) -> None:
    make_vehicle(make_member(), "极境", ordered_on=date(2022, 5, 1))
    client.post("/announcements", actor=pm, data=FORM)
    client.post("/announcements/1/approve", actor=second)
    assert client.post("/announcements/1/publish", actor=pm).status_code == 303, "nobody loses, so no answer is asked"
    assert client.post("/announcements/1/withdraw", actor=pm, data={"reason": " "}).status_code == 422
    assert client.post("/announcements/1/withdraw", actor=pm, data={"reason": "名额算错了。"}).status_code == 303
    page = client.get("/announcements/1").text
    assert "名额算错了。" in page
    with database.read() as session:
        assert session.get_one(Announcement, 1).state == AnnouncementState.WITHDRAWN


def test_what_was_done_cannot_be_rewritten(client: Any, pm: Member, database: Database) -> None:
    client.post("/announcements", actor=pm, data=FORM)
    for statement in ("UPDATE announcement_event SET by_id = NULL", "DELETE FROM announcement_event"):
        with pytest.raises(sa.exc.DatabaseError), database.write() as session:
            session.connection().execute(sa.text(statement))


def test_nobody_but_product_managers_writes_or_sees_drafts(
    client: Any, pm: Member, make_member: Make, make_token: Make
) -> None:
    client.post("/announcements", actor=pm, data=FORM)
    for who in (make_member("车主"), make_member("", Role.MODERATOR)):
        assert client.get("/announcements/1", actor=who).status_code == 404
        assert client.post("/announcements", actor=who, data=FORM).status_code == 403
        assert client.post("/announcements/1/approve", actor=who).status_code == 403
    token = make_token(pm, "posts:write")
    assert client.post("/api/v1/announcements", token=token, json=SAID, browser=False).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"gain_0": ""}, "gain"), ({"ordered_from_0": "2023-01-01"}, "begins"), ({"title": ""}, "title")],
)
def test_a_form_that_does_not_fit_comes_back_with_what_was_typed(
    client: Any, pm: Member, wrong: dict[str, str], field: str
) -> None:
    answer = client.post("/announcements", actor=pm, data={**FORM, **wrong})
    assert answer.status_code == 422
    assert "选装金" in answer.text


@pytest.mark.parametrize("door", ["page", "json"])
def test_announcements_page_without_gap_or_repeat(client: Any, pm: Member, database: Database, door: str) -> None:
    moment = clock.now() - timedelta(days=90)
    with database.write() as session:
        for number in range(64):
            # Published in another order than written, and now and then two at once.
            session.add(
                Announcement(
                    kind=AnnouncementKind.BENEFIT,
                    title=f"公告{number:02}",
                    text="。",
                    state=AnnouncementState.PUBLISHED,
                    published_at=moment + timedelta(days=(number * 29) % 64 // 2),
                    edited_at=moment,
                )  # fmt: skip
            )
            session.flush()
        rows = session.exec(select(Announcement.id)).all()
        session.add_all(AnnouncementGroup(announcement_id=one or 0, gain="礼遇") for one in rows)
        session.add(Announcement(kind=AnnouncementKind.BENEFIT, title="还在准备", text="。", edited_at=moment))
    with database.read() as session:
        order = (col(Announcement.published_at).desc(), col(Announcement.id).desc())
        titles = select(Announcement.title).where(col(Announcement.published_at).is_not(None)).order_by(*order)
        expected = list(session.exec(titles))
    seen: list[str] = []
    if door == "json":
        address = "/api/v1/announcements?limit=25"
        while address:
            answer = client.get(address).json()
            seen += [row["title"] for row in answer["items"]]
            address = f"/api/v1/announcements?limit=25&cursor={answer['next_cursor']}" if answer["next_cursor"] else ""
    else:
        address = "/announcements"
        while address:
            text = client.get(address, actor=pm).text
            seen += re.findall(r"公告\d\d", text)
            assert ("还在准备" in text) == (address == "/announcements")
            more = re.search(r'class="pager"><a [^>]*href="([^"]+)"', text)
            address = more[1] if more else ""
            assert len(seen) <= len(expected), address
    assert seen == expected
    assert client.get("/announcements?cursor=xx").status_code == 422


def test_a_large_fleet_is_counted_by_a_job_and_no_request_goes_through_it(
    client: Any, pm: Member, second: Member, make_member: Make, make_vehicle: Make, worker: Any, runtime: Runtime,
    make_token: Make, monkeypatch: pytest.MonkeyPatch, time_machine: Any
) -> None:  # fmt: skip
    monkeypatch.setattr(counting, "AT_ONCE", 1)
    for year in (2021, 2022):
        make_vehicle(make_member(), "极境", ordered_on=date(year, 5, 1))
    token = make_token(pm, "roadmap:write")
    made = client.post("/api/v1/announcements", token=token, json=SAID, browser=False)
    assert (made.status_code, made.json()["findings"]) == (201, None)
    assert "还在为它统计" in client.get("/announcements/1", actor=second).text
    assert client.post("/announcements/1/approve", actor=second).status_code == 409
    worker.drain()

    def crowd(*_: Any, **__: Any) -> Any:
        raise AssertionError("a request counted the fleet")

    def act(name: str, who: Member) -> int:
        with monkeypatch.context() as patch:
            patch.setattr(counting, "cars_for", crowd)
            patch.setattr(telling, "cars_for", crowd)
            return int(client.post(f"/announcements/1/{name}", actor=who).status_code)

    assert act("approve", second) == 422, "somebody loses, and no answer is prepared"
    page = client.get("/announcements/1", actor=second).text
    assert "is-flagged" in page
    client.post("/announcements/1/edit", actor=pm, data={**FORM, "answer": ANSWER})
    assert act("approve", second) == 303, "other words need no other count"
    time_machine.move_to(clock.now() + timedelta(days=2), tick=False)
    assert act("publish", pm) == 409, "counted too long ago"
    counting.count_announcements(runtime)
    assert act("publish", pm) == 303
    found = client.get("/api/v1/announcements/1/check", token=make_token(pm, "roadmap:write"), browser=False).json()
    assert (found["findings"]["gaining"], found["findings"]["losing_owners"]) == ([1], 1)
