"""Effects that happen after the commit: rows written with the change, so none is lost and none is a phantom.

`publish` and `enqueue` write a row in the caller's transaction. The worker (`cocreate.core.jobs`) claims rows with a
lease and runs them at least once; whoever listens must be idempotent.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from cocreate.core import clock
from cocreate.core.db import insert_once
from cocreate.core.events import Event

FAST, SLOW, MESSAGES = "fast", "slow", "messages"
"""Lanes are worked side by side: neither what takes minutes nor telling thousands of people holds up the rest."""
MAX_ATTEMPTS = 8
LEASE = timedelta(seconds=60)


class OutboxEntry(SQLModel, table=True):
    """One effect that is owed: an event to hand out, a listener to call, or a job to run."""

    __tablename__ = "outbox"
    __table_args__ = (
        sa.Index("ix_outbox_due", "lane", "id", sqlite_where=sa.text("finished_at IS NULL AND parked_at IS NULL"),
                 postgresql_where=sa.text("finished_at IS NULL AND parked_at IS NULL")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=16)
    name: str = Field(max_length=160)
    payload: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    lane: str = Field(default=FAST, max_length=8)
    key: str | None = Field(default=None, unique=True, max_length=200)
    created_at: datetime = Field(default_factory=clock.now)
    run_after: datetime = Field(default_factory=clock.now)
    leased_until: datetime | None = None
    attempts: int = 0
    last_error: str | None = None
    finished_at: datetime | None = None
    parked_at: datetime | None = None


def publish(session: Session, event: Event) -> None:
    """Tell the listeners of this event, once the transaction is committed."""
    session.add(OutboxEntry(kind="event", name=event.name, payload=event.payload()))
    session.info["poke"] = True


def enqueue(
    session: Session,
    job: str,
    *,
    lane: str = FAST,
    key: str | None = None,
    run_after: datetime | None = None,
    **payload: Any,
) -> bool:
    """Run a job after the commit. With `key` it is queued once for ever; False if the key was already there."""
    entry = OutboxEntry(kind="job", name=job, lane=lane, key=key, payload=payload, run_after=run_after or clock.now())
    session.info["poke"] = True
    if key is None:
        session.add(entry)
        return True
    return insert_once(session, entry)


def _due(moment: Any) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        col(OutboxEntry.finished_at).is_(None),
        col(OutboxEntry.parked_at).is_(None),
        col(OutboxEntry.run_after) <= moment,
        sa.or_(col(OutboxEntry.leased_until).is_(None), col(OutboxEntry.leased_until) < moment),
    )


def any_due(session: Session) -> bool:
    """Whether there is anything that a worker could take now."""
    return session.exec(select(OutboxEntry.id).where(*_due(clock.now())).limit(1)).first() is not None


class Claim(NamedTuple):
    """What a worker needs of the entry that it took."""

    id: int
    kind: str
    name: str
    payload: dict[str, Any]
    attempts: int


# Written once: these three run for every entry, and putting a statement together took longer than running it.
_OLDEST_DUE: Any = (
    sa.select(*(getattr(OutboxEntry, name) for name in Claim._fields))
    .where(col(OutboxEntry.lane) == sa.bindparam("asked"), *_due(sa.bindparam("moment")))
    .order_by(col(OutboxEntry.id))
    .limit(1)
    .with_for_update(skip_locked=True)
)
_OURS = col(OutboxEntry.id) == sa.bindparam("entry")
_LEASED = (
    sa.update(OutboxEntry)
    .where(_OURS)
    .values(leased_until=sa.bindparam("until"), attempts=col(OutboxEntry.attempts) + 1)
)
_FINISHED = sa.update(OutboxEntry).where(_OURS).values(finished_at=sa.bindparam("moment"), leased_until=None)


def claim(session: Session, lane: str) -> Claim | None:
    """Take the oldest due entry of a lane for one lease; None when nothing is due. Other workers skip it."""
    moment = clock.now()
    connection = session.connection()
    found = connection.execute(_OLDEST_DUE, {"asked": lane, "moment": moment}).first()
    if found is None:
        return None
    taken = Claim(*found)
    connection.execute(_LEASED, {"entry": taken.id, "until": moment + LEASE})
    return taken._replace(attempts=taken.attempts + 1)


def finish(session: Session, entry_id: int) -> None:
    """Mark an entry as done, in the transaction of its effect where it has one."""
    session.connection().execute(_FINISHED, {"entry": entry_id, "moment": clock.now()})


def retry_later(session: Session, entry_id: int, attempts: int, error: str) -> None:
    """Note the error; try again after a growing pause, or park the entry once it has failed too often."""
    moment = clock.now()
    values: dict[str, Any] = {"last_error": error[:2000], "leased_until": None}
    if attempts >= MAX_ATTEMPTS:
        values["parked_at"] = moment
    else:
        values["run_after"] = moment + timedelta(seconds=min(300, 2**attempts))
    session.connection().execute(sa.update(OutboxEntry).where(col(OutboxEntry.id) == entry_id).values(**values))


def renew(session: Session, entry_id: int) -> None:
    """Extend the lease of a job that is still running."""
    session.connection().execute(
        sa.update(OutboxEntry).where(col(OutboxEntry.id) == entry_id).values(leased_until=clock.now() + LEASE)
    )


def release_all(session: Session) -> None:
    """Give every lease back; only for the sole worker of a database, at its start."""
    session.connection().execute(
        sa.update(OutboxEntry)
        .where(col(OutboxEntry.finished_at).is_(None), col(OutboxEntry.leased_until).is_not(None))
        .values(leased_until=None)
    )


def prune(session: Session, *, days: int = 14) -> None:
    """Forget entries that were done long ago and that no key has to remember."""
    session.connection().execute(
        sa.delete(OutboxEntry).where(
            col(OutboxEntry.finished_at) < clock.now() - timedelta(days=days), col(OutboxEntry.key).is_(None)
        )
    )


def backlog(session: Session) -> dict[str, int]:
    """How many entries wait and how many were parked after too many failures."""
    unfinished = col(OutboxEntry.finished_at).is_(None)
    parked = col(OutboxEntry.parked_at).is_not(None)
    row = session.exec(
        select(
            sa.func.count(sa.case((sa.not_(parked), 1))), sa.func.count(sa.case((parked, 1)))
        ).where(unfinished)
    ).one()  # fmt: skip
    return {"waiting": row[0], "parked": row[1]}
