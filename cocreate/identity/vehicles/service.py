"""Cars come, change, go, and are verified by the brand."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict
from cocreate.core.text_marks import N_
from cocreate.identity.events import SoftwareKnown
from cocreate.identity.members.models import Member
from cocreate.identity.vehicles.forms import CarForm
from cocreate.identity.vehicles.models import Vehicle
from cocreate.identity.vehicles.queries import garage

MAX_CARS = 10


class GarageFull(Conflict):
    code = "garage_full"
    message = N_("Ten cars are the most that a garage holds here. Remove one you no longer drive first.")


class CarChanged(Conflict):
    code = "car_changed"
    message = N_("The owner has changed this car in the meantime. Please look at it again first.")


def add_vehicle(session: Session, form: CarForm, *, owner: Actor) -> Vehicle:
    """One more car in the owner's garage, not yet verified."""
    _take_a_place(session, owner.member_id)
    vehicle = Vehicle(member_id=owner.member_id, **form.model_dump())
    session.add(vehicle)
    session.flush()
    _tell_software(session, vehicle)
    audit.record(session, owner, "vehicle.add", "vehicle", vehicle.id)
    return vehicle


def change_vehicle(session: Session, vehicle: Vehicle, form: CarForm, *, by: Actor) -> None:
    """Correct a car. Another model, year or hardware is another car to the brand, so it must be verified anew."""
    sign, software = vehicle.sign, vehicle.software
    for name, value in form.model_dump().items():
        setattr(vehicle, name, value)
    session.add(vehicle)
    session.flush()
    if vehicle.sign != sign:
        # In words of its own: the mark may have been given since this row was read, and then it looks unchanged here.
        session.connection().execute(sa.update(Vehicle).where(col(Vehicle.id) == vehicle.id).values(verified_at=None))
        vehicle.verified_at = None
    if vehicle.software != software:
        _tell_software(session, vehicle)
    audit.record(session, by, "vehicle.change", "vehicle", vehicle.id)


def set_software(session: Session, vehicle: Vehicle, software: str, *, by: Actor) -> None:
    """Note which software the car has, as the brand's own records say; everything else stays."""
    if software == vehicle.software:
        return
    vehicle.software = software
    session.add(vehicle)
    session.flush()
    _tell_software(session, vehicle)
    audit.record(session, by, "vehicle.software", "vehicle", vehicle.id, software=software)


def remove_vehicle(session: Session, vehicle: Vehicle, *, by: Actor) -> None:
    """Take a car out of the garage; posts that name it keep doing so."""
    vehicle.removed_at = clock.now()
    session.add(vehicle)
    audit.record(session, by, "vehicle.remove", "vehicle", vehicle.id)


def restore_vehicle(session: Session, vehicle: Vehicle, *, by: Actor) -> None:
    """Put a removed car back."""
    _take_a_place(session, vehicle.member_id)
    vehicle.removed_at = None
    session.add(vehicle)
    session.flush()
    _tell_software(session, vehicle)
    audit.record(session, by, "vehicle.restore", "vehicle", vehicle.id)


def verify_vehicle(session: Session, vehicle: Vehicle, *, by: Actor, seen: str) -> None:
    """Note that the brand has seen whose car this is. seen: the `sign` of the car that was looked at; CarChanged when
    it has become another one since."""
    if seen != vehicle.sign:
        raise CarChanged(f"vehicle {vehicle.id}")
    if vehicle.verified:
        return
    # The owner may be correcting the car at this moment: only the car that was read here gets the mark.
    statement = (
        sa.update(Vehicle)
        .where(
            col(Vehicle.id) == vehicle.id, col(Vehicle.removed_at).is_(None), col(Vehicle.model) == vehicle.model,
            col(Vehicle.model_year).is_not_distinct_from(vehicle.model_year), col(Vehicle.hardware) == vehicle.hardware,
        )
        .values(verified_at=clock.now())
    )  # fmt: skip
    result: Any = session.connection().execute(statement)
    if result.rowcount != 1:
        raise CarChanged(f"vehicle {vehicle.id} meanwhile")
    session.refresh(vehicle)
    audit.record(session, by, "vehicle.verify", "vehicle", vehicle.id)


def unverify_vehicle(session: Session, vehicle: Vehicle, *, by: Actor) -> None:
    """Take the brand's mark back."""
    if not vehicle.verified:
        return
    vehicle.verified_at = None
    session.add(vehicle)
    audit.record(session, by, "vehicle.unverify", "vehicle", vehicle.id)


def _take_a_place(session: Session, member_id: int) -> None:
    """GarageFull when the garage has no place left; otherwise it is ours until the transaction ends."""
    # Touching the member's row lets one request for this garage pass at a time: two that only counted would both fit.
    touch = sa.update(Member).where(col(Member.id) == member_id).values(created_at=col(Member.created_at))
    session.connection().execute(touch)
    if len(garage(session, member_id)) >= MAX_CARS:
        raise GarageFull()


def _tell_software(session: Session, vehicle: Vehicle) -> None:
    if vehicle.software:
        outbox.publish(session, SoftwareKnown(vehicle_ids=[vehicle.id or 0]))
