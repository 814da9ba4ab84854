"""The order of a column. The server decides it: two people who move at once both find their item where they put it."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict, Invalid
from cocreate.core.text_marks import N_
from roadmap.boards.models import BoardColumn
from roadmap.items.models import ItemStatus, RoadmapItem

_ORDER = 0x0_0CDE_0C01
"""Key of the advisory lock on the order of all columns."""


class PlaceGone(Conflict):
    code = "place_gone"
    message = N_("The item beside that place has moved meanwhile. Please look at the board again.")


class AnotherKind(Invalid):
    code = "another_kind"
    message = N_(
        "Another column of this kind means another stage: please take the next step, with a sentence to owners."
    )


def lock_order(session: Session) -> None:
    """Hold the order still until the transaction ends; what is read afterwards is the latest commit."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ORDER)))
    else:
        # On SQLite one writer at a time is the lock, and the first write makes this session the writer.
        connection.execute(sa.update(RoadmapItem).where(sa.false()).values(position=0))


def move_item(session: Session, item: RoadmapItem, *, up: bool, by: Actor) -> None:
    """One place up or down in its column; at the end of the column nothing changes."""
    lock_order(session)
    session.refresh(item)
    ids = _order(session, item.status)
    here = ids.index(item.id or 0)
    there = here - 1 if up else here + 1
    if 0 <= there < len(ids):
        ids[here], ids[there] = ids[there], ids[here]
        _renumber(session, ids)
        audit.record(session, by, "item.move", "roadmap_item", item.id, up=up)


def place_item(
    session: Session, item: RoadmapItem, *, by: Actor, before: int | None = None, after: int | None = None,
    column_id: int | None = None
) -> None:  # fmt: skip
    """Put the item before or after another one of its kind, or at the end, and perhaps into another column of that
    kind. PlaceGone when the other one has left; a column of another kind is a step and asks for one."""
    lock_order(session)
    session.refresh(item)
    _check_column(session, item, column_id)
    ids = [item_id for item_id in _order(session, item.status) if item_id != item.id]
    anchor = before or after
    if anchor is None:
        at = len(ids)
    elif anchor in ids:
        at = ids.index(anchor) + (0 if before else 1)
    elif anchor == item.id:
        return
    else:
        raise PlaceGone(f"item {anchor} is not {item.status}")
    ids.insert(at, item.id or 0)
    item.column_id = column_id
    session.add(item)
    session.flush()
    _renumber(session, ids)
    audit.record(session, by, "item.move", "roadmap_item", item.id, before=before, after=after, column=column_id)


def top(session: Session, status: ItemStatus) -> int:
    """A position before all items of the status."""
    lowest = session.exec(select(sa.func.min(RoadmapItem.position)).where(RoadmapItem.status == status)).one()
    return (lowest or 0) - 1


def _check_column(session: Session, item: RoadmapItem, column_id: int | None) -> None:
    if column_id is None:
        return
    column = session.get(BoardColumn, column_id)
    if column is None:
        raise Invalid(f"no column {column_id}", fields={"column": N_("Please choose one of the options.")})
    if column.kind != item.status:
        raise AnotherKind(f"item {item.id} is {item.status}, column {column_id} {column.kind}")


def _order(session: Session, status: ItemStatus) -> list[int]:
    statement = select(RoadmapItem.id).where(RoadmapItem.status == status)
    rows = session.exec(statement.order_by(col(RoadmapItem.position), col(RoadmapItem.id).desc()))
    return [item_id for item_id in rows if item_id is not None]


def _renumber(session: Session, ids: Sequence[int]) -> None:
    # Ids are known to exist: one statement renumbers the column.
    places = sa.case({row_id: place for place, row_id in enumerate(ids)}, value=col(RoadmapItem.id))
    session.connection().execute(
        sa.update(RoadmapItem).where(col(RoadmapItem.id).in_(ids)).values(position=places)
    )  # fmt: skip
    for row in session.identity_map.values():
        if isinstance(row, RoadmapItem) and row.id in ids:
            session.expire(row, ["position"])
