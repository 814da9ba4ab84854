"""Reading and writing what we know about the server, and the diary that the page of search health shows."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.db import insert_once
from search.meili.models import ONLY, OwedChange, Remote, RemoteEvent

LEASE = timedelta(seconds=60)
DIARY_KEPT = 200
_TABLE: Any = Remote.__table__  # type: ignore[attr-defined]


def load(session: Session) -> Remote:
    """What is known now; a row with nothing in it when no server was ever configured."""
    return session.get(Remote, ONLY, populate_existing=True) or Remote()


def change(session: Session, **values: Any) -> None:
    """Write these columns of the one row."""
    session.connection().execute(sa.update(_TABLE).where(_TABLE.c.id == ONLY).values(**values))


def activate(session: Session) -> None:
    """From now on changes of the index are noted. A first time, and a time after a pause, begins with a rebuild."""
    insert_once(session, Remote(id=ONLY))
    if not load(session).active:
        # Writers that looked just before us noted nothing: the check soon after finds what they wrote.
        change(session, active=True, live_mark="", ready_at=None, last_contact_at=None, next_try_at=None,
               check_wanted_at=clock.now() + timedelta(minutes=1))  # fmt: skip
        note_event(session, "activated")


def deactivate(session: Session) -> None:
    """Nothing is noted any more, and nothing is owed."""
    if load(session).active:
        change(session, active=False, ready_at=None, live_mark="", rebuild_total=0, down_since=None, failures=0)
        session.connection().execute(sa.delete(OwedChange))
        note_event(session, "deactivated")


def take_lease(session: Session, owner: str) -> bool:
    """Become, or remain, the one process that writes to the server; False while another is."""
    moment = clock.now()
    free = sa.or_(_TABLE.c.lease_owner == owner, _TABLE.c.leased_until.is_(None), _TABLE.c.leased_until < moment)
    statement = (
        sa.update(_TABLE)
        .where(_TABLE.c.id == ONLY, free)
        .values(lease_owner=owner, leased_until=moment + LEASE)
        .execution_options(preserve_rowcount=True)
    )
    return bool(session.connection().execute(statement).rowcount)


def release_lease(session: Session, owner: str = "") -> None:
    """Give the lease back; without an owner whoever holds it loses it, for the sole worker at its start."""
    mine = _TABLE.c.lease_owner == owner if owner else sa.true()
    session.connection().execute(sa.update(_TABLE).where(_TABLE.c.id == ONLY, mine).values(leased_until=None))


def want_rebuild(session: Session, reason: str) -> None:
    """Ask for the index to be built anew beside the live one."""
    change(session, rebuild_wanted_at=clock.now(), rebuild_reason=reason)


def want_check(session: Session, at: datetime | None = None) -> None:
    """Ask for the comparison of every document."""
    change(session, check_wanted_at=at or clock.now())


def want_another_try(session: Session) -> None:
    """Forget the pause after a failure, and that we stopped."""
    change(session, next_try_at=None)


def note_event(session: Session, what: str, **facts: Any) -> None:
    """Write a line of the diary; the oldest go."""
    event = RemoteEvent(what=what, facts=facts)
    session.add(event)
    session.flush()
    session.connection().execute(sa.delete(RemoteEvent).where(col(RemoteEvent.id) <= (event.id or 0) - DIARY_KEPT))


def events(session: Session, limit: int = 40) -> list[RemoteEvent]:
    """What happened, newest first."""
    return list(session.exec(select(RemoteEvent).order_by(col(RemoteEvent.id).desc()).limit(limit)))
