"""Proofs of who somebody is: browser sessions, API tokens, one-time links. Only hashes of the secrets are stored."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock


class MemberSession(SQLModel, table=True):
    """A browser that is signed in, until it signs out, is revoked or expires."""

    __tablename__ = "member_session"

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    token_hash: str = Field(unique=True, max_length=64)
    user_agent: str = Field(default="", max_length=200)
    address: str = Field(default="", max_length=64)
    created_at: datetime = Field(default_factory=clock.now)
    seen_at: datetime = Field(default_factory=clock.now)
    expires_at: datetime
    revoked_at: datetime | None = None


class ApiToken(SQLModel, table=True):
    """A key for programs: acts as its member, within its scopes."""

    __tablename__ = "api_token"

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    token_hash: str = Field(unique=True, max_length=64)
    label: str = Field(default="", max_length=80)
    scopes: list[str] = Field(sa_type=sa.JSON, default_factory=list)
    created_at: datetime = Field(default_factory=clock.now)
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


class OneTimeLink(SQLModel, table=True):
    """A link that signs its member in once, such as the one that `cocreate member add` prints."""

    __tablename__ = "one_time_link"

    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    token_hash: str = Field(unique=True, max_length=64)
    created_at: datetime = Field(default_factory=clock.now)
    expires_at: datetime
    used_at: datetime | None = None
    reusable: bool = False
    """The demo's one-tap log-ins may be tapped again."""
