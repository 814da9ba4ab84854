"""Members and cars for tests."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from cocreate.core import clock
from cocreate.core.actor import Actor, Role
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.identity.members.service import add_member
from cocreate.identity.sessions.service import add_token, make_actor
from cocreate.identity.vehicles.models import Vehicle

_numbers = itertools.count(1)


@pytest.fixture
def make_member(runtime: Runtime) -> Callable[..., Member]:
    """`make_member("小周", Role.PM)`: a stored member with these roles."""

    def make(name: str = "", *roles: Role, suspended: bool = False, **values: Any) -> Member:
        number = next(_numbers)
        with runtime.database.write() as session:
            member = add_member(
                session,
                name=name or f"车主{number}",
                email=f"member{number}@example.com",
                roles=frozenset(roles),
                **values,
            )
            member.suspended_at = clock.now() if suspended else None
            return member

    return make


@pytest.fixture
def make_actor_of(runtime: Runtime) -> Callable[..., Actor]:
    """The plain actor that stands for a stored member, for tests of services."""

    def make(member: Member, *roles: Role) -> Actor:
        return make_actor(runtime, member.id, member.name, list(roles))

    return make


@pytest.fixture
def make_token(runtime: Runtime) -> Callable[..., str]:
    """`make_token(member, "posts:write")`: the secret of an API token."""

    def make(member: Member, *scopes: str) -> str:
        with runtime.database.write() as session:
            return add_token(session, member.id or 0, list(scopes))

    return make


@pytest.fixture
def make_vehicle(runtime: Runtime) -> Callable[..., Vehicle]:
    def make(member: Member, model: str = "测试车", *, verified: bool = False, **values: Any) -> Vehicle:
        row = Vehicle(member_id=member.id or 0, model=model, verified_at=clock.now() if verified else None, **values)
        with runtime.database.write() as session:
            session.add(row)
        return row

    return make
