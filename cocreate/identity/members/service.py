"""Accounts: made, changed, given roles, blanked."""

import threading

import sqlalchemy as sa
from pwdlib import PasswordHash
from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor, Role
from cocreate.core.db import insert_many_once
from cocreate.core.errors import Conflict, TooMany
from cocreate.core.text_marks import N_
from cocreate.identity.events import MemberLeft
from cocreate.identity.members.models import Member, MemberRole
from cocreate.identity.sessions.service import revoke_sessions

_hasher = PasswordHash.recommended()
_slots = threading.BoundedSemaphore(2)
"""A hash takes a sixth of a second and 64 MiB: more than two at once would starve the pages."""
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b/dgeKVHbU7jOUCS1N4b4m0dQM"


class EmailTaken(Conflict):
    code = "email_taken"
    message = N_("There is an account with this e-mail address already. Did you mean to sign in?")


def hash_password(password: str) -> str:
    """An argon2id hash; waits its turn, TooMany after three seconds."""
    if not _slots.acquire(timeout=3):
        raise TooMany("password hashing is saturated", retry_after=5)
    try:
        return _hasher.hash(password)
    finally:
        _slots.release()


def password_fits(password: str, stored: str | None) -> bool:
    """Whether the password is the right one; takes as long for an account that does not exist."""
    if not _slots.acquire(timeout=3):
        raise TooMany("password hashing is saturated", retry_after=5)
    try:
        return _hasher.verify(password, stored or _NOBODY) and stored is not None
    finally:
        _slots.release()


def normal_email(email: str) -> str:
    return email.strip().casefold()


def add_member(
    session: Session,
    *,
    name: str,
    email: str | None = None,
    password_hash: str | None = None,
    roles: frozenset[Role] = frozenset(),
    title: str = "",
    language: str | None = None,
) -> Member:
    """A new account; EmailTaken when the address has one already. Hash the password before calling: it is slow."""
    address = normal_email(email) if email else None
    if address and session.exec(select(Member.id).where(Member.email == address)).first() is not None:
        raise EmailTaken()
    member = Member(name=name, email=address, password_hash=password_hash, title=title, language=language)
    session.add(member)
    session.flush()
    give_roles(session, member, roles, by=Actor(id=member.id))
    return member


def give_roles(session: Session, member: Member, roles: frozenset[Role], *, by: Actor) -> None:
    """Make the member hold exactly these roles (being a member goes without saying)."""
    wanted = roles - {Role.MEMBER}
    held = set(session.exec(select(MemberRole.role).where(MemberRole.member_id == member.id)))
    if held == wanted:
        return
    if gone := held - wanted:
        session.connection().execute(
            sa.delete(MemberRole).where(col(MemberRole.member_id) == member.id, col(MemberRole.role).in_(gone))
        )
    insert_many_once(session, [MemberRole(member_id=member.id or 0, role=role) for role in sorted(wanted - held)])
    audit.record(session, by, "member.roles", "member", member.id, roles=sorted(wanted))


def blank_member(session: Session, member: Member, *, by: Actor) -> None:
    """Take the person out of the account: name, address and password go, posts stay without an author's name."""
    member.email, member.password_hash, member.title, member.name = None, None, "", ""
    member.deleted_at = clock.now()
    session.add(member)
    revoke_sessions(session, member.id or 0)
    audit.record(session, by, "member.blank", "member", member.id)
    outbox.publish(session, MemberLeft(member_id=member.id or 0))
