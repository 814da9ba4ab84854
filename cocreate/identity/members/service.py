"""Accounts: made, changed, given roles, blanked."""

import threading

import sqlalchemy as sa
from pwdlib import PasswordHash
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor, Role
from cocreate.core.db import insert_many_once
from cocreate.core.errors import Conflict, TooMany
from cocreate.core.text_marks import N_
from cocreate.identity.events import MemberLeft
from cocreate.identity.members.models import Member, MemberRole
from cocreate.identity.members.queries import find_by_email
from cocreate.identity.sessions.service import forget_proofs, revoke_sessions
from cocreate.identity.vehicles.models import Vehicle

_hasher = PasswordHash.recommended()
_slots = threading.BoundedSemaphore(2)
"""A hash takes a sixth of a second and 64 MiB: more than two at once would starve the pages."""
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b/dgeKVHbU7jOUCS1N4b4m0dQM"


class EmailTaken(Conflict):
    code = "email_taken"
    message = N_("There is an account with this e-mail address already. Did you mean to sign in?")


class OwnRights(Conflict):
    code = "own_rights"
    message = N_("You cannot take this away from yourself. Ask another administrator.")


class LastAdmin(Conflict):
    code = "last_admin"
    message = N_("You are the only administrator. Make somebody else one before you leave.")


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
    try:
        session.flush()
    except IntegrityError as error:  # somebody else signed up with it between the look and the insert
        raise EmailTaken() from error
    give_roles(session, member, roles, by=Actor(id=member.id))
    return member


def find_by_password(session: Session, email: str, password: str) -> Member | None:
    """The member with this address and password; as slow, and as silent, for an address without an account."""
    member = find_by_email(session, email)
    fits = password_fits(password, member.password_hash if member else None)
    return member if fits and member is not None and member.suspended_at is None else None


def change_account(session: Session, member: Member, *, name: str, language: str | None, named: bool = False) -> None:
    """Rename the member, note the language that pages should speak, and whether release notes may name them."""
    member.name, member.language, member.named_in_releases = name, language, named
    session.add(member)
    audit.record(session, Actor(id=member.id), "member.change", "member", member.id)


def change_password(session: Session, member: Member, password_hash: str, *, session_id: int | None) -> int:
    """Set a new password and sign every other browser out; how many there were."""
    member.password_hash = password_hash
    session.add(member)
    audit.record(session, Actor(id=member.id), "member.password", "member", member.id)
    return revoke_sessions(session, member.id or 0, but=session_id)


def set_roles(session: Session, member: Member, roles: frozenset[Role], title: str, *, by: Actor) -> None:
    """Give a member these roles and this title; an admin cannot lock themselves out."""
    if member.id == by.id and Role.ADMIN not in roles:
        raise OwnRights("an admin must not drop their own role")
    give_roles(session, member, roles, by=by)
    if member.title != title:
        member.title = title
        session.add(member)
        audit.record(session, by, "member.title", "member", member.id)


def suspend_member(session: Session, member: Member, *, by: Actor) -> None:
    """Shut somebody out: no browser, token or link works until `resume_member`."""
    if member.id == by.id:
        raise OwnRights("nobody suspends themselves")
    if member.suspended_at is not None:
        return
    member.suspended_at = clock.now()
    session.add(member)
    revoke_sessions(session, member.id or 0, by=by)
    audit.record(session, by, "member.suspend", "member", member.id)


def resume_member(session: Session, member: Member, *, by: Actor) -> None:
    """Let a suspended member in again."""
    if member.suspended_at is None:
        return
    member.suspended_at = None
    session.add(member)
    audit.record(session, by, "member.resume", "member", member.id)


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
    """Take the person out of the account: name, address, password, cars and proofs go, posts stay without a name."""
    if _is_last_admin(session, member):
        raise LastAdmin()
    moment = clock.now()
    give_roles(session, member, frozenset(), by=by)
    member.email, member.password_hash, member.title, member.name = None, None, "", ""
    member.deleted_at, member.named_in_releases = moment, False
    session.add(member)
    session.connection().execute(
        sa.update(Vehicle)
        .where(col(Vehicle.member_id) == member.id, col(Vehicle.removed_at).is_(None))
        .values(removed_at=moment)
    )
    forget_proofs(session, member.id or 0)
    audit.record(session, by, "member.blank", "member", member.id)
    outbox.publish(session, MemberLeft(member_id=member.id or 0))


def _is_last_admin(session: Session, member: Member) -> bool:
    statement = (
        select(MemberRole.member_id)
        .join(Member, col(Member.id) == MemberRole.member_id)
        .where(MemberRole.role == Role.ADMIN, col(Member.suspended_at).is_(None))
        .limit(2)
    )
    return list(session.exec(statement)) == [member.id]
