"""Cars, for garages and for the lines beneath a name."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.errors import NotFound
from cocreate.core.statements import prepared
from cocreate.core.tables import columns
from cocreate.identity.vehicles.models import Vehicle


@dataclass(frozen=True)
class CarRef:
    """What a page shows of a car."""

    id: int
    model: str
    year: int | None = None
    software: str = ""
    verified: bool = False


def garage(session: Session, member_id: int) -> list[Vehicle]:
    """The member's cars, oldest entry first; removed ones are left out."""
    return list(_garage(session, member_id=member_id))


@prepared
def _garage(*, member_id: int) -> Any:
    return (
        select(Vehicle)
        .where(Vehicle.member_id == member_id, col(Vehicle.removed_at).is_(None))
        .order_by(col(Vehicle.id))
    )


def cars(session: Session, ids: Iterable[int | None]) -> dict[int, CarRef]:
    """Cars by id, in one statement; removed ones too, because posts still name them."""
    wanted = {vehicle_id for vehicle_id in ids if vehicle_id is not None}
    if not wanted:
        return {}
    statement = columns(Vehicle.id, Vehicle.model, Vehicle.model_year, Vehicle.software, Vehicle.verified_at).where(
        col(Vehicle.id).in_(wanted)
    )
    return {row[0]: CarRef(row[0], row[1], row[2], row[3], row[4] is not None) for row in session.exec(statement)}


def get_vehicle(session: Session, vehicle_id: int, *, member_id: int | None = None) -> Vehicle:
    """The car, if it is still in its garage and, when given, in this member's; else NotFound."""
    vehicle = session.get(Vehicle, vehicle_id)
    if vehicle is None or vehicle.removed_at is not None or member_id not in (None, vehicle.member_id):
        raise NotFound(f"vehicle {vehicle_id}")
    return vehicle


@dataclass(frozen=True)
class FleetPart:
    """So many cars of one model, year and region stand in garages."""

    model: str
    year: int | None
    region: str
    cars: int


def fleet(session: Session) -> list[FleetPart]:
    """All cars in garages, counted by model, year and region."""
    kind = (col(Vehicle.model), col(Vehicle.model_year), col(Vehicle.region))
    statement = columns(*kind, sa.func.count()).where(col(Vehicle.removed_at).is_(None)).group_by(*kind).order_by(*kind)
    return [FleetPart(*row) for row in session.exec(statement)]


def verified_cars() -> Any:
    """Ids of the cars that the brand has verified and that are still in a garage, as a subquery."""
    return select(Vehicle.id).where(col(Vehicle.verified_at).is_not(None), col(Vehicle.removed_at).is_(None))


def known_models(session: Session, limit: int = 40) -> list[str]:
    """Models that stand in garages, most frequent first; suggestions for who adds a car."""
    statement = (
        select(Vehicle.model)
        .where(col(Vehicle.removed_at).is_(None))
        .group_by(Vehicle.model)
        .order_by(sa.func.count().desc(), Vehicle.model)
        .limit(limit)
    )
    return list(session.exec(statement))
