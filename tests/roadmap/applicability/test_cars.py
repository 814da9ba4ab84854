"""What items and releases mean for stored cars: verdicts, counts, lines on every page, cars that have a release."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from cocreate.core import clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.db import Database
from cocreate.core.jobs import Worker
from cocreate.core.outbox import OutboxEntry
from cocreate.identity.events import SoftwareKnown
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.models import InboxMessage
from roadmap.applicability import editing, receiving
from roadmap.applicability.models import CarRelease
from roadmap.applicability.rules import Rule, RuleKind
from roadmap.applicability.service import cars_of, count_by_kind, verdicts
from roadmap.events import CarReceived
from roadmap.releases.models import Release

Make = Callable[..., Any]
RULES = [
    Rule(RuleKind.NOT_POSSIBLE, models=("云麓",), hardware=("HW2",), text="HW2 没有这个电机"),
    Rule(RuleKind.RETROFIT, models=("云麓",), year_to=2023, text="1200 元，含工时"),
    Rule(RuleKind.OTA, models=("云麓",)),
]


@pytest.fixture
def put_rules(database: Database, pm_actor: Actor) -> Callable[..., None]:
    """`put_rules(item, [Rule(…)])`: these rules and no others."""

    def put(subject: Any, rules: list[Rule]) -> None:
        with database.write() as session:
            row = session.get_one(type(subject), subject.id)
            seen = editing.sign(editing.rules_for(session, row))
            editing.replace_rules(session, row, rules, seen=seen, by=pm_actor)

    return put


def test_three_cars_three_texts_wherever_the_item_appears(
    client: Any, make_item: Make, make_release: Make, make_member: Make, make_vehicle: Make, put_rules: Make,
    put_post: Make
) -> None:  # fmt: skip
    owner = make_member()
    release = make_release("2.4", released_at=clock.now() - timedelta(days=1))
    post = put_post("座椅风扇太吵", author=owner)
    item = make_item("座椅降噪", posts=[post], stage="rolling_out", release=release.id)
    put_rules(item, RULES)
    make_vehicle(owner, "云麓", model_year=2022, hardware="HW2")
    make_vehicle(owner, "云麓", model_year=2023, hardware="HW3")
    make_vehicle(owner, "云麓", model_year=2025, hardware="HW3", software="2.2")
    for path in ("/roadmap", f"/roadmap/{item.id}", f"/posts/{post.id}", "/me"):
        page = client.get(path, actor=owner).text
        assert "云麓 2022：做不到，因为HW2 没有这个电机" in page, path
        assert "云麓 2023：可付费加装：1200 元，含工时" in page, path
        assert "云麓 2025：随 OTA 2.4 推送" in page, path
        assert "HW2 没有这个电机" not in client.get(path, actor=make_member()).text, path
    assert "HW2 没有这个电机" not in client.get(f"/roadmap/{item.id}").text


def test_who_has_no_car_is_led_to_the_garage_and_who_left_a_fact_out_to_the_car(
    client: Any, make_item: Make, make_member: Make, make_vehicle: Make, put_rules: Make
) -> None:
    item, owner = make_item("座椅降噪"), make_member()
    put_rules(item, RULES)
    assert "添加你的车" in client.get(f"/roadmap/{item.id}", actor=owner).text
    assert "添加你的车" not in client.get(f"/roadmap/{item.id}").text
    car = make_vehicle(owner, "云麓", model_year=2025)
    page = client.get(f"/roadmap/{item.id}", actor=owner).text
    assert "补上硬件" in page
    assert f"/garage/{car.id}" in page


def test_people_are_counted_by_the_best_of_their_cars(
    database: Database, make_item: Make, make_member: Make, make_vehicle: Make, put_rules: Make
) -> None:
    item = make_item("座椅降噪")
    put_rules(item, RULES)
    two, one, other, none = (make_member() for _ in range(4))
    make_vehicle(two, "云麓", model_year=2022, hardware="HW2")
    make_vehicle(two, "云麓", model_year=2025, hardware="HW3")
    make_vehicle(one, "云麓", model_year=2022, hardware="HW2")
    make_vehicle(other, "青川", model_year=2022, hardware="HW2")
    with database.read() as session:
        counts = count_by_kind(session, item.id, [two.id, one.id, other.id, none.id])
    assert counts == {
        "has": 0, "ota": 0, "planned": 1, "retrofit": 0, "unknown": 1, "not_possible": 1, "no_car": 1,
    }  # fmt: skip


def test_many_items_and_cars_cost_few_statements(
    database: Database, make_item: Make, make_release: Make, make_member: Make, make_vehicle: Make, put_rules: Make,
    count_queries: Make
) -> None:  # fmt: skip
    release, owner = make_release("2.4"), make_member()
    items = [make_item(release=release.id) for _ in range(6)]
    for item in items:
        put_rules(item, [*RULES, Rule(RuleKind.OTA, version="3.0")])
    for year in range(2020, 2026):
        make_vehicle(owner, "云麓", model_year=year, hardware="HW3")
    with database.read() as session, count_queries() as statements:
        told = verdicts(session, [item.id for item in items], cars_of(session, [owner.id]))
    assert len(told) == 36
    assert len(statements) <= 5, statements


def test_drafts_are_no_secret_that_a_verdict_tells(
    client: Any, make_item: Make, make_release: Make, make_member: Make, make_vehicle: Make
) -> None:
    draft = make_release("9.9", public=False, planned_for=clock.now() + timedelta(days=9))
    item, owner = make_item("座椅降噪", release=draft.id), make_member()
    make_vehicle(owner, "云麓")
    for path in ("/roadmap", f"/roadmap/{item.id}", "/releases"):
        assert "9.9" not in client.get(path, actor=owner).text


# -- cars that have a release


def received(database: Database) -> list[tuple[int, int]]:
    with database.read() as session:
        told = select(OutboxEntry).where(OutboxEntry.name == CarReceived.name, OutboxEntry.kind == "event")
        entries = session.exec(told).all()
    return sorted((entry.payload["vehicle_id"], entry.payload["release_id"]) for entry in entries)


def test_a_car_that_gets_the_software_is_noted_once(
    client: Any, database: Database, worker: Worker, make_release: Make, make_member: Make, make_vehicle: Make
) -> None:
    now = clock.now()
    older = make_release("2.2", released_at=now - timedelta(days=40))
    release = make_release("2.4", released_at=now - timedelta(days=1), models=["云麓"])
    make_release("2.6", released_at=now + timedelta(days=1))
    ancient = make_release("1.0", released_at=now - timedelta(days=400))
    owner = make_member()
    car, other = make_vehicle(owner, "云麓", software="2.0"), make_vehicle(owner, "青川")
    for software in ("2.4.1", "2.4.2", "2.3", "2.4"):
        for row, model in ((car, "云麓"), (other, "青川")):
            client.post(f"/garage/{row.id}", actor=owner, data={"model": model, "software": software})
            worker.drain()
    assert received(database) == [(car.id, older.id), (car.id, release.id), (other.id, older.id)]
    with database.read() as session:
        known = {(row.vehicle_id, row.release_id) for row in session.exec(select(CarRelease))}
    # An old version is noted as well, but nobody is told.
    assert known == {*received(database), (car.id, ancient.id), (other.id, ancient.id)}


def test_a_release_that_is_written_down_later_finds_the_cars_that_have_it(
    client: Any, database: Database, worker: Worker, pm: Member, make_member: Make, make_vehicle: Make
) -> None:
    has, lacks = (
        make_vehicle(make_member(), "云麓", software="2.4"),
        make_vehicle(make_member(), "云麓", software="2.2"),
    )
    form = {"version": "2.4", "title": "出远门", "public": "1", "released_on": "2026-01-05"}
    assert client.post("/releases", actor=pm, data=form).status_code == 303
    worker.drain()
    with database.read() as session:
        [row] = session.exec(select(CarRelease)).all()
        release = session.exec(select(Release)).one()
    assert (row.vehicle_id, row.release_id) == (has.id, release.id)
    assert lacks.id != has.id


def test_the_event_twice_is_one_receipt(
    database: Database, worker: Worker, make_release: Make, make_member: Make, make_vehicle: Make
) -> None:
    release = make_release("2.4", released_at=clock.now() - timedelta(days=1))
    car = make_vehicle(make_member(), "云麓", software="2.4")
    for _ in range(2):
        with database.write() as session:
            outbox.publish(session, SoftwareKnown(vehicle_ids=[car.id, car.id]))
        worker.drain()
    assert received(database) == [(car.id, release.id)]


def test_a_receipt_that_somebody_else_wrote_meanwhile_is_not_told_again(
    database: Database, make_release: Make, make_member: Make, make_vehicle: Make
) -> None:
    release = make_release("2.4", released_at=clock.now() - timedelta(days=1))
    car, other = make_vehicle(make_member(), "云麓"), make_vehicle(make_member(), "云麓")
    # Both looked before either wrote: the key decides who tells.
    pairs = [(car.id, release.id), (other.id, release.id)]
    with database.write() as session:
        assert receiving.write_receipts(session, pairs[:1]) == pairs[:1]
    with database.write() as session:
        assert receiving.write_receipts(session, pairs) == pairs[1:]


# -- the personal note


@pytest.fixture
def note(
    make_item: Make, make_release: Make, make_member: Make, make_vehicle: Make, put_post: Make
) -> dict[str, Any]:  # fmt: skip
    """A release with two items; a writer behind both, a voter behind one, and a writer whose car is another model."""
    writer, voter, other = make_member("林"), make_member("吴"), make_member("陈")
    for member, model in ((writer, "云麓"), (voter, "云麓"), (other, "青川")):
        make_vehicle(member, model, software="2.2")
    release = make_release("2.4", title="出远门", models=["云麓"], planned_for=clock.now() + timedelta(days=3))
    first, second = put_post("座椅风扇太吵", author=writer, voters=[voter]), put_post("雨刷多刮一下", author=writer)
    third = put_post("青川的灯", author=other)
    items = [
        make_item("座椅降噪", posts=[first, third], stage="decided", release=release.id),
        make_item("雨刷", posts=[second], stage="decided", release=release.id),
    ]
    return {"writer": writer, "voter": voter, "other": other, "release": release, "items": items}


def letters(database: Database) -> list[tuple[int, str, dict[str, Any]]]:
    with database.read() as session:
        rows = session.exec(select(InboxMessage).where(InboxMessage.key.like("release:%"))).all()  # type: ignore[attr-defined]
    return sorted((row.member_id, row.notice, row.params) for row in rows)


def test_everybody_whose_points_come_to_their_car_gets_one_note(
    client: Any, database: Database, worker: Worker, pm: Member, note: dict[str, Any]
) -> None:
    release = note["release"]
    step = {"percent": "10", "sentence": "先推一成。"}
    assert client.post(f"/releases/{release.id}/rollout", actor=pm, data=step).status_code == 303
    worker.drain()
    [(first, wrote, mine), (second, voted, theirs)] = letters(database)
    assert (first, wrote, mine["points"], mine["model"]) == (note["writer"].id, "roadmap.release.wrote", 2, "云麓")
    assert (second, voted, theirs["points"]) == (note["voter"].id, "roadmap.release.voted", 1)
    # Further steps, and the car that has it, are no second message.
    client.post(f"/releases/{release.id}/rollout", actor=pm, data={"percent": "100"})
    with database.read() as session:
        car = cars_of(session, [note["writer"].id])[0]
    client.post(f"/garage/{car.id}", actor=note["writer"], data={"model": "云麓", "software": "2.4"})
    worker.drain()
    assert len(letters(database)) == 2
    inbox = client.get("/inbox", actor=note["writer"]).text
    assert "你的云麓的 OTA 2.4 里有你提过的 2 条" in inbox
    assert "因为你写过 #" in inbox
    page = client.get(f"/releases/{release.id}/mine", actor=note["writer"]).text
    for words in ("里面有你提过的 2 条", "座椅风扇太吵", "雨刷多刮一下", "我的云麓：OTA 2.4 已带来"):
        assert words in page, words
    assert "青川的灯" not in page
    assert "还没有你提过的" in client.get(f"/releases/{release.id}/mine", actor=pm).text
    assert client.get(f"/releases/{release.id}/mine").status_code in (303, 401)


def test_a_model_that_waits_for_its_turn_is_told_when_it_comes(
    client: Any, database: Database, worker: Worker, pm: Member, note: dict[str, Any], make_vehicle: Make
) -> None:
    release = note["release"]
    with database.write() as session:
        row = session.get_one(Release, release.id)
        row.models = ["云麓", "青川"]
        session.add(row)
    client.post(f"/releases/{release.id}/rollout", actor=pm, data={"percent": "50", "model": "青川"})
    worker.drain()
    assert [member for member, _, _ in letters(database)] == [note["other"].id]
    assert "计划随 OTA 2.4" in client.get(f"/roadmap/{note['items'][0].id}", actor=note["writer"]).text
    client.post(f"/releases/{release.id}/rollout", actor=pm, data={"percent": "50", "model": "云麓"})
    worker.drain()
    assert len(letters(database)) == 3


def test_who_cannot_get_it_is_not_told_that_it_comes(
    client: Any, database: Database, worker: Worker, pm: Member, note: dict[str, Any], put_rules: Make
) -> None:
    for item in note["items"]:
        put_rules(item, [Rule(RuleKind.RETROFIT, text="1200 元"), Rule(RuleKind.OTA)])
    client.post(f"/releases/{note['release'].id}/rollout", actor=pm, data={"percent": "100"})
    worker.drain()
    assert letters(database) == []
    # A line less, and it comes to them: now they hear of it.
    put_rules(note["items"][0], [Rule(RuleKind.OTA)])
    worker.drain()
    assert [member for member, _, _ in letters(database)] == [note["writer"].id, note["voter"].id]
