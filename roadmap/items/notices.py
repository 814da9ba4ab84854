"""What those behind an item are told at each of its steps: once per person, with the reason why they get it."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from cocreate.core import outbox
from cocreate.core.module import Notice
from cocreate.core.runtime import Runtime
from cocreate.core.text_marks import N_
from cocreate.notify.inbox.service import reword, tell, translated
from forum import api as forum
from forum.api import Supporters, Visibility
from forum.events import PostDeleted, PostEdited, PostHidden
from roadmap.events import ItemStageChanged
from roadmap.items.models import ItemChange, RoadmapItem
from roadmap.items.stages import STAGE_NEWS
from roadmap.links.models import ItemPost

TITLE = N_("“%(item)s” %(news)s")
BODY = "%(sentence)s"
NO_TITLE = N_("(not shown any more)")
"""Stands where the title of a post was that the reader may not open any more."""
WROTE = "roadmap.step.wrote"
NOTICES = {
    WROTE: Notice(TITLE, N_("Because you wrote #%(post)s: %(title)s"), BODY),
    "roadmap.step.voted": Notice(TITLE, N_("Because you voted for #%(post)s: %(title)s"), BODY),
    "roadmap.step.follows": Notice(TITLE, N_("Because you follow #%(post)s: %(title)s"), BODY),
}
CHUNK = 200


def queue_messages(session: Session, event: ItemStageChanged) -> None:
    """Have a step of a public item told to those behind it, once for ever; others are told once they become public."""
    item = session.get(RoadmapItem, event.item_id)
    if item is None or not item.public:
        return
    outbox.enqueue(session, "roadmap.tell_supporters", key=f"roadmap.tell:{event.change_id}", change_id=event.change_id)


def tell_supporters(runtime: Runtime, *, change_id: int) -> None:
    """Job: one message to each author, voter and follower behind the item, in chunks that other writers can pass.

    Each message's key names item, stage and occurrence: a second run after a crash adds only what is missing, and
    somebody who stands behind three posts of the item still gets one.
    """
    with runtime.database.read() as session:
        change = session.get(ItemChange, change_id)
        item = session.get(RoadmapItem, change.item_id) if change else None
        if change is None or item is None or not item.public:
            return
        ids = list(session.exec(select(ItemPost.post_id).where(col(ItemPost.item_id) == item.id)))
        behind = forum.people_behind(session, ids)
        key, words, url = message_key(change), wording(item, change), f"/roadmap/{item.id}"
    members = sorted(behind.members)
    for start in range(0, len(members), CHUNK):
        chunk = members[start : start + CHUNK]
        with runtime.database.write() as session:
            for notice, params in by_reason(session, behind, chunk, words).items():
                tell(session, list(params), notice, key=key, params=params, url=url)


def forget_title(session: Session, event: PostDeleted | PostHidden | PostEdited) -> None:
    """Messages lose the title of a post that is blanked, and but for its author of one that others may not open now."""
    if any(post.visibility == Visibility.PUBLIC for post in forum.post_texts(session, ids=[event.post_id])):
        return
    told = list(NOTICES) if isinstance(event, PostDeleted) else [notice for notice in NOTICES if notice != WROTE]
    reword(session, told, "post", event.post_id, title=translated(NO_TITLE))


def message_key(change: ItemChange) -> str:
    """One message per member, item, stage and occurrence."""
    return f"item:{change.item_id}:{change.stage.value}:{change.occurrence}"


def wording(item: RoadmapItem, change: ItemChange) -> dict[str, Any]:
    """What all messages about this step have in common."""
    return {"item": item.title, "news": translated(STAGE_NEWS[change.stage]), "sentence": change.sentence}


def by_reason(
    session: Session, behind: Supporters, members: Sequence[int], words: dict[str, Any]
) -> dict[str, dict[int, dict[str, Any]]]:
    """The chunk's members by the reason why they are told, each with their own post."""
    first = {member: (behind.authors.get(member) or behind.members[member])[0] for member in members}
    texts = {post.id: post for post in forum.post_texts(session, ids=sorted(set(first.values())))}
    groups: dict[str, dict[int, dict[str, Any]]] = {}
    for member, post_id in first.items():
        wrote, voted = member in behind.authors, member in behind.voters
        post = texts.get(post_id)
        # A post that was taken out of sight since is named by its number alone, but to its author.
        shown = post is not None and (wrote or post.visibility == Visibility.PUBLIC)
        params = {**words, "post": post_id, "title": post.title if post and shown else translated(NO_TITLE)}
        notice = WROTE if wrote else "roadmap.step.voted" if voted else "roadmap.step.follows"
        groups.setdefault(notice, {})[member] = params
    return groups
