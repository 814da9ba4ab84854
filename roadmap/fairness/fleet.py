"""The cars that an announcement is checked against: those in garages now, of the models that it names."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.tables import columns
from cocreate.identity.members.models import Member
from cocreate.identity.vehicles.models import Vehicle
from cocreate.text.names import name_key
from roadmap.fairness.rules import Car, Group, keys_of


def more_cars_than(session: Session, most: int) -> bool:
    """Whether there are more cars than this in garages; looks at no more of them."""
    some = select(Vehicle.id).where(col(Vehicle.removed_at).is_(None)).limit(most + 1).subquery()
    return session.exec(select(sa.func.count()).select_from(some)).one() > most


def cars_for(session: Session, groups: Sequence[Group], *, member_id: int | None = None) -> list[Car]:
    """Cars that may belong to a group or stand beside it; of one member, all of theirs. Who left has no car."""
    statement = (
        columns(
            Vehicle.id, Vehicle.member_id, Vehicle.model, Vehicle.model_year, Vehicle.hardware, Vehicle.region,
            Vehicle.ordered_on, col(Vehicle.verified_at).is_not(None),
        )
        .join(Member, col(Member.id) == Vehicle.member_id)
        .where(col(Vehicle.removed_at).is_(None), col(Member.deleted_at).is_(None))
        .order_by(col(Vehicle.id))
    )  # fmt: skip
    named = keys_of(tuple(model for group in groups for model in group.rule.models))
    if member_id is not None:
        statement = statement.where(Vehicle.member_id == member_id)
    elif named and all(group.rule.models for group in groups):
        spellings = session.exec(select(Vehicle.model).distinct())
        statement = statement.where(col(Vehicle.model).in_([name for name in spellings if name_key(name) in named]))
    return [Car(*row) for row in session.exec(statement)]
