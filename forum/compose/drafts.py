"""Keeping what a member types: saved under a key, taken over by one window at a time, forgotten in the end."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.actor import Actor
from cocreate.core.db import insert_once
from cocreate.core.errors import Conflict, NotFound
from cocreate.core.text_marks import N_
from cocreate.identity.events import MemberLeft
from forum.compose.models import Draft

MOST = 50
KEPT = timedelta(days=90)
UNDO = timedelta(hours=1)


class TooManyDrafts(Conflict):
    code = "too_many_drafts"
    message = N_("You have 50 drafts; this one is kept in this browser alone. Throw some of the old ones away.")


@dataclass(frozen=True)
class Saving:
    """One saving as a window sends it. version: the one that this window knows; seq: its own count of savings."""

    key: str
    fields: Mapping[str, str]
    post_id: int | None = None
    version: int = 0
    tab: str = ""
    seq: int = 0


@dataclass(frozen=True)
class Saved:
    """The draft as it is stored now. `beside`: another window has changed the one that this began with, so both are
    kept, this one under a key of its own."""

    draft: Draft
    beside: Draft | None = None


def new_key() -> str:
    """A key for a form that has none yet."""
    return secrets.token_urlsafe(12)


def save_draft(session: Session, saving: Saving, *, member: Actor) -> Saved:
    """Keep what was typed. Two windows never overwrite each other: the second one goes on in a draft of its own."""
    known = _find(session, saving.key, member)
    if known is not None and known.discarded_at is None:
        if saving.tab and known.tab == saving.tab and saving.seq <= known.seq:
            return Saved(known)  # sent before what is stored, arrived behind it
        if (saving.tab and known.tab == saving.tab) or known.version == saving.version:
            if _overwrite(session, known, saving):
                return Saved(known)
            session.refresh(known)
        if known.fields == dict(saving.fields):
            return Saved(known)
    if _count(session, member) >= MOST:
        raise TooManyDrafts(f"member {member.id}")
    key = saving.key if known is None and saving.key else new_key()
    row = Draft(
        member_id=member.member_id, key=key, post_id=saving.post_id, fields=dict(saving.fields), tab=saving.tab,
        seq=saving.seq,
    )  # fmt: skip
    if not insert_once(session, row):
        # Another window was first with this very key: this one is beside it.
        row.key = new_key()
        insert_once(session, row)
        known = _find(session, saving.key, member)
    beside = known if known is not None and known.discarded_at is None else None
    return Saved(
        session.exec(select(Draft).where(Draft.member_id == member.member_id, Draft.key == row.key)).one(), beside
    )


def _overwrite(session: Session, known: Draft, saving: Saving) -> bool:
    """Store the fields unless somebody else did since the row was read."""
    statement = (
        sa.update(Draft)
        .where(col(Draft.id) == known.id, col(Draft.version) == known.version, col(Draft.discarded_at).is_(None))
        .values(
            fields=dict(saving.fields), version=known.version + 1, tab=saving.tab, seq=saving.seq, saved_at=clock.now()
        )
    )
    result: Any = session.connection().execute(statement)
    session.refresh(known)
    return bool(result.rowcount == 1)


def _find(session: Session, key: str, member: Actor) -> Draft | None:
    return session.exec(select(Draft).where(Draft.member_id == member.member_id, Draft.key == key)).first()


def _count(session: Session, member: Actor) -> int:
    return session.exec(select(sa.func.count()).select_from(Draft).where(*_own(member))).one()


def _own(member: Actor) -> tuple[sa.ColumnElement[bool], ...]:
    return (col(Draft.member_id) == member.member_id, col(Draft.discarded_at).is_(None))


def drafts_of(session: Session, member: Actor) -> list[Draft]:
    """The member's drafts, the one saved last first."""
    return list(session.exec(select(Draft).where(*_own(member)).order_by(col(Draft.saved_at).desc()).limit(MOST)))


def count_drafts(session: Session, member: Actor) -> int:
    """How many there are; 0 for a guest, without a statement."""
    return _count(session, member) if member.signed_in else 0


def latest_draft(session: Session, member: Actor, post_id: int | None = None) -> Draft | None:
    """The draft saved last of a new post, or of an edit of `post_id`."""
    statement = select(Draft).where(*_own(member), col(Draft.post_id).is_not_distinct_from(post_id))
    return session.exec(statement.order_by(col(Draft.saved_at).desc()).limit(1)).first()


def get_draft(session: Session, draft_id: int, member: Actor, *, discarded: bool = False) -> Draft:
    """The member's own draft; NotFound for anybody else's, or one that is thrown away unless `discarded`."""
    draft = session.get(Draft, draft_id)
    if draft is None or draft.member_id != member.id or (draft.discarded_at is not None and not discarded):
        raise NotFound(f"draft {draft_id}")
    return draft


def discard_draft(session: Session, draft: Draft) -> None:
    """Throw a draft away; `keep_draft` brings it back within the hour."""
    draft.discarded_at = clock.now()
    session.add(draft)


def keep_draft(session: Session, draft: Draft) -> None:
    """Bring a draft back that was just thrown away."""
    draft.discarded_at = None
    session.add(draft)


def close_draft(session: Session, key: str, member: Actor) -> None:
    """Forget the draft of what has just been published."""
    if key:
        session.connection().execute(
            sa.delete(Draft).where(col(Draft.member_id) == member.member_id, col(Draft.key) == key)
        )


def prune_drafts(session: Session) -> None:
    """Job: forget drafts that nobody has touched for 90 days, and thrown away ones an hour later."""
    moment = clock.now()
    old = sa.or_(col(Draft.saved_at) < moment - KEPT, col(Draft.discarded_at) < moment - UNDO)
    session.connection().execute(sa.delete(Draft).where(old))


def forget_drafts(session: Session, event: MemberLeft) -> None:
    """Somebody who has left leaves no drafts behind."""
    session.connection().execute(sa.delete(Draft).where(col(Draft.member_id) == event.member_id))
