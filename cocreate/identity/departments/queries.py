"""Who works where and who leads: ids and names for the rooms above."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.actor import STAFF, Role
from cocreate.core.errors import NotFound
from cocreate.core.tables import columns
from cocreate.identity.departments.models import Department, DepartmentMember
from cocreate.identity.members.models import Member, MemberRole


@dataclass(frozen=True)
class DepartmentRef:
    """An open department, for choosing one."""

    id: int
    name: str
    head_id: int | None
    leadership: bool = False


@dataclass(frozen=True)
class DepartmentRow:
    """A line of the departments' list; `people` counts its head and its members once each."""

    id: int
    name: str
    head_id: int | None
    leadership: bool
    closed_at: datetime | None
    people: int


def departments(session: Session) -> list[DepartmentRef]:
    """All open departments, by name."""
    statement = (
        columns(Department.id, Department.name, Department.head_id, Department.leadership)
        .where(col(Department.closed_at).is_(None))
        .order_by(Department.name)
    )
    return [DepartmentRef(*row) for row in session.exec(statement)]


def refs(session: Session, ids: Iterable[int | None]) -> dict[int, DepartmentRef]:
    """Departments by id, closed ones too, for pages that name them."""
    wanted = {department_id for department_id in ids if department_id is not None}
    if not wanted:
        return {}
    statement = columns(Department.id, Department.name, Department.head_id, Department.leadership).where(
        col(Department.id).in_(wanted)
    )
    return {row[0]: DepartmentRef(*row) for row in session.exec(statement)}


def get_department(session: Session, department_id: int) -> Department:
    """The department; NotFound when there is none."""
    department = session.get(Department, department_id)
    if department is None:
        raise NotFound(f"department {department_id}")
    return department


def all_departments(session: Session) -> list[DepartmentRow]:
    """Every department, open ones first, by name; two statements."""
    people = _people_of(session)
    statement = select(Department).order_by(
        sa.case((col(Department.closed_at).is_(None), 0), else_=1), col(Department.name)
    )
    return [
        DepartmentRow(
            found.id or 0, found.name, found.head_id, found.leadership, found.closed_at,
            len(people.get(found.id or 0, set()) | ({found.head_id} if found.head_id else set())),
        )
        for found in session.exec(statement)
    ]  # fmt: skip


def _people_of(session: Session) -> dict[int, set[int | None]]:
    found: dict[int, set[int | None]] = {}
    for department_id, member_id in session.exec(columns(DepartmentMember.department_id, DepartmentMember.member_id)):
        found.setdefault(department_id, set()).add(member_id)
    return found


def members_of(session: Session, department_id: int) -> list[int]:
    """Ids of those who work in the department and can sign in; the head is not added."""
    statement = (
        select(DepartmentMember.member_id)
        .join(Member, col(Member.id) == DepartmentMember.member_id)
        .where(DepartmentMember.department_id == department_id, *_here())
        .order_by(col(DepartmentMember.member_id))
    )
    return list(session.exec(statement))


def departments_of(session: Session, member_id: int) -> list[int]:
    """Ids of the open departments that somebody heads or works in, ascending."""
    working = select(DepartmentMember.department_id).where(DepartmentMember.member_id == member_id)
    statement = (
        select(Department.id)
        .where(
            col(Department.closed_at).is_(None),
            sa.or_(col(Department.head_id) == member_id, col(Department.id).in_(working)),
        )
        .order_by(col(Department.id))
    )
    return [found for found in session.exec(statement) if found is not None]


def leads(session: Session) -> list[int]:
    """Ids of the brand's leadership, ascending: heads and members of departments marked so; without any, the admins.
    Whoever lost their role is of the leadership no more."""
    chosen = sa.and_(col(Department.leadership), col(Department.closed_at).is_(None))
    heads = select(Department.head_id).where(chosen, col(Department.head_id).is_not(None))
    working = (
        select(DepartmentMember.member_id)
        .join(Department, col(Department.id) == DepartmentMember.department_id)
        .where(chosen)
    )
    named = select(Member.id).where(
        sa.or_(col(Member.id).in_(heads), col(Member.id).in_(working)), col(Member.id).in_(_brand()), *_here()
    )
    found = sorted(member_id for member_id in session.exec(named) if member_id is not None)
    if found:
        return found
    admins = (
        select(MemberRole.member_id)
        .join(Member, col(Member.id) == MemberRole.member_id)
        .where(MemberRole.role == Role.ADMIN, *_here())
    )
    return sorted(session.exec(admins))


def at_work(session: Session, member_ids: Iterable[int | None]) -> list[int]:
    """Those of the members who are of the brand and can sign in, ascending: whom to tell what staff alone may read."""
    wanted = {member_id for member_id in member_ids if member_id is not None}
    statement = columns(Member.id).where(col(Member.id).in_(wanted), col(Member.id).in_(_brand()), *_here())
    return sorted(session.exec(statement)) if wanted else []


def _brand() -> Any:
    return select(MemberRole.member_id).where(col(MemberRole.role).in_(STAFF))


def _here() -> tuple[sa.ColumnElement[bool], ...]:
    return col(Member.deleted_at).is_(None), col(Member.suspended_at).is_(None)
