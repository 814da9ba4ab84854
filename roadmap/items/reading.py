"""What follows when other people may read an item: statuses of posts, the ledger, the index, a word to those behind."""

import sqlalchemy as sa
from sqlmodel import Session, select

from cocreate.core import outbox
from cocreate.core.actor import Actor
from roadmap.boards.audience import is_public
from roadmap.indexing import index_item
from roadmap.items import dates
from roadmap.items.models import ItemChange, RoadmapItem
from roadmap.items.windows import Window
from roadmap.links import service as links
from roadmap.links import supporters


def settle_reading(
    session: Session, item: RoadmapItem, *, by: Actor, window: Window | None, reason: str = "", tell: bool = True
) -> None:
    """Make `public` what the item's boards say and the planned window what was asked for; let everything follow.

    tell: whoever may read it from now on hears where it stands, each at most once per step; where they are so many that
    nobody tells them alone, with the next step, which a second person approves.
    """
    public = is_public(session, item)
    dates.commit_as(session, item, window, reason=reason, by=by, public=public)
    before, item.public = item.public, public
    session.add(item)
    session.flush()
    if before != public:
        links.settle_item(session, item, by=by)
        index_item(session, item)
    newest = select(sa.func.max(ItemChange.id)).where(ItemChange.item_id == item.id)
    if tell and item.shown and (change_id := session.exec(newest).one()) and not supporters.too_many(session, item):
        # No key: the step may have been queued and found not public. Each member has one message per step anyway.
        outbox.enqueue(session, "roadmap.tell_supporters", lane=outbox.MESSAGES, change_id=change_id)
