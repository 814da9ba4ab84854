"""Departments: opened, changed, closed."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from cocreate.core import audit, clock
from cocreate.core.actor import STAFF, Actor
from cocreate.core.db import insert_many_once
from cocreate.core.errors import Conflict, Invalid
from cocreate.core.text_marks import N_
from cocreate.identity.departments.models import Department, DepartmentMember
from cocreate.identity.events import MemberLeft
from cocreate.identity.members.models import Member, MemberRole


class DepartmentNameTaken(Conflict):
    code = "department_name_taken"
    message = N_("There is a department with this name already.")


class NoSuchDepartment(Invalid):
    code = "no_such_department"
    message = N_("There is no such department, or it is closed.")


class NotStaff(Invalid):
    code = "not_staff"
    message = N_("Only staff can head a department or work in one.")


def open_department(
    session: Session, name: str, *, by: Actor, head_id: int | None = None, leadership: bool = False
) -> Department:
    """A new department; DepartmentNameTaken when one has this name, be it closed."""
    _check_staff(session, [head_id] if head_id else [])
    _check_name(session, name)
    department = Department(name=name, head_id=head_id, leadership=leadership)
    session.add(department)
    _flush(session)
    audit.record(session, by, "department.open", "department", department.id)
    return department


def change_department(
    session: Session,
    department: Department,
    *,
    name: str,
    head_id: int | None,
    leadership: bool,
    member_ids: Iterable[int],
    by: Actor,
) -> None:
    """Make the department have exactly this name, head and members."""
    wanted = set(member_ids)
    held = set(session.exec(select(DepartmentMember.member_id).where(DepartmentMember.department_id == department.id)))
    # Somebody who was staff when they were put here may stay; only new names are asked about.
    news = (wanted - held) | ({head_id} if head_id and head_id != department.head_id else set())
    _check_staff(session, news)
    if name != department.name:
        _check_name(session, name)
    department.name, department.head_id, department.leadership = name, head_id, leadership
    session.add(department)
    _flush(session)
    if gone := held - wanted:
        session.connection().execute(
            sa.delete(DepartmentMember).where(
                col(DepartmentMember.department_id) == department.id, col(DepartmentMember.member_id).in_(gone)
            )
        )
    insert_many_once(
        session,
        [DepartmentMember(department_id=department.id or 0, member_id=one) for one in sorted(wanted - held)],
    )
    audit.record(
        session, by, "department.change", "department", department.id,
        head=head_id, leadership=leadership, members=sorted(wanted),
    )  # fmt: skip


def close_department(session: Session, department: Department, *, by: Actor) -> None:
    """Take no more questions; what was asked keeps the department's name."""
    if department.closed_at is None:
        department.closed_at = clock.now()
        session.add(department)
        audit.record(session, by, "department.close", "department", department.id)


def reopen_department(session: Session, department: Department, *, by: Actor) -> None:
    if department.closed_at is not None:
        department.closed_at = None
        session.add(department)
        audit.record(session, by, "department.reopen", "department", department.id)


def forget_member(session: Session, event: MemberLeft) -> None:
    """Take somebody who has left out of all departments."""
    connection = session.connection()
    connection.execute(sa.delete(DepartmentMember).where(col(DepartmentMember.member_id) == event.member_id))
    connection.execute(sa.update(Department).where(col(Department.head_id) == event.member_id).values(head_id=None))


def _check_name(session: Session, name: str) -> None:
    if session.exec(select(Department.id).where(Department.name == name)).first() is not None:
        raise DepartmentNameTaken(name)


def _check_staff(session: Session, member_ids: Iterable[int]) -> None:
    wanted = set(member_ids)
    statement = (
        select(MemberRole.member_id)
        .join(Member, col(Member.id) == MemberRole.member_id)
        .where(col(MemberRole.member_id).in_(wanted), col(MemberRole.role).in_(STAFF), col(Member.deleted_at).is_(None))
    )
    if not wanted:
        return
    found: set[int] = set(session.exec(statement))
    if missing := wanted - found:
        raise NotStaff(f"members {sorted(missing)}")


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:  # somebody else took the name between the look and the write
        raise DepartmentNameTaken() from error
