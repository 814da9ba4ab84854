"""Reading announcements: what everybody may read, and what is being prepared."""

from sqlmodel import Session, col, select

from cocreate.web.paging import Listing, after, cut, decode_cursor
from roadmap.fairness.models import Announcement, AnnouncementState

PUBLIC = (AnnouncementState.PUBLISHED, AnnouncementState.WITHDRAWN)


def published(session: Session, *, cursor: str | None = None, limit: int = 30) -> Listing[Announcement]:
    """What was announced, newest first, a page at a time."""
    order = (col(Announcement.published_at), col(Announcement.id))
    statement = select(Announcement).where(col(Announcement.state).in_(PUBLIC), order[0].is_not(None))
    if cursor:
        statement = statement.where(after(order, decode_cursor(cursor, 2)))
    rows = session.exec(statement.order_by(order[0].desc(), order[1].desc()).limit(limit + 1)).all()
    return cut(rows, limit, lambda row: (row.published_at.isoformat(), row.id))


def prepared(session: Session) -> list[Announcement]:
    """What nobody outside has read yet, the newest first."""
    waiting = select(Announcement).where(col(Announcement.state).not_in(PUBLIC))
    return list(session.exec(waiting.order_by(col(Announcement.id).desc())))
