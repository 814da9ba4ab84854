"""Cars from files: what the brand's fleet list knows of them, above all which software they have.

Whose car a row is: the owner's e-mail address. Which car: the id that the fleet list gives it, or else the only car of
that model and year in the owner's garage. A row never takes anything away: an empty cell leaves what is known.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.audit import AuditEntry
from cocreate.core.text_marks import N_
from cocreate.exchange import values
from cocreate.exchange.table import (
    BATCH,
    Field,
    Kept,
    Options,
    Outcome,
    PlannedRow,
    RowError,
    SourceRow,
    UndoStep,
    plan_once,
)
from cocreate.identity.events import SoftwareKnown
from cocreate.identity.members.models import Member
from cocreate.identity.members.service import normal_email
from cocreate.identity.vehicles.models import Vehicle
from cocreate.identity.vehicles.service import MAX_CARS

FIELDS = (
    Field("email", N_("E-mail of the owner"), ("邮箱", "车主邮箱", "电子邮箱", "e-mail", "mail", "owner"), text=True),
    Field("external_id", N_("Id in the fleet list"), ("编号", "车辆编号", "序号", "id", "car id", "number")),
    Field("model", N_("Model"), ("车型", "车系", "series", "vehicle")),
    Field("model_year", N_("Model year"), ("年款", "年份", "year")),
    Field("hardware", N_("Hardware"), ("硬件", "硬件版本", "平台", "hw")),
    Field("software", N_("Software"), ("软件", "软件版本", "系统版本", "ota", "version", "sw")),
    Field("region", N_("Region"), ("地区", "省份", "城市", "province", "city")),
    Field("ordered_on", N_("Ordered on"), ("下定日期", "订单日期", "下单日期", "order date", "ordered")),
    Field("verified", N_("Verified"), ("已认证", "认证", "verified owner")),
)  # fmt: skip
_YES = {"1", "yes", "y", "true", "是", "已认证", "√", "✓"}
_NO = {"0", "no", "n", "false", "否", "未认证", "-", "×"}
NO_ACCOUNT = N_("There is no account with this e-mail address.")
NO_CAR = N_("The owner has no car of this kind, and the row does not say enough to add one.")
MANY_CARS = N_("The owner has several cars of this kind: only an id tells them apart.")
FULL = N_("The owner's garage is full.")
CHANGED = N_("The owner has changed it since.")


@dataclass(frozen=True)
class Row:
    """A row of a fleet list. Texts that are empty were not said."""

    email: str
    external_id: str
    model: str
    model_year: int | None
    hardware: str
    software: str
    region: str
    verified: bool | None
    ordered_on: date | None = None


class VehicleTable:
    """The garage's side of import."""

    name = "vehicles"
    label = N_("Cars")
    fields = FIELDS
    link = ("show_owner", "vehicle_id")

    def plan(self, rows: Iterable[SourceRow], options: Options) -> Iterator[PlannedRow | RowError]:
        """Cars in the order of the file; a second row with the same id is refused."""
        return plan_once(rows, lambda row: _read(row, options.zone), lambda read: read.external_id)

    def preview(self, row: PlannedRow, options: Options) -> Mapping[str, str]:
        read: Row = row.data
        return {
            "email": read.email, "external_id": read.external_id, "model": read.model,
            "model_year": str(read.model_year or ""), "hardware": read.hardware, "software": read.software,
            "region": read.region, "verified": {True: "✓", False: "-", None: ""}[read.verified],
            "ordered_on": read.ordered_on.isoformat() if read.ordered_on else "",
        }  # fmt: skip

    def compare(self, session: Session, rows: Sequence[PlannedRow], options: Options) -> Outcome:
        return self._all(session, rows, import_id=None)

    def write(self, session: Session, import_id: int, rows: Sequence[PlannedRow], options: Options) -> Outcome:
        return self._all(session, rows, import_id=import_id)

    def _all(self, session: Session, rows: Sequence[PlannedRow], *, import_id: int | None) -> Outcome:
        outcome, garages = Outcome(), _Garages(session, [row.data for row in rows])
        told: list[Vehicle] = []
        for planned in rows:
            row: Row = planned.data
            found = garages.find(row)
            if isinstance(found, str):
                outcome.errors.append(RowError(planned.number, planned.line, found))
                continue
            changes = _changes(found, row)
            if found.id is not None and not changes:
                outcome.skipped += 1
                continue
            outcome.added += found.id is None
            outcome.updated += found.id is not None
            if import_id is None:
                garages.keep(found)
                continue
            if found.id is None:
                found.import_id = import_id
            for name, value in changes.items():
                setattr(found, name, value)
            session.add(found)
            garages.keep(found)
            if found.software and "software" in changes:
                told.append(found)
        if import_id is not None:
            session.flush()
            if told:
                outbox.publish(session, SoftwareKnown(vehicle_ids=sorted(car.id or 0 for car in told)))
        return outcome

    def undo(self, session: Session, import_id: int, after_id: int) -> UndoStep:
        """Take the cars that this import added out of their garages, but for those that their owners have touched."""
        statement = (
            select(Vehicle)
            .where(Vehicle.import_id == import_id, col(Vehicle.removed_at).is_(None), col(Vehicle.id) > after_id)
            .order_by(col(Vehicle.id))
            .limit(BATCH)
        )
        cars = list(session.exec(statement))
        touched = _touched(session, [car.id or 0 for car in cars])
        free = [car.id or 0 for car in cars if car.id not in touched]
        if free:
            gone = sa.update(Vehicle).where(col(Vehicle.id).in_(free))
            session.connection().execute(gone.values(removed_at=clock.now(), external_id=None))
        kept = [Kept(car.id or 0, CHANGED) for car in cars if car.id in touched]
        return UndoStep(len(free), kept, cars[-1].id if len(cars) == BATCH else None)

    def titles(self, session: Session, actor: Actor, ids: Sequence[int]) -> Mapping[int, str]:
        found = session.exec(select(Vehicle).where(col(Vehicle.id).in_(list(ids))))
        return {car.id or 0: f"{car.model} {car.model_year or ''}".strip() for car in found}


