"""Links between items and what owners said, and what follows from them: the posts behind an item, their status, and
how many people that is."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, outbox
from cocreate.core.actor import Actor
from cocreate.core.db import insert_many_once, insert_once
from cocreate.core.errors import NotFound
from cocreate.core.tables import columns
from feedback_cluster import api as cluster
from forum import api as forum
from forum.api import PostStatus
from roadmap.events import ItemLinked
from roadmap.indexing import count_item
from roadmap.items.models import ItemChange, ItemStatus, RoadmapItem
from roadmap.items.stages import POST_STATUS, further
from roadmap.links import supporters
from roadmap.links.models import ItemLink, ItemPost

CHUNK = 500
AT_ONCE = 100
"""Behind an item with more posts these follow its steps by a job: nobody waits for thousands of rows."""
CAUSE = "roadmap_item"
NOBODY = Actor()
"""Who acts when news alone makes posts follow."""


class Linked(IntEnum):
    """What came of a link. QUIETLY: so many people stand behind what joined that nobody tells them alone; they hear of
    the item with its next step, which a second person approves."""

    BEFORE = 0
    QUIETLY = 1
    TOLD = 2


def link_theme(session: Session, item: RoadmapItem, theme_id: int, *, by: Actor) -> Linked:
    """The item answers this theme and everybody in it, who hear where it stands."""
    current = cluster.resolve(session, theme_id)
    if not cluster.theme_cards(session, [current]):
        raise NotFound(f"theme {theme_id}")
    link = ItemLink(item_id=item.id or 0, theme_id=theme_id, current_theme_id=current, created_by=by.id)
    return _add(session, item, link, by=by)


def link_post(session: Session, item: RoadmapItem, post_id: int, *, by: Actor) -> Linked:
    """The item answers this one post, and those behind it hear where it stands."""
    if not forum.visible_ids(session, by, [post_id]):
        raise NotFound(f"post {post_id}")
    forum.hold(session, [post_id], "roadmap")
    return _add(session, item, ItemLink(item_id=item.id or 0, post_id=post_id, created_by=by.id), by=by)


def _add(session: Session, item: RoadmapItem, link: ItemLink, *, by: Actor) -> Linked:
    if not insert_once(session, link):
        return Linked.BEFORE
    audit.record(session, by, "item.link", "roadmap_item", item.id, theme=link.theme_id, post=link.post_id)
    newest = select(ItemChange).where(ItemChange.item_id == item.id).order_by(col(ItemChange.id).desc()).limit(1)
    change = session.exec(newest).first()
    joined = sync_item(session, item, by=by, reason=change.sentence if change else "")
    quiet = change is not None and item.shown and supporters.too_many(session, item, joined)
    if change is not None and item.shown and not quiet:
        # Not queued once for ever: a later link brings further people, and each member has one message per step anyway.
        outbox.enqueue(session, "roadmap.tell_supporters", lane=outbox.MESSAGES, change_id=change.id)
    outbox.publish(session, ItemLinked(item_id=item.id or 0))
    return Linked.QUIETLY if quiet else Linked.TOLD


def unlink(session: Session, item: RoadmapItem, link: ItemLink, *, by: Actor) -> None:
    """Take a link back; posts that no other item answers return to waiting. Linking again undoes it."""
    session.delete(link)
    session.flush()
    audit.record(session, by, "item.unlink", "roadmap_item", item.id, theme=link.theme_id, post=link.post_id)
    sync_item(session, item, by=by)
    outbox.publish(session, ItemLinked(item_id=item.id or 0))


def get_link(session: Session, item_id: int, link_id: int) -> ItemLink:
    """The link, if it belongs to the item; NotFound otherwise."""
    link = session.get(ItemLink, link_id)
    if link is None or link.item_id != item_id:
        raise NotFound(f"link {link_id} of item {item_id}")
    return link


def link_of(session: Session, item_id: int, theme_id: int) -> int:
    """Id of the link between an item and a theme that was just linked to it."""
    statement = select(ItemLink.id).where(ItemLink.item_id == item_id, ItemLink.theme_id == theme_id)
    return session.exec(statement).one() or 0


def follow_merges(session: Session) -> list[int]:
    """Bring every link to where its theme lives now; the items whose links moved."""
    moved: list[int] = []
    for link in session.exec(select(ItemLink).where(col(ItemLink.theme_id).is_not(None))).all():
        current = cluster.resolve(session, link.theme_id or 0)
        if current != link.current_theme_id:
            link.current_theme_id = current
            session.add(link)
            moved.append(link.item_id)
    session.flush()
    return moved


def sync_item(
    session: Session, item: RoadmapItem, *, by: Actor = NOBODY, reason: str = "", at: datetime | None = None
) -> list[int]:
    """Make the posts behind an item those that its links name now, let statuses follow and count the people; the posts
    that joined.

    Only posts that join or leave take another status: one that somebody set by hand lasts until the item's next step.
    """
    item_id = item.id or 0
    wanted = _posts_named(session, item_id)
    known = set(session.exec(select(ItemPost.post_id).where(ItemPost.item_id == item_id)))
    gone = sorted(known - wanted.keys())
    for start in range(0, len(gone), CHUNK):
        session.connection().execute(
            sa.delete(ItemPost).where(
                col(ItemPost.item_id) == item_id, col(ItemPost.post_id).in_(gone[start : start + CHUNK])
            )
        )
    joined = sorted(wanted.keys() - known)
    insert_many_once(session, [ItemPost(item_id=item_id, post_id=post, theme_id=wanted[post]) for post in joined])
    settle_posts(session, joined, by=by, cause_id=item_id, reason=reason, at=at)
    _let_go(session, item_id, gone, item.status, by=by)
    crowd = forum.people_behind(session, wanted)
    item.people, item.voices = crowd.people, crowd.voices
    item.labels, item.imported_votes = crowd.labels, crowd.imported_votes
    session.add(item)
    session.flush()
    count_item(session, item)
    return joined


def _posts_named(session: Session, item_id: int) -> dict[int, int | None]:
    """Posts that an item's links name: post → the theme it came through, None when it was linked itself."""
    rows = session.exec(select(ItemLink).where(ItemLink.item_id == item_id)).all()
    themes = sorted({row.current_theme_id for row in rows if row.current_theme_id is not None})
    named: dict[int, int | None] = {}
    for theme_id, ids in cluster.post_ids_of(session, themes).items():
        named |= dict.fromkeys(ids, theme_id)
    named |= {row.post_id: None for row in rows if row.post_id is not None}
    # An item that answers a merged post answers the one that it leads to: that is the one owners see.
    heads = forum.heads_of(session, named)
    return {heads[post_id]: theme_id for post_id, theme_id in named.items() if post_id in heads} | named


