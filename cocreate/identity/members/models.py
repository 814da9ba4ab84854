"""People. Rows are never deleted: on leaving, the personal columns are blanked and `deleted_at` is set."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.actor import Role
from cocreate.core.tables import text_enum


class Member(SQLModel, table=True):
    """One account: an owner, or somebody of the brand."""

    id: int | None = Field(default=None, primary_key=True)
    email: str | None = Field(default=None, unique=True, max_length=254)
    name: str = Field(max_length=40)
    title: str = Field(default="", max_length=60)
    """What staff are called beside an official answer, such as 座舱产品经理."""
    password_hash: str | None = None
    language: str | None = Field(default=None, max_length=16)
    timezone: str | None = Field(default=None, max_length=64)
    """Name of the zone by whose clock the member lives; None: the site's own."""
    named_in_releases: bool = False
    """Whether release notes may say that this person asked for what they bring."""
    created_at: datetime = Field(default_factory=clock.now)
    suspended_at: datetime | None = None
    deleted_at: datetime | None = None


class MemberRole(SQLModel, table=True):
    """A role that a member holds, beside being a member."""

    __tablename__ = "member_role"

    member_id: int = Field(foreign_key="member.id", primary_key=True)
    role: Role = Field(sa_type=text_enum(Role), primary_key=True, index=True)
