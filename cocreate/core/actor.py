"""Who acts: a plain value that services and pages receive instead of a row of the member table."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple


class Role(StrEnum):
    """What a member may be, several at once; an owner is a customer with a car, never a role."""

    MEMBER = "member"
    MODERATOR = "moderator"
    AGENT = "agent"
    PM = "pm"
    HOST = "host"
    ADMIN = "admin"


STAFF = frozenset({Role.MODERATOR, Role.AGENT, Role.PM, Role.HOST, Role.ADMIN})
EVERYONE: frozenset[Role] = frozenset()
"""Policy value that lets guests in as well."""
MEMBERS = frozenset(Role)


class Rights(NamedTuple):
    """What the conditions of a statement depend on, of whoever reads; their id is a value in it."""

    signed_in: bool
    roles: frozenset[Role]
    permissions: frozenset[str]

    def held_by(self, reader: Any) -> "Actor":
        """An actor with these rights; `reader` may be a bind parameter."""
        return Actor(id=reader if self.signed_in else None, roles=self.roles, permissions=self.permissions)


@dataclass(frozen=True)
class Actor:
    """The person or token behind a request; `id` is None for a guest.

    permissions: names of the policies that this actor passes. scopes: None in a browser; for an API token the
    scopes it was given, which narrow what the member may do.
    """

    id: int | None = None
    name: str = ""
    roles: frozenset[Role] = frozenset()
    permissions: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None
    language: str | None = None
    session_id: int | None = field(default=None, compare=False)

    @property
    def signed_in(self) -> bool:
        return self.id is not None

    @property
    def member_id(self) -> int:
        """The member's id, for code that a guest cannot reach."""
        if self.id is None:
            raise RuntimeError("a guest reached code for members")
        return self.id

    @property
    def staff(self) -> bool:
        return bool(self.roles & STAFF)

    @property
    def rights(self) -> Rights:
        return Rights(self.signed_in, self.roles, self.permissions)

    def can(self, policy: str) -> bool:
        return policy in self.permissions


GUEST = Actor()
