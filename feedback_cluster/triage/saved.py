"""Filters of the queue kept under a name, one's own or shared with everybody of the brand; and who wants no keys."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from cocreate.core.actor import Actor
from cocreate.core.db import insert_once
from cocreate.core.errors import Invalid, NotFound
from cocreate.core.text_marks import N_
from feedback_cluster.triage.models import KeysOff, SavedFilter
from feedback_cluster.triage.place import as_words
from feedback_cluster.triage.queries import Filters

LONGEST = 40


class NoFilterName(Invalid):
    code = "no_filter_name"
    message = N_("A filter needs a name, at most 40 characters.")


@dataclass(frozen=True)
class Kept:
    """A saved filter beside the queue."""

    id: int
    name: str
    query: dict[str, Any]
    mine: bool
    shared: bool


def clean_name(name: str) -> str:
    """The name without needless blanks; NoFilterName when nothing or too much is left."""
    given = " ".join(name.split())
    if not given or len(given) > LONGEST:
        raise NoFilterName(fields={"name": NoFilterName.message})
    return given


def save(session: Session, name: str, filters: Filters, shared: bool = False, *, by: Actor) -> SavedFilter:
    """Keep these filters under a name; the same name again says what it means from now on."""
    given = clean_name(name)
    insert_once(session, SavedFilter(member_id=by.member_id, name=given))
    row = session.exec(_own(given, by)).one()
    row.query, row.shared = as_words(filters.as_query()), shared
    session.add(row)
    session.flush()
    return row


def put_back(session: Session, name: str, filters: Filters | None, shared: bool, *, by: Actor) -> SavedFilter | None:
    """Let the name mean what it meant before; filters None: nothing, as when it had not been saved yet."""
    if filters is not None:
        return save(session, name, filters, shared, by=by)
    row = find_own(session, clean_name(name), by=by)
    if row is not None:
        delete(session, row)
    return None


def find_own(session: Session, name: str, *, by: Actor) -> SavedFilter | None:
    """The reader's own filter of this name."""
    return session.exec(_own(name, by)).first()


def _own(name: str, by: Actor) -> SelectOfScalar[SavedFilter]:
    return select(SavedFilter).where(SavedFilter.member_id == by.member_id, SavedFilter.name == name)


def get_own(session: Session, filter_id: int, *, by: Actor) -> SavedFilter:
    """The reader's own saved filter; NotFound for one of others."""
    row = session.get(SavedFilter, filter_id)
    if row is None or row.member_id != by.member_id:
        raise NotFound(f"filter {filter_id}")
    return row


def delete(session: Session, row: SavedFilter) -> None:
    """Forget it; saving it again brings it back."""
    session.delete(row)
    session.flush()


def share(session: Session, row: SavedFilter, shared: bool) -> None:
    """Show it to everybody of the brand, or to its owner alone."""
    row.shared = shared
    session.add(row)


def kept_for(session: Session, member_id: int) -> list[Kept]:
    """The reader's own filters and those that others share, by name."""
    statement = (
        select(SavedFilter)
        .where(sa.or_(col(SavedFilter.member_id) == member_id, col(SavedFilter.shared)))
        .order_by(col(SavedFilter.name), col(SavedFilter.id))
    )
    return [
        Kept(row.id or 0, row.name, row.query, row.member_id == member_id, row.shared)
        for row in session.exec(statement)
    ]


def keys_on(session: Session, member_id: int) -> bool:
    """Whether single letters act for this member."""
    return session.get(KeysOff, member_id) is None


def set_keys(session: Session, on: bool, *, by: Actor) -> None:
    """Remember whether single letters act for this member."""
    if on:
        session.connection().execute(sa.delete(KeysOff).where(col(KeysOff.member_id) == by.member_id))
    else:
        insert_once(session, KeysOff(member_id=by.member_id))