vehicles = VehicleTable()


def _read(row: SourceRow, zone: ZoneInfo) -> Row:
    def text(name: str, most: int) -> str:
        value = " ".join(row.one(name).split())
        if len(value) > most:
            raise values.BadValue(N_("“%(value)s” is too long."), value=value[:40])
        return value

    email = normal_email(text("email", 254))
    if "@" not in email:
        raise values.BadValue(N_("Each row needs the e-mail address of the car's owner."))
    year, verified, ordered = row.one("model_year"), row.one("verified").casefold(), row.one("ordered_on")
    if verified and verified not in _YES | _NO:
        raise values.BadValue(N_("“%(value)s” is neither yes nor no."), value=verified[:40])
    return Row(
        email=email, external_id=text("external_id", 80), model=text("model", 60),
        model_year=values.whole_number(year.removesuffix("款"), least=1950, most=2100) if year else None,
        hardware=text("hardware", 60), software=text("software", 40), region=text("region", 40),
        verified=verified in _YES if verified else None,
        ordered_on=values.moment(ordered, zone).astimezone(zone).date() if ordered else None,
    )  # fmt: skip


class _Garages:
    """The garages of one batch's owners, read once."""

    def __init__(self, session: Session, rows: Sequence[Row]) -> None:
        emails, ids = {row.email for row in rows}, {row.external_id for row in rows if row.external_id}
        statement = select(Member.email, Member.id).where(col(Member.email).in_(emails))
        self.owners = {email: member_id for email, member_id in session.exec(statement) if member_id is not None}
        wanted = col(Vehicle.member_id).in_(self.owners.values()) | col(Vehicle.external_id).in_(ids)
        cars = session.exec(select(Vehicle).where(wanted).order_by(col(Vehicle.id)))
        self.cars: dict[int, list[Vehicle]] = {member_id: [] for member_id in self.owners.values()}
        self.by_id: dict[str, Vehicle] = {}
        for car in cars:
            self.keep(car)

    def keep(self, car: Vehicle) -> None:
        if car.external_id:
            self.by_id[car.external_id] = car
        standing = self.cars.setdefault(car.member_id, [])
        if car.removed_at is None and not any(car is other for other in standing):
            standing.append(car)

    def find(self, row: Row) -> Vehicle | str:
        """The car that the row means, a new one, or why there is none (msgid)."""
        owner = self.owners.get(row.email)
        if owner is None:
            return NO_ACCOUNT
        known = self.by_id.get(row.external_id)
        if known is not None:
            standing = known.member_id == owner and known.removed_at is None
            return known if standing else CHANGED
        alike = [
            car
            for car in self.cars[owner]
            if car.model == row.model and not car.external_id and row.model_year in (None, car.model_year)
        ]
        if alike:
            return alike[0] if len(alike) == 1 else MANY_CARS
        return self._new(row, owner)

    def _new(self, row: Row, owner: int) -> Vehicle | str:
        if not row.model:
            return NO_CAR
        if len(self.cars[owner]) >= MAX_CARS:
            return FULL
        return Vehicle(member_id=owner, model=row.model, model_year=row.model_year)


def _changes(car: Vehicle, row: Row) -> dict[str, Any]:
    """What the row says of the car that is not known yet."""
    said = {
        "external_id": row.external_id, "model": row.model, "model_year": row.model_year, "hardware": row.hardware,
        "software": row.software, "region": row.region, "ordered_on": row.ordered_on,
    }  # fmt: skip
    changes: dict[str, Any] = {name: value for name, value in said.items() if value and value != getattr(car, name)}
    if row.verified is not None and row.verified != car.verified:
        changes["verified_at"] = clock.now() if row.verified else None
    return changes


def _touched(session: Session, vehicle_ids: Sequence[int]) -> set[int]:
    """Cars at which somebody has done something by hand since."""
    statement = select(AuditEntry.subject_id).where(
        AuditEntry.subject_kind == "vehicle", col(AuditEntry.subject_id).in_(vehicle_ids)
    )
    return {vehicle_id for vehicle_id in session.exec(statement) if vehicle_id is not None}
