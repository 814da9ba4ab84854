"""Which car has which release: noted once, when its software is first known to be at or above the version."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from cocreate.core import clock, outbox
from cocreate.core.runtime import Runtime
from cocreate.identity.events import SoftwareKnown
from cocreate.identity.vehicles.models import Vehicle
from roadmap.applicability.models import CarRelease
from roadmap.applicability.rules import VerdictKind
from roadmap.applicability.service import Car, car_facts, release_verdicts
from roadmap.events import CarReceived
from roadmap.releases.models import Release

NOTE_JOB = "roadmap.note_to_owners"
CHUNK = 500
RECENT = timedelta(days=180)
"""A car that comes into the garage with new software has all older versions too; only what is this fresh is told."""


def note_software(session: Session, event: SoftwareKnown) -> None:
    """Note which releases these cars have by now."""
    _receive(session, _out(session), car_facts(session, event.vehicle_ids))


def find_receivers(runtime: Runtime, release_id: int) -> None:
    """Note all cars that had the release's version before it was written down here, in chunks others can pass."""
    last = 0
    while True:
        with runtime.database.write() as session:
            ids = _with_software(session, last)
            _receive(session, [release_id], car_facts(session, ids))
        if len(ids) < CHUNK:
            return
        last = ids[-1]


def _with_software(session: Session, after: int) -> list[int]:
    statement = (
        select(Vehicle.id)
        .where(col(Vehicle.id) > after, Vehicle.software != "", col(Vehicle.removed_at).is_(None))
        .order_by(col(Vehicle.id))
        .limit(CHUNK)
    )
    return [vehicle_id for vehicle_id in session.exec(statement) if vehicle_id is not None]


def _out(session: Session) -> list[int]:
    statement = select(Release.id).where(col(Release.public), col(Release.released_at) <= clock.now())
    return [release_id for release_id in session.exec(statement) if release_id is not None]


def _receive(session: Session, release_ids: Sequence[int], cars: Sequence[Car]) -> None:
    told = release_verdicts(session, release_ids, cars)
    pairs = {(car, release) for (release, car), verdict in told.items() if verdict.kind is VerdictKind.HAS}
    if not pairs:
        return
    known = select(CarRelease.vehicle_id, CarRelease.release_id).where(
        col(CarRelease.vehicle_id).in_({car for car, _ in pairs})
    )
    new = write_receipts(session, sorted(pairs - set(session.exec(known).all())))
    fresh = _fresh(session, {release_id for _, release_id in new})
    owners = {car.id: car.member_id for car in cars}
    told_of: dict[int, set[int]] = defaultdict(set)
    for vehicle_id, release_id in new:
        if release_id in fresh:
            event = CarReceived(vehicle_id=vehicle_id, member_id=owners[vehicle_id], release_id=release_id)
            outbox.publish(session, event)
            told_of[release_id].add(owners[vehicle_id])
    # One job for all of a fleet list: who stands behind a release is looked up once, not for each car.
    for release_id, members in sorted(told_of.items()):
        outbox.enqueue(session, NOTE_JOB, release_id=release_id, member_ids=sorted(members))


def write_receipts(session: Session, pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those of the pairs that nobody else wrote meanwhile: the key decides, not the look before."""
    written: list[tuple[int, int]] = []
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    for start in range(0, len(pairs), CHUNK):
        rows = [
            {"vehicle_id": vehicle_id, "release_id": release_id, "at": clock.now()}
            for vehicle_id, release_id in pairs[start : start + CHUNK]
        ]
        table: Any = CarRelease.__table__  # type: ignore[attr-defined]
        statement: Any = dialect.insert(table).on_conflict_do_nothing()
        returned = session.connection().execute(
            statement.values(rows).returning(table.c.vehicle_id, table.c.release_id)
        )
        written += sorted((row[0], row[1]) for row in returned)
    return written


def _fresh(session: Session, release_ids: Iterable[int]) -> set[int]:
    wanted = list(release_ids)
    if not wanted:
        return set()
    statement = select(Release.id).where(col(Release.id).in_(wanted), col(Release.released_at) > clock.now() - RECENT)
    return {release_id for release_id in session.exec(statement) if release_id is not None}
