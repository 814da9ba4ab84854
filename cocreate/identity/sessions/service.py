"""Signing in and out, and telling from a request who sent it."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock
from cocreate.core.actor import GUEST, Actor, Role
from cocreate.core.errors import NotFound, NotSignedIn
from cocreate.core.runtime import Runtime
from cocreate.core.statements import prepared
from cocreate.core.tables import columns
from cocreate.core.text_marks import N_
from cocreate.identity.members.models import Member, MemberRole
from cocreate.identity.sessions.models import ApiToken, MemberSession, OneTimeLink

IDLE = timedelta(days=30)
LONGEST = timedelta(days=180)
SEEN_EVERY = timedelta(minutes=10)


class LinkSpent(NotFound):
    code = "link_spent"
    message = N_("This link was used already or is too old. Please ask for a new one.")


def hashed(token: str) -> str:
    """What is stored of a secret; its 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def cookie_name(secure: bool) -> str:
    """The session cookie: bound to this host where https allows it."""
    return "__Host-session" if secure else "session"


def begin_session(session: Session, member_id: int, *, user_agent: str = "", address: str = "") -> str:
    """Sign a member in on one more browser; the secret for its cookie."""
    token = secrets.token_urlsafe(32)
    row = MemberSession(
        member_id=member_id,
        token_hash=hashed(token),
        user_agent=user_agent[:200],
        address=address[:64],
        expires_at=clock.now() + LONGEST,
    )
    session.add(row)
    session.flush()
    audit.record(session, Actor(id=member_id), "session.begin", "member_session", row.id)
    return token


def revoke_sessions(
    session: Session, member_id: int, *, only: int | None = None, but: int | None = None, by: Actor | None = None
) -> int:
    """Sign browsers of a member out: all, only one, or all but one; how many were signed in."""
    statement = (
        sa.update(MemberSession)
        .where(col(MemberSession.member_id) == member_id, col(MemberSession.revoked_at).is_(None))
        .values(revoked_at=clock.now())
    )
    if only is not None:
        statement = statement.where(col(MemberSession.id) == only)
    if but is not None:
        statement = statement.where(col(MemberSession.id) != but)
    result: Any = session.connection().execute(statement)
    audit.record(session, by or Actor(id=member_id), "session.revoke", "member", member_id, count=result.rowcount)
    return int(result.rowcount)


def open_sessions(session: Session, member_id: int) -> list[MemberSession]:
    """Browsers in which the member is signed in, last seen first."""
    moment = clock.now()
    statement = (
        select(MemberSession)
        .where(
            MemberSession.member_id == member_id,
            col(MemberSession.revoked_at).is_(None),
            MemberSession.expires_at > moment,
            MemberSession.seen_at > moment - IDLE,
        )
        .order_by(col(MemberSession.seen_at).desc(), col(MemberSession.id).desc())
        .limit(100)
    )
    return list(session.exec(statement))


def forget_proofs(session: Session, member_id: int) -> None:
    """Revoke every session, token and link of a member, and what they recorded of browsers and addresses."""
    moment = clock.now()
    connection = session.connection()
    revoke_sessions(session, member_id)
    connection.execute(
        sa.update(MemberSession).where(col(MemberSession.member_id) == member_id).values(user_agent="", address="")
    )
    connection.execute(
        sa.update(ApiToken)
        .where(col(ApiToken.member_id) == member_id, col(ApiToken.revoked_at).is_(None))
        .values(revoked_at=moment)
    )
    connection.execute(
        sa.update(OneTimeLink)
        .where(col(OneTimeLink.member_id) == member_id, col(OneTimeLink.expires_at) > moment)
        .values(expires_at=moment)
    )


def make_link(session: Session, member_id: int, *, reusable: bool = False, days: int = 3) -> str:
    """The secret of a link that signs this member in, once unless it is the demo's."""
    token = secrets.token_urlsafe(32)
    expires = clock.now() + timedelta(days=days)
    session.add(OneTimeLink(member_id=member_id, token_hash=hashed(token), expires_at=expires, reusable=reusable))
    session.flush()
    return token


def use_link(session: Session, token: str) -> int:
    """The member whose link this is; LinkSpent when it was used, is unknown or too old. Two uses at once: one wins."""
    moment = clock.now()
    statement = (
        sa.update(OneTimeLink)
        .where(
            col(OneTimeLink.token_hash) == hashed(token),
            col(OneTimeLink.expires_at) > moment,
            sa.or_(col(OneTimeLink.used_at).is_(None), col(OneTimeLink.reusable)),
            col(OneTimeLink.member_id).in_(
                select(Member.id).where(col(Member.deleted_at).is_(None), col(Member.suspended_at).is_(None))
            ),
        )
        .values(used_at=moment)
        .returning(col(OneTimeLink.member_id))
    )
    member_id: int | None = session.connection().execute(statement).scalar()
    if member_id is None:
        raise LinkSpent()
    return member_id


