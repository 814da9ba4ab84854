"""Who did what to what: entries written in the transaction of the act, never changed afterwards."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from cocreate.core import clock
from cocreate.core.actor import Actor
from cocreate.core.tables import APPEND_ONLY


class AuditEntry(SQLModel, table=True):
    """One act. Holds ids and facts, no personal text: the table refuses UPDATE and DELETE."""

    __tablename__ = "audit_entry"
    __table_args__ = (sa.Index("ix_audit_entry_subject", "subject_kind", "subject_id"), APPEND_ONLY)

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(default_factory=clock.now, index=True)
    actor_id: int | None = Field(default=None, index=True)
    action: str = Field(max_length=80)
    subject_kind: str = Field(max_length=40)
    subject_id: int | None = None
    detail: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)


def record(
    session: Session, actor: Actor, action: str, subject_kind: str, subject_id: int | None, **detail: Any
) -> None:
    """Write one audit entry, committed or rolled back with the act itself."""
    session.add(
        AuditEntry(actor_id=actor.id, action=action, subject_kind=subject_kind, subject_id=subject_id, detail=detail)
    )


def trail(session: Session, subject_kind: str, subject_id: int, *, limit: int = 50) -> list[AuditEntry]:
    """What happened to one subject, newest first."""
    statement = (
        select(AuditEntry)
        .where(AuditEntry.subject_kind == subject_kind, AuditEntry.subject_id == subject_id)
        .order_by(col(AuditEntry.id).desc())
        .limit(limit)
    )
    return list(session.exec(statement))
