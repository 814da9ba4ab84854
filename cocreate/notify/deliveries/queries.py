"""What was meant for whom, and what became of it: for staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.errors import NotFound
from cocreate.core.tables import columns
from cocreate.identity.members.models import Member
from cocreate.notify.deliveries.models import Channel, Delivery, DeliveryStep, State
from cocreate.notify.robots.models import Robot
from cocreate.web.paging import Listing, after, cut, decode_cursor


@dataclass(frozen=True)
class Filter:
    """Which deliveries a page shows; None is all."""

    channel: Channel | None = None
    state: State | None = None
    member: int | None = None
    topic: str = ""
    notice: str = ""


@dataclass(frozen=True)
class Receiver:
    """Whom a delivery is for, as staff may see it: a name, and an address of which only the ends are shown."""

    name: str
    address: str = ""


def deliveries(session: Session, wanted: Filter, *, cursor: str | None = None, limit: int = 50) -> Listing[Delivery]:
    """A page of the log, newest first."""
    statement = _where(select(Delivery), wanted)
    if cursor:
        statement = statement.where(after([col(Delivery.id)], decode_cursor(cursor, 1)))
    rows = session.exec(statement.order_by(col(Delivery.id).desc()).limit(limit + 1)).all()
    return cut(rows, limit, lambda row: [row.id])


def _where(statement, wanted: Filter):  # type: ignore[no-untyped-def]
    for column, value in (
        (Delivery.channel, wanted.channel), (Delivery.state, wanted.state), (Delivery.member_id, wanted.member),
        (Delivery.topic, wanted.topic or None), (Delivery.notice, wanted.notice or None),
    ):  # fmt: skip
        if value is not None:
            statement = statement.where(column == value)
    if wanted.channel == Channel.ROBOT:
        # The same once more: what robots say is little among millions of letters, and has an index of its own.
        statement = statement.where(col(Delivery.robot_id).is_not(None))
    return statement


def tallies(session: Session, *, days: int = 7) -> dict[tuple[Channel, State], int]:
    """How many deliveries of the last days stand where, by channel."""
    since = clock.now() - timedelta(days=days)
    statement = (
        columns(Delivery.channel, Delivery.state, sa.func.count())
        .where(col(Delivery.created_at) > since)
        .group_by(col(Delivery.channel), col(Delivery.state))
    )
    return {(channel, state): count for channel, state, count in session.exec(statement)}


def receivers(session: Session, rows: Sequence[Delivery]) -> dict[int, Receiver]:
    """Whom each of these is for, by delivery; two statements."""
    members = {row.member_id for row in rows if row.member_id is not None}
    robots = {row.robot_id for row in rows if row.robot_id is not None}
    people = {
        row[0]: Receiver(row[1], masked(row[2] or ""))
        for row in session.exec(columns(Member.id, Member.name, Member.email).where(col(Member.id).in_(members)))
    }
    groups = {
        row[0]: Receiver(row[1]) for row in session.exec(columns(Robot.id, Robot.name).where(col(Robot.id).in_(robots)))
    }
    found = {}
    for row in rows:
        one = people.get(row.member_id) if row.member_id is not None else groups.get(row.robot_id)
        found[row.id or 0] = one or Receiver("")
    return found


def masked(address: str) -> str:
    """An address of which only the first letter and the end of the domain can be read."""
    name, _, host = address.partition("@")
    return f"{name[:1]}…@…{host[host.rfind('.') :]}" if host else ""


def get_delivery(session: Session, delivery_id: int) -> Delivery:
    """The delivery; NotFound when there is none."""
    row = session.get(Delivery, delivery_id)
    if row is None:
        raise NotFound(f"delivery {delivery_id}")
    return row


def steps(session: Session, delivery_id: int) -> list[DeliveryStep]:
    """What happened to it after it was planned, oldest first."""
    statement = select(DeliveryStep).where(DeliveryStep.delivery_id == delivery_id)
    return list(session.exec(statement.order_by(col(DeliveryStep.id))))
