"""Who is who, for pages that show people: ids in, small frozen values out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.actor import STAFF, Role
from cocreate.core.errors import NotFound
from cocreate.core.statements import prepared
from cocreate.core.tables import columns
from cocreate.identity.members.models import Member, MemberRole
from cocreate.web.paging import Listing, after, cut, decode_cursor


@dataclass(frozen=True)
class Person:
    """What a page shows of a member. `role` is the staff role shown as a mark, None for owners."""

    id: int
    name: str
    title: str = ""
    role: Role | None = None


NOBODY = Person(0, "")


@prepared
def _people(*, ids: Sequence[int]) -> Any:
    return (
        columns(Member.id, Member.name, Member.title, MemberRole.role)
        .outerjoin(MemberRole, col(MemberRole.member_id) == Member.id)
        .where(col(Member.id).in_(ids))
    )


def people(session: Session, ids: Iterable[int | None]) -> dict[int, Person]:
    """Persons by id, in one statement; blanked members have an empty name."""
    wanted = {member_id for member_id in ids if member_id is not None}
    if not wanted:
        return {}
    found: dict[int, Person] = {}
    for member_id, name, title, role in _people(session, ids=list(wanted)):
        known = found.get(member_id or 0)
        shown = role if role in STAFF else (known.role if known else None)
        found[member_id or 0] = Person(member_id or 0, name, title, shown)
    return found


def staff(session: Session, *roles: Role) -> list[Person]:
    """Everybody who holds one of these roles, by name; for choosing an assignee."""
    statement = (
        columns(Member.id, Member.name, Member.title, MemberRole.role)
        .join(MemberRole, col(MemberRole.member_id) == Member.id)
        .where(col(MemberRole.role).in_(roles), col(Member.deleted_at).is_(None))
        .order_by(Member.name)
    )
    seen: dict[int, Person] = {}
    for member_id, name, title, role in session.exec(statement):
        seen.setdefault(member_id or 0, Person(member_id or 0, name, title, role))
    return list(seen.values())


def get_member(session: Session, member_id: int) -> Member:
    """The member; NotFound when there is none."""
    member = session.get(Member, member_id)
    if member is None:
        raise NotFound(f"member {member_id}")
    return member


def find_by_email(session: Session, email: str) -> Member | None:
    statement = select(Member).where(Member.email == email.strip().casefold(), col(Member.deleted_at).is_(None))
    return session.exec(statement).first()


@dataclass(frozen=True)
class MemberRow:
    """A line of the members' list."""

    id: int
    name: str
    email: str | None
    title: str
    created_at: datetime
    suspended_at: datetime | None
    roles: tuple[Role, ...] = field(default=())


def search_members(
    session: Session,
    text: str = "",
    *,
    role: Role | None = None,
    suspended: bool = False,
    with_email: bool = False,
    cursor: str | None = None,
    limit: int = 30,
) -> Listing[MemberRow]:
    """A page of members whose name or, `with_email`, address holds the text, newest first; two statements."""
    statement = columns(
        Member.id, Member.name, Member.email, Member.title, Member.created_at, Member.suspended_at
    ).where(col(Member.deleted_at).is_(None))
    if wanted := text.strip():
        name = col(Member.name).icontains(wanted, autoescape=True)
        address = col(Member.email).icontains(wanted, autoescape=True)
        statement = statement.where(sa.or_(name, address) if with_email else name)
    if role is not None:
        statement = statement.where(col(Member.id).in_(select(MemberRole.member_id).where(MemberRole.role == role)))
    if suspended:
        statement = statement.where(col(Member.suspended_at).is_not(None))
    if cursor:
        statement = statement.where(after([col(Member.id)], decode_cursor(cursor, 1)))
    rows = session.exec(statement.order_by(col(Member.id).desc()).limit(limit + 1)).all()
    held = roles_of(session, [row[0] for row in rows])
    found = [
        MemberRow(row[0], row[1], row[2] if with_email else None, row[3], row[4], row[5], held.get(row[0], ()))
        for row in rows
    ]
    return cut(found, limit, lambda row: [row.id])


def roles_of(session: Session, ids: Iterable[int]) -> dict[int, tuple[Role, ...]]:
    """Roles by member, beside being a member; members without any are left out."""
    statement = columns(MemberRole.member_id, MemberRole.role).where(col(MemberRole.member_id).in_(set(ids)))
    held: dict[int, tuple[Role, ...]] = {}
    order = list(Role)
    for member_id, role in session.exec(statement):
        held[member_id] = tuple(sorted((*held.get(member_id, ()), role), key=order.index))
    return held
