"""My garage, and the brand's mark."""

import pytest
from sqlmodel import select

from cocreate.core import audit
from cocreate.core.actor import Actor, Role
from cocreate.core.outbox import OutboxEntry
from cocreate.identity.events import SoftwareKnown
from cocreate.identity.vehicles import service
from cocreate.identity.vehicles.forms import CarForm
from cocreate.identity.vehicles.models import Vehicle
from cocreate.identity.vehicles.queries import FleetPart, cars, fleet, garage, known_models


def of(runtime, member):
    with runtime.database.read() as session:
        return garage(session, member.id)


def test_a_car_is_added_corrected_and_removed(client, runtime, make_member):
    member = make_member()
    data = {"model": "云麓", "model_year": "2025", "hardware": "HX-2", "software": "2.2"}
    assert client.post("/garage", actor=member, data=data).status_code == 303
    [car] = of(runtime, member)
    assert (car.model, car.model_year, car.hardware, car.software, car.verified) == ("云麓", 2025, "HX-2", "2.2", False)
    client.post(f"/garage/{car.id}", actor=member, data=data | {"software": "2.4"})
    assert of(runtime, member)[0].software == "2.4"
    answer = client.post(f"/garage/{car.id}/remove", actor=member)
    assert answer.status_code == 303
    assert of(runtime, member) == []
    client.post(f"/garage/{car.id}/restore", actor=member)  # the undo of the toast
    assert [row.id for row in of(runtime, member)] == [car.id]


def test_another_car_must_be_verified_anew_but_new_software_keeps_the_mark(client, runtime, make_member, make_vehicle):
    member = make_member()
    car = make_vehicle(member, "云麓", verified=True, model_year=2025, hardware="HX-2")
    same = {"model": "云麓", "model_year": "2025", "hardware": "HX-2"}
    client.post(f"/garage/{car.id}", actor=member, data=same | {"software": "2.4"})
    assert of(runtime, member)[0].verified
    client.post(f"/garage/{car.id}", actor=member, data=same | {"model": "晴川"})
    assert not of(runtime, member)[0].verified


@pytest.mark.parametrize("act", ["", "/remove", "/restore"])
def test_nobody_touches_anothers_car(client, runtime, make_member, make_vehicle, act):
    owner, stranger = make_member(), make_member()
    car = make_vehicle(owner, "云麓")
    assert client.get(f"/garage/{car.id}", actor=stranger).status_code == 404
    answer = client.post(f"/garage/{car.id}{act}", actor=stranger, data={"model": "x"})
    assert answer.status_code == 404
    assert of(runtime, owner)[0].model == "云麓"


def test_a_garage_holds_ten_cars(client, runtime, make_member, make_vehicle):
    member = make_member()
    for _ in range(10):
        make_vehicle(member)
    assert client.post("/garage", actor=member, data={"model": "云麓"}).status_code == 409
    assert len(of(runtime, member)) == 10


@pytest.mark.parametrize(
    ("role", "status"), [(Role.PM, 303), (Role.AGENT, 303), (Role.ADMIN, 303), (Role.HOST, 403), (Role.MODERATOR, 403)]
)
def test_the_mark_is_given_by_those_who_may(client, runtime, make_member, make_vehicle, role, status):
    owner, staff = make_member(), make_member("员", role)
    car = make_vehicle(owner)
    assert client.post(f"/vehicles/{car.id}/verify", actor=owner).status_code == 403
    assert client.post(f"/vehicles/{car.id}/verify", actor=staff, data={"seen": car.sign}).status_code == status
    assert of(runtime, owner)[0].verified == (status == 303)
    if status == 303:
        with runtime.database.read() as session:
            assert [(e.action, e.actor_id) for e in audit.trail(session, "vehicle", car.id)] == [
                ("vehicle.verify", staff.id)
            ]
        client.post(f"/vehicles/{car.id}/unverify", actor=staff)
        assert not of(runtime, owner)[0].verified


def test_the_mark_goes_to_the_car_that_was_seen(client, runtime, make_member, make_vehicle):
    owner, staff = make_member(), make_member("员", Role.AGENT)
    car = make_vehicle(owner, "云麓", model_year=2024, hardware="HX-2")
    shown = client.get(f"/members/{owner.id}", actor=staff).text
    assert f'value="{car.sign}"' in shown
    # While the page lies open, the owner makes another car of it.
    client.post(f"/garage/{car.id}", actor=owner, data={"model": "云麓", "model_year": "2025", "hardware": "HX-2"})
    answer = client.post(f"/vehicles/{car.id}/verify", actor=staff, data={"seen": car.sign})
    assert answer.status_code == 409
    assert "车主刚刚改过" in answer.text
    assert client.post(f"/vehicles/{car.id}/verify", actor=staff).status_code == 409
    assert not of(runtime, owner)[0].verified