def settle_item(
    session: Session, item: RoadmapItem, *, by: Actor, reason: str = "", at: datetime | None = None
) -> None:
    """All posts behind an item take the status that follows from it; from an item that is not public, none does."""
    ids = list(session.exec(select(ItemPost.post_id).where(ItemPost.item_id == item.id)))
    settle_posts(session, ids, by=by, cause_id=item.id or 0, reason=reason, at=at)
    if not item.public:
        _let_go(session, item.id or 0, ids, item.status, by=by)


def settle_change(session: Session, item: RoadmapItem, change: ItemChange, *, by: Actor) -> None:
    """Let the posts behind an item follow a step: at once while they are few, by a job where there are many."""
    many = select(sa.func.count()).select_from(ItemPost).where(ItemPost.item_id == item.id)
    if session.exec(many).one() > AT_ONCE:
        outbox.enqueue(session, "roadmap.settle_posts", change_id=change.id)
    else:
        settle_item(session, item, by=by, reason=change.sentence, at=change.at)


def settle_posts(
    session: Session, post_ids: Sequence[int], *, by: Actor = NOBODY, cause_id: int = 0, reason: str = "",
    at: datetime | None = None
) -> None:  # fmt: skip
    """Give posts the status of the item that is furthest along for each. reason: what to say where `cause_id` leads."""
    best = _leading_items(session, post_ids)
    groups: dict[tuple[int, ItemStatus], list[int]] = defaultdict(list)
    for post_id, lead in best.items():
        groups[lead].append(post_id)
    for (item_id, status), ids in sorted(groups.items()):
        said = reason if item_id == cause_id else ""
        forum.set_status(session, ids, POST_STATUS[status], cause=(CAUSE, item_id), by=by, reason=said, at=at)


def _leading_items(session: Session, post_ids: Sequence[int]) -> dict[int, tuple[int, ItemStatus]]:
    best: dict[int, tuple[int, ItemStatus]] = {}
    for start in range(0, len(post_ids), CHUNK):
        statement = (
            columns(ItemPost.post_id, RoadmapItem.id, RoadmapItem.status)
            .join(RoadmapItem, col(RoadmapItem.id) == ItemPost.item_id)
            .where(col(ItemPost.post_id).in_(post_ids[start : start + CHUNK]), col(RoadmapItem.public))
            .order_by(col(RoadmapItem.id))
        )
        for post_id, item_id, status in session.exec(statement):
            if post_id not in best or further(status, best[post_id][1]):
                best[post_id] = (item_id, status)
    return best


def _let_go(session: Session, item_id: int, post_ids: Sequence[int], status: ItemStatus, *, by: Actor) -> None:
    """Posts that no item answers any more return to where they stood before one did, unless somebody has since given
    them another status by hand."""
    if not post_ids:
        return
    led = _leading_items(session, post_ids)
    settle_posts(session, sorted(led), by=by)
    free = [post_id for post_id in post_ids if post_id not in led]
    ours = (
        [post.id for post in forum.post_texts(session, ids=free) if post.status == POST_STATUS[status]] if free else []
    )
    back: dict[PostStatus, list[int]] = defaultdict(list)
    for post_id, before in forum.status_before(session, ours, CAUSE).items():
        back[before].append(post_id)
    for before, ids in sorted(back.items()):
        cause = CAUSE if before == PostStatus.OPEN else "returned"
        forum.set_status(session, ids, before, cause=(cause, item_id), by=by)


def touch(session: Session, item_ids: Iterable[int]) -> None:
    """Have these items synced soon, once however often this is called before it happens."""
    ids = sorted(set(item_ids))
    if not ids:
        return
    result: Any = session.connection().execute(
        sa.update(RoadmapItem)
        .where(col(RoadmapItem.id).in_(ids), col(RoadmapItem.stale).is_(False))
        .values(stale=True)
        .returning(col(RoadmapItem.id))
    )
    for (item_id,) in result.all():
        outbox.enqueue(session, "roadmap.sync_item", item_id=item_id)
