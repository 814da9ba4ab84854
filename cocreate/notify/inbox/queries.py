"""What is in an inbox."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.statements import prepared
from cocreate.notify.inbox.models import InboxMessage
from cocreate.web.paging import Listing, after, cut, decode_cursor


def messages(
    session: Session, member_id: int, *, unread_only: bool = False, cursor: str | None = None, limit: int = 20
) -> Listing[InboxMessage]:
    """A page of the member's messages, newest first."""
    statement = select(InboxMessage).where(InboxMessage.member_id == member_id)
    if unread_only:
        statement = statement.where(col(InboxMessage.read_at).is_(None))
    if cursor:
        statement = statement.where(after([col(InboxMessage.id)], decode_cursor(cursor, 1)))
    rows = session.exec(statement.order_by(col(InboxMessage.id).desc()).limit(limit + 1)).all()
    return cut(rows, limit, lambda row: [row.id])


def unread_count(session: Session, member_id: int) -> int:
    """How many messages of this member are unread."""
    return int(_unread(session, member_id=member_id).one())


@prepared
def _unread(*, member_id: int) -> Any:
    return select(sa.func.count(col(InboxMessage.id))).where(
        InboxMessage.member_id == member_id, col(InboxMessage.read_at).is_(None)
    )