def test_a_car_that_changes_while_the_mark_is_given_does_not_keep_it(runtime, make_member, make_vehicle):
    owner = make_member()
    car = make_vehicle(owner, "云麓", model_year=2024)
    by = Actor(id=owner.id, roles=frozenset())
    # Somebody else verifies between the moment at which the owner's request read the row and the one of its writing.
    with runtime.database.read() as session:
        read_before = session.get(Vehicle, car.id)
        session.expunge(read_before)
    with runtime.database.write() as session:
        service.verify_vehicle(session, session.get(Vehicle, car.id), by=by, seen=car.sign)
    with runtime.database.write() as session:
        stale = session.merge(read_before, load=False)
        service.change_vehicle(session, stale, CarForm(model="晴川", model_year=2024), by=by)
    assert not of(runtime, owner)[0].verified
    # The other way round: the brand's request read the car before the owner changed it.
    with runtime.database.write() as session:
        stale = session.merge(read_before, load=False)
        with pytest.raises(service.CarChanged):
            service.verify_vehicle(session, stale, by=by, seen=car.sign)
    assert not of(runtime, owner)[0].verified


def test_requests_for_one_garage_wait_for_each_other(runtime, make_member, make_vehicle, count_queries):
    """Whoever counts the cars holds the garage by then: the first statement is a write to the member's row."""
    member = make_member()
    by = Actor(id=member.id, roles=frozenset())
    with runtime.database.write() as session, count_queries() as statements:
        service.add_vehicle(session, CarForm(model="云麓"), owner=by)
    assert statements[0].startswith("UPDATE member")
    assert "vehicle" in statements[1]


def test_software_from_the_brands_records_is_told_onwards(client, runtime, make_member, make_vehicle):
    owner, staff = make_member(), make_member("员", Role.PM)
    car = make_vehicle(owner, "云麓", verified=True, software="2.2")
    assert client.post(f"/vehicles/{car.id}/software", actor=owner, data={"software": "9"}).status_code == 403
    for _ in range(2):  # the same once more says nothing new
        assert client.post(f"/vehicles/{car.id}/software", actor=staff, data={"software": " 2.4 "}).status_code == 303
    row = of(runtime, owner)[0]
    assert (row.software, row.verified) == ("2.4", True)
    with runtime.database.read() as session:
        told = session.exec(select(OutboxEntry).where(OutboxEntry.name == SoftwareKnown.name)).all()
    assert [entry.payload for entry in told] == [{"vehicle_ids": [car.id]}]


def test_cars_by_id_cost_one_statement(runtime, make_member, make_vehicle, count_queries):
    member = make_member()
    ids = [make_vehicle(member, f"车{n}", verified=n == 0, model_year=2024, software="1.0").id for n in range(5)]
    with runtime.database.read() as session, count_queries() as statements:
        found = cars(session, [*ids, None, 10**12])
    assert len(statements) == 1
    assert sorted(found) == ids
    assert (found[ids[0]].model, found[ids[0]].year, found[ids[0]].software, found[ids[0]].verified) == (
        "车0",
        2024,
        "1.0",
        True,
    )


def test_known_models_come_most_frequent_first(runtime, make_member, make_vehicle):
    member = make_member()
    for model in ("晴川", "云麓", "云麓"):
        make_vehicle(member, model)
    with runtime.database.read() as session:
        assert known_models(session) == ["云麓", "晴川"]


def test_where_a_car_is_driven_may_be_said_and_counts_in_the_fleet(client, runtime, make_member, make_vehicle):
    member = make_member()
    data = {"model": "云麓", "model_year": "2025", "region": "黑龙江"}
    client.post("/garage", actor=member, data=data)
    car = of(runtime, member)[0]
    assert car.region == "黑龙江"
    assert 'value="黑龙江"' in client.get(f"/garage/{car.id}", actor=member).text
    make_vehicle(make_member(), "云麓", model_year=2025, region="黑龙江")
    make_vehicle(make_member(), "云麓", model_year=2025)
    with runtime.database.read() as session:
        assert fleet(session) == [FleetPart("云麓", 2025, "", 1), FleetPart("云麓", 2025, "黑龙江", 2)]
    assert client.post("/garage", actor=member, data=data | {"region": "长" * 41}).status_code == 422


def test_the_brands_systems_say_by_token_which_software_a_car_has(
    client, runtime, make_member, make_vehicle, make_token
):
    owner, staff = make_member(), make_member("员", Role.AGENT)
    car = make_vehicle(owner, "云麓", software="2.2")
    path, body = f"/api/v1/vehicles/{car.id}/software", {"software": "2.4"}
    assert client.put(path, json=body).status_code == 401
    assert client.put(path, token=make_token(owner, "vehicles:write"), json=body).status_code == 403
    assert client.put(path, token=make_token(staff, "themes:read"), json=body).status_code == 403
    token = make_token(staff, "vehicles:write")
    assert client.put(path, token=token, json={"software": ""}).status_code == 422
    answer = client.put(path, token=token, json=body)
    assert (answer.status_code, answer.json()["software"]) == (200, "2.4")
    assert of(runtime, owner)[0].software == "2.4"
    assert client.put(f"/api/v1/vehicles/{10**15}/software", token=token, json=body).status_code == 404