def add_token(session: Session, member_id: int, scopes: list[str], *, label: str = "") -> str:
    """A new API token; the secret is returned once and never stored."""
    token = "cc_" + secrets.token_urlsafe(32)
    session.add(ApiToken(member_id=member_id, token_hash=hashed(token), scopes=sorted(scopes), label=label))
    session.flush()
    audit.record(session, Actor(id=member_id), "token.add", "member", member_id, scopes=sorted(scopes))
    return token


def authenticate(runtime: Runtime, cookies: Mapping[str, str], headers: Mapping[str, str]) -> Actor:
    """Who sends a request. A bearer token that is unknown or revoked is refused; a stale cookie makes a guest."""
    bearer = headers.get("authorization", "")
    if bearer:
        kind, _, token = bearer.partition(" ")
        actor = _by_token(runtime, token.strip()) if kind.lower() == "bearer" else None
        if actor is None:
            raise NotSignedIn("unknown or revoked token")
        return actor
    token = cookies.get(cookie_name(runtime.settings.secure), "")
    return (_by_cookie(runtime, token) if token else None) or guest(runtime)


def guest(runtime: Runtime) -> Actor:
    """Somebody who is not signed in, with what guests may do."""
    known: Actor | None = runtime.memory.get("identity.guest")
    if known is None:
        known = runtime.memory["identity.guest"] = Actor(permissions=runtime.policies.permissions(frozenset()))
    return known


@prepared
def _session(*, token_hash: str, now: datetime, idle: datetime) -> Any:
    return (
        columns(MemberSession.id, MemberSession.seen_at, Member.id, Member.name, Member.language, MemberRole.role)
        .join(Member, col(Member.id) == MemberSession.member_id)
        .outerjoin(MemberRole, col(MemberRole.member_id) == Member.id)
        .where(
            MemberSession.token_hash == token_hash,
            col(MemberSession.revoked_at).is_(None),
            MemberSession.expires_at > now,
            MemberSession.seen_at > idle,
            col(Member.deleted_at).is_(None),
            col(Member.suspended_at).is_(None),
        )
    )


def _by_cookie(runtime: Runtime, token: str) -> Actor | None:
    moment = clock.now()
    with runtime.database.read() as session:
        rows = _session(session, token_hash=hashed(token), now=moment, idle=moment - IDLE).all()
    if not rows:
        return None
    session_id, seen_at, member_id, name, language, _ = rows[0]
    if seen_at < moment - SEEN_EVERY and session_id is not None:
        with runtime.database.write() as session:
            session.connection().execute(
                sa.update(MemberSession).where(col(MemberSession.id) == session_id).values(seen_at=moment)
            )
    return make_actor(runtime, member_id, name, [row[5] for row in rows], language=language, session_id=session_id)


def _by_token(runtime: Runtime, token: str) -> Actor | None:
    moment = clock.now()
    statement = (
        columns(ApiToken.scopes, Member.id, Member.name, MemberRole.role)
        .join(Member, col(Member.id) == ApiToken.member_id)
        .outerjoin(MemberRole, col(MemberRole.member_id) == Member.id)
        .where(
            ApiToken.token_hash == hashed(token),
            col(ApiToken.revoked_at).is_(None),
            sa.or_(col(ApiToken.expires_at).is_(None), col(ApiToken.expires_at) > moment),
            col(Member.deleted_at).is_(None),
            col(Member.suspended_at).is_(None),
        )
    )
    with runtime.database.read() as session:
        rows = session.exec(statement).all()
    if not rows:
        return None
    scopes, member_id, name, _ = rows[0]
    return make_actor(runtime, member_id, name, [row[3] for row in rows], scopes=frozenset(scopes))


def make_actor(
    runtime: Runtime,
    member_id: int | None,
    name: str,
    roles: list[Role | None],
    *,
    language: str | None = None,
    session_id: int | None = None,
    scopes: frozenset[str] | None = None,
) -> Actor:
    """The plain value that stands for a member in services and pages."""
    if member_id is None:
        return GUEST
    held = frozenset({Role.MEMBER, *(role for role in roles if role is not None)})
    return Actor(
        id=member_id,
        name=name,
        roles=held,
        permissions=runtime.policies.permissions(held),
        scopes=scopes,
        language=language,
        session_id=session_id,
    )
