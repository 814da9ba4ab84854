"""Cars come, change, go, and are verified by the brand."""

from sqlmodel import Session

from cocreate.core import audit, clock
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict
from cocreate.core.text_marks import N_
from cocreate.identity.vehicles.forms import CarForm
from cocreate.identity.vehicles.models import Vehicle
from cocreate.identity.vehicles.queries import garage

MAX_CARS = 10


class GarageFull(Conflict):
    code = "garage_full"
    message = N_("Ten cars are the most that a garage holds here. Remove one you no longer drive first.")


def add_vehicle(session: Session, form: CarForm, *, owner: Actor) -> Vehicle:
    """One more car in the owner's garage, not yet verified."""
    if len(garage(session, owner.member_id)) >= MAX_CARS:
        raise GarageFull()
    vehicle = Vehicle(member_id=owner.member_id, **form.model_dump())
    session.add(vehicle)
    session.flush()
    audit.record(session, owner, "vehicle.add", "vehicle", vehicle.id)
    return vehicle


def change_vehicle(session: Session, vehicle: Vehicle, form: CarForm, *, by: Actor) -> None:
    """Correct a car. Another model, year or hardware is another car to the brand, so it must be verified anew."""
    before = (vehicle.model, vehicle.model_year, vehicle.hardware)
    for name, value in form.model_dump().items():
        setattr(vehicle, name, value)
    if before != (vehicle.model, vehicle.model_year, vehicle.hardware):
        vehicle.verified_at = None
    session.add(vehicle)
    audit.record(session, by, "vehicle.change", "vehicle", vehicle.id)


def remove_vehicle(session: Session, vehicle: Vehicle, *, by: Actor) -> None:
    """Take a car out of the garage; posts that name it keep doing so."""
    vehicle.removed_at = clock.now()
    session.add(vehicle)
    audit.record(session, by, "vehicle.remove", "vehicle", vehicle.id)


def restore_vehicle(session: Session, vehicle: Vehicle, *, by: Actor) -> None:
    """Put a removed car back."""
    if len(garage(session, vehicle.member_id)) >= MAX_CARS:
        raise GarageFull()
    vehicle.removed_at = None
    session.add(vehicle)
    audit.record(session, by, "vehicle.restore", "vehicle", vehicle.id)


def verify_vehicle(session: Session, vehicle: Vehicle, *, by: Actor, verified: bool = True) -> None:
    """Note that the brand has seen whose car this is, or take that back."""
    if verified == vehicle.verified:
        return
    vehicle.verified_at = clock.now() if verified else None
    session.add(vehicle)
    audit.record(session, by, "vehicle.verify" if verified else "vehicle.unverify", "vehicle", vehicle.id)
