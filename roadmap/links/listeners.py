"""What owners and product managers do elsewhere, and which items must follow it."""

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.actor import Actor
from cocreate.core.runtime import Runtime
from feedback_cluster.events import RunFinished, ThemePostsChanged, ThemesMerged
from forum import api as forum
from forum.events import (
    PostDeleted,
    PostHidden,
    PostRestored,
    PostsMerged,
    PostUnmerged,
    ScenesChanged,
    VoteCast,
    VoteWithdrawn,
)
from roadmap.items.models import ItemChange, RoadmapItem
from roadmap.links import service
from roadmap.links.models import ItemLink, ItemPost

AboutPost = PostDeleted | PostHidden | PostRestored | ScenesChanged | VoteCast | VoteWithdrawn
Merged = PostsMerged | PostUnmerged


def recount(session: Session, event: AboutPost) -> None:
    """A voice, a vote or a scene came or went: the items behind which it stands count again."""
    ids = forum.group_ids(session, event.post_id)
    service.touch(session, session.exec(select(ItemPost.item_id).where(col(ItemPost.post_id).in_(ids))))


def follow_posts_merged(session: Session, event: Merged) -> None:
    """Posts are one wish now, or two again: an item that answers one of them answers the head of its group as well."""
    ids = {*forum.group_ids(session, event.source_id), *forum.group_ids(session, event.target_id)}
    service.touch(session, session.exec(select(ItemPost.item_id).where(col(ItemPost.post_id).in_(ids))))


def follow_posts(session: Session, event: ThemePostsChanged) -> None:
    """Posts joined or left themes: they take or leave the status of the items that answer these themes."""
    moved = service.follow_merges(session)
    wanted = col(ItemLink.current_theme_id).in_(event.theme_ids)
    service.touch(session, [*moved, *session.exec(select(ItemLink.item_id).where(wanted))])


def follow_merge(session: Session, _event: ThemesMerged) -> None:
    """A theme lives under another one now."""
    service.touch(session, service.follow_merges(session))


def follow_run(session: Session, _event: RunFinished) -> None:
    """Any theme may have other posts than before."""
    service.follow_merges(session)
    service.touch(session, session.exec(select(ItemLink.item_id).where(col(ItemLink.theme_id).is_not(None))))


def sync_item(runtime: Runtime, *, item_id: int) -> None:
    """Job: bring one item up to date; quiet, those behind it hear at its next step.

    The mark is cleared before anything is read: a vote that comes during the count asks for another one.
    """
    with runtime.database.write() as session:
        session.connection().execute(sa.update(RoadmapItem).where(col(RoadmapItem.id) == item_id).values(stale=False))
    with runtime.database.write() as session:
        item = session.get(RoadmapItem, item_id)
        if item is not None:
            service.sync_item(session, item)


def settle_posts(runtime: Runtime, *, change_id: int) -> None:
    """Job: the many posts behind an item follow its step, in chunks that other writers can pass.

    A step that another one has followed is left to that one's job; doing it twice changes nothing.
    """
    with runtime.database.read() as session:
        change = session.get(ItemChange, change_id)
        item = session.get(RoadmapItem, change.item_id) if change else None
        if change is None or item is None or not item.public:
            return
        newest = select(sa.func.max(ItemChange.id)).where(ItemChange.item_id == item.id)
        if session.exec(newest).one() != change_id:
            return
        ids = sorted(session.exec(select(ItemPost.post_id).where(ItemPost.item_id == item.id)))
    by = Actor(id=change.by_id)
    for start in range(0, len(ids), service.CHUNK):
        with runtime.database.write() as session:
            service.settle_posts(
                session, ids[start : start + service.CHUNK], by=by, cause_id=change.item_id, reason=change.sentence,
                at=change.at,
            )  # fmt: skip
