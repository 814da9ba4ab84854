"""The one way by which an item's planned window changes: through the promise ledger, which asks for a reason."""

from sqlmodel import Session

from cocreate.core.actor import Actor
from roadmap.items.models import RoadmapItem
from roadmap.items.windows import Window, window_of
from roadmap.promises.service import commit_date


def commit(session: Session, item: RoadmapItem, window: Window | None, *, reason: str, by: Actor) -> None:
    """Write the window into the ledger and then onto the item. What everybody may read is a promise."""
    commit_as(session, item, window, reason=reason, by=by, public=item.public)


def commit_as(
    session: Session, item: RoadmapItem, window: Window | None, *, reason: str, by: Actor, public: bool
) -> None:
    """The same while who may read the item changes along: `public` says what holds afterwards."""
    old = window_of(item.planned_from, item.planned_to)
    commit_date(
        session, ("item", item.id or 0), old.last if old else None, window.last if window else None,
        reason=reason, by=by, public=public, starts_on=window.first if window and window.first != window.last else None,
    )  # fmt: skip
    item.planned_from, item.planned_to = (window.first, window.last) if window else (None, None)
    session.add(item)
    session.flush()
