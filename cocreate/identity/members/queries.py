"""Who is who, for pages that show people: ids in, small frozen values out."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from cocreate.core.actor import STAFF, Role
from cocreate.core.errors import NotFound
from cocreate.core.tables import columns
from cocreate.identity.members.models import Member, MemberRole


@dataclass(frozen=True)
class Person:
    """What a page shows of a member. `role` is the staff role shown as a mark, None for owners."""

    id: int
    name: str
    title: str = ""
    role: Role | None = None


NOBODY = Person(0, "")


def people(session: Session, ids: Iterable[int | None]) -> dict[int, Person]:
    """Persons by id, in one statement; blanked members have an empty name."""
    wanted = {member_id for member_id in ids if member_id is not None}
    if not wanted:
        return {}
    statement = (
        columns(Member.id, Member.name, Member.title, MemberRole.role)
        .outerjoin(MemberRole, col(MemberRole.member_id) == Member.id)
        .where(col(Member.id).in_(wanted))
    )
    found: dict[int, Person] = {}
    for member_id, name, title, role in session.exec(statement):
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
