"""Cars from files: who they belong to, what a row may change, what is told onwards, and what is taken back."""

from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from cocreate.core.actor import GUEST, Role
from cocreate.core.outbox import OutboxEntry
from cocreate.exchange.imports import files, runner, service
from cocreate.exchange.imports.models import ImportState, Task
from cocreate.identity.events import SoftwareKnown
from cocreate.identity.vehicles.models import Vehicle
from cocreate.identity.vehicles.queries import garage

HEAD = "车主邮箱,编号,车型,年款,硬件,软件,认证\n"


@pytest.fixture
def bring(runtime, make_file):
    """`bring(rows)`: the rows of a fleet list, imported; the import as it stands then."""

    def run(rows: str, head: str = HEAD) -> Any:
        path = make_file(head + rows, name="车队.csv")
        looked = service.look(path, path.name)
        with path.open("rb") as source:
            copy = files.keep(runtime.settings, source)
        with runtime.database.write() as session:
            row = service.create_import(
                session, runtime, service.table_of(runtime, "vehicles"), copy=copy, looked=looked, name=path.name,
                wishes=service.Wishes(), by=GUEST,
            )  # fmt: skip
        return runner.run(runtime, row.id, lambda *_: None)

    return run


def of(runtime, member):
    with runtime.database.read() as session:
        return garage(session, member.id)


def told(runtime):
    with runtime.database.read() as session:
        entries = select(OutboxEntry).where(OutboxEntry.name == SoftwareKnown.name, OutboxEntry.kind == "event")
        return [entry.payload["vehicle_ids"] for entry in session.exec(entries.order_by(OutboxEntry.id))]


def test_a_fleet_list_adds_and_updates_cars_and_tells_their_software(runtime, bring, make_member, make_vehicle):
    first, second = make_member(), make_member()
    car = make_vehicle(first, "云麓", model_year=2024, software="2.2", region="广东")
    done = bring(f"{first.email},A1,云麓,2024,HW3,2.4,是\n{second.email.upper()},A2,青川,2025款,,2.4,\n")
    assert (done.added, done.updated, done.failed) == (1, 1, 0)
    [mine] = of(runtime, first)
    assert (mine.id, mine.software, mine.hardware, mine.region, mine.verified) == (car.id, "2.4", "HW3", "广东", True)
    [theirs] = of(runtime, second)
    assert (theirs.model, theirs.model_year, theirs.verified) == ("青川", 2025, False)
    assert told(runtime) == [[car.id, theirs.id]]
    # The same list again changes nothing; a later one moves the software by the id alone, and an empty cell keeps.
    again = bring(f"{first.email},A1,云麓,2024,HW3,2.4,是\n{second.email},A2,青川,2025,,2.4,\n")
    assert (again.added, again.updated, again.skipped) == (0, 0, 2)
    bring(f"{second.email},A2,,,,2.5,\n")
    assert (of(runtime, second)[0].software, of(runtime, second)[0].model) == ("2.5", "青川")
    assert told(runtime) == [[car.id, theirs.id], [theirs.id]]


def test_rows_that_name_no_car_are_refused_one_by_one(runtime, bring, make_member, make_vehicle):
    twice, full, left = make_member(), make_member(), make_member()
    for _ in range(2):
        make_vehicle(twice, "云麓", model_year=2024)
    for number in range(10):
        make_vehicle(full, f"车{number}")
    rows = [
        "nobody@example.com,B1,云麓,2024,,2.4,", f"{twice.email},,云麓,2024,,2.4,", f"{full.email},B2,云麓,,,2.4,",
        f"{left.email},B3,,,,2.4,", "no address,B4,云麓,,,2.4,", f"{left.email},B5,云麓,2024,,2.4,vielleicht",
        f"{left.email},B6,云麓,2024,,2.4,是",
    ]  # fmt: skip
    done = bring("\n".join(rows))
    assert (done.added, done.updated, done.failed) == (1, 0, 6)
    assert [car.software for car in of(runtime, twice)] == ["", ""]
    assert len(of(runtime, full)) == 10


def test_taking_a_list_back_leaves_what_owners_touched(client, runtime, bring, make_member):
    kept, gone = make_member(), make_member()
    done = bring(f"{kept.email},C1,云麓,2024,,2.4,\n{gone.email},C2,云麓,2024,,2.4,\n")
    [car] = of(runtime, kept)
    client.post(f"/garage/{car.id}", actor=kept, data={"model": "云麓", "model_year": "2024", "region": "广东"})
    with runtime.database.write() as session:
        service.start(session, session.get(type(done), done.id), Task.UNDO, by=GUEST)
    undone = runner.run(runtime, done.id, lambda *_: None)
    assert undone.shown_state == ImportState.UNDONE
    assert [row.id for row in of(runtime, kept)] == [car.id]
    assert of(runtime, gone) == []
    # Its id is free again.
    assert bring(f"{gone.email},C2,云麓,2024,,2.5,\n").added == 1


def test_the_page_asks_what_the_rows_are(client, runtime, make_member):
    pm, owner = make_member("产", Role.PM), make_member()
    assert 'value="vehicles"' in client.get("/imports", actor=pm).text
    file = ("车队.csv", f"{HEAD}{owner.email},D1,云麓,2024,,2.4,\n".encode(), "text/csv")
    handed = client.post("/imports", actor=pm, data={"table": "vehicles"}, files={"file": file})
    assert handed.status_code == 303
    page = client.get(handed.headers["location"], actor=pm).text
    assert "车主邮箱" in page
    assert client.post("/imports", actor=pm, data={"table": "x"}, files={"file": file}).status_code == 422
    with runtime.database.read() as session:
        assert session.exec(select(Vehicle)).all() == []


def test_a_fleet_list_says_when_cars_were_ordered(runtime, bring, make_member):
    owner = make_member()
    head = "车主邮箱,编号,车型,下定日期\n"
    rows = f"{owner.email},A1,云麓,2021/3/5\n{owner.email},A2,云麓,2021年12月31日\n{owner.email},A3,云麓,2999-01-01\n"
    done = bring(rows, head)
    assert (done.added, done.failed) == (2, 1)
    assert [car.ordered_on for car in of(runtime, owner)] == [date(2021, 3, 5), date(2021, 12, 31)]
    again = bring(f"{owner.email},A1,云麓,2021/3/6\n{owner.email},A2,云麓,\n", head)
    assert (again.updated, again.skipped) == (1, 1)
