"""Reading what a member keeps of searching, and what many members look for."""

import time
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.actor import Actor
from cocreate.core.runtime import Runtime
from cocreate.core.tables import columns
from search.habits.models import RecentSearch, SavedSearch

POPULAR_MEMBERS = 3
"""A text that fewer members typed may name one of them, so it is nobody else's business."""
POPULAR_DAYS = 30
POPULAR_CHARACTERS = 16
POPULAR_SECONDS = 600.0


def recent_searches(session: Session, actor: Actor, *, limit: int = 20) -> list[RecentSearch]:
    """What this member looked for last, newest first; nothing for guests."""
    if not actor.signed_in:
        return []
    statement = select(RecentSearch).where(RecentSearch.member_id == actor.member_id)
    newest = (col(RecentSearch.at).desc(), col(RecentSearch.id).desc())
    return list(session.exec(statement.order_by(*newest).limit(limit)))


def saved_searches(session: Session, actor: Actor) -> list[SavedSearch]:
    """The member's saved searches, the newest first; nothing for guests."""
    if not actor.signed_in:
        return []
    statement = select(SavedSearch).where(
        SavedSearch.member_id == actor.member_id, col(SavedSearch.removed_at).is_(None)
    )
    return list(session.exec(statement.order_by(col(SavedSearch.id).desc())))


def find_saved(session: Session, actor: Actor, address: str) -> SavedSearch | None:
    """The saved search of this very address, if the member has one."""
    if not actor.signed_in or not address:
        return None
    statement = select(SavedSearch).where(
        SavedSearch.member_id == actor.member_id, SavedSearch.query == address, col(SavedSearch.removed_at).is_(None)
    )
    return session.exec(statement).first()


def popular_searches(session: Session, runtime: Runtime, *, limit: int = 8) -> list[str]:
    """Texts that several members looked for lately and that found public rows, most members first; up to ten minutes
    old."""
    kept: tuple[float, list[str]] | None = runtime.memory.get("search.popular")
    if kept is not None and kept[0] > time.monotonic():
        return kept[1][:limit]
    members = sa.func.count(sa.distinct(col(RecentSearch.member_id)))
    statement = (
        columns(sa.func.min(RecentSearch.text))
        .where(
            RecentSearch.at >= clock.now() - timedelta(days=POPULAR_DAYS),
            RecentSearch.found > 0,
            sa.func.length(RecentSearch.text) <= POPULAR_CHARACTERS,
        )
        .group_by(RecentSearch.folded)
        .having(members >= POPULAR_MEMBERS)
        .order_by(members.desc(), sa.func.max(RecentSearch.at).desc())
        .limit(20)
    )
    found = list(session.exec(statement))
    runtime.memory["search.popular"] = (time.monotonic() + POPULAR_SECONDS, found)
    return found[:limit]
