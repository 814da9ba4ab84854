"""Departments of the brand: where a question goes, and who is asked when nobody answers it."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from cocreate.core import clock, tables  # noqa: F401 (the naming convention comes before the first table)


class Department(SQLModel, table=True):
    """One department, such as 座舱 or 三电. Rows stay: what it was asked still names it after it closed."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True, max_length=60)
    head_id: int | None = Field(default=None, foreign_key="member.id", index=True)
    """Who is told when the department lets a time pass."""
    leadership: bool = False
    """Whether its head and members are the brand's leadership: the last step of every ladder."""
    created_at: datetime = Field(default_factory=clock.now)
    closed_at: datetime | None = None


class DepartmentMember(SQLModel, table=True):
    """Somebody works in a department; the head does so without a row."""

    __tablename__ = "department_member"

    department_id: int = Field(foreign_key="department.id", primary_key=True)
    member_id: int = Field(foreign_key="member.id", primary_key=True, index=True)
