"""The people behind an item, and those of them who hear of its steps."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from cocreate.core.statements import prepared
from forum import api as forum
from forum.api import Supporters, Tie
from roadmap.boards.audience import readers_among
from roadmap.items.models import RoadmapItem
from roadmap.links.models import ItemPost
from roadmap.publishing.approval import needs_second

CHUNK = 5_000


def behind(session: Session, item: RoadmapItem) -> Supporters:
    """Authors, voters, owners with a scene and followers of all posts behind the item, each person once."""
    ids = list(session.exec(select(ItemPost.post_id).where(col(ItemPost.item_id) == item.id)))
    return forum.people_behind(session, ids)


@dataclass(frozen=True)
class OwnPart:
    """What makes one member a supporter of an item: their posts behind it, own ones first; whether they wrote or voted
    for one of them, and did not only follow it or add a scene."""

    posts: list[int]
    wrote: bool
    spoke: bool


def own_parts(session: Session, member_id: int, item_ids: Collection[int]) -> dict[int, OwnPart]:
    """Those of the items behind which the member stands. Read from the member's side: behind an item may stand
    thousands, and a page that asks about one reader must not count them."""
    mine = forum.posts_of(session, member_id) if item_ids else {}
    heads = forum.heads_of(session, mine)
    behind: dict[int, set[int]] = {item_id: set() for item_id in item_ids}
    wanted = sorted({*mine, *heads.values()})
    for start in range(0, len(wanted), CHUNK):
        rows = _behind(session, post_ids=wanted[start : start + CHUNK], item_ids=list(item_ids))
        for item_id, post_id in rows:
            behind[item_id].add(post_id)
    found = {
        item_id: [post for post in mine if post in ids or heads.get(post) in ids] for item_id, ids in behind.items()
    }
    closest = {item_id: min(mine[post] for post in posts) for item_id, posts in found.items() if posts}
    return {
        item_id: OwnPart(found[item_id], wrote=tie == Tie.WROTE, spoke=tie in (Tie.WROTE, Tie.VOTED))
        for item_id, tie in closest.items()
    }


@prepared
def _behind(*, post_ids: Sequence[int], item_ids: Sequence[int]) -> Any:
    return select(ItemPost.item_id, ItemPost.post_id).where(
        col(ItemPost.post_id).in_(post_ids), col(ItemPost.item_id).in_(item_ids)
    )


@dataclass(frozen=True)
class Addressed:
    """Members who hear of an item's steps: those who wrote, those who voted, and those who follow or added a scene;
    each in the first group that fits."""

    wrote: set[int] = field(default_factory=set)
    voted: set[int] = field(default_factory=set)
    follows: set[int] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.wrote) + len(self.voted) + len(self.follows)

    @property
    def members(self) -> set[int]:
        return self.wrote | self.voted | self.follows


def addressed(session: Session, item: RoadmapItem, found: Supporters | None = None) -> Addressed:
    """Who would be told of a step now: those behind the item who may read it. found: what `behind` said already."""
    found = found or behind(session, item)
    members = readers_among(session, item, found.members)
    wrote = members & found.authors.keys()
    voted = (members & found.voters.keys()) - wrote
    return Addressed(wrote, voted, members - wrote - voted)


def too_many(session: Session, item: RoadmapItem, post_ids: Collection[int] | None = None) -> bool:
    """Whether so many members behind the item, or behind these posts of it, would be told that nobody tells them alone.
    Thousands are not counted for it: what is known of the item is enough."""
    if post_ids is None:
        return needs_second(session, at_least(item)) or needs_second(session, len(addressed(session, item)))
    if not post_ids:
        return False
    return needs_second(session, len(addressed(session, item, forum.people_behind(session, post_ids))))


def at_least(item: RoadmapItem) -> int:
    """How many members hear of a step, counted without asking: those who wrote, voted or told a scene when the item was
    last counted. Followers come on top; of an item for some readers nothing is known before one asks."""
    return item.people - item.labels if item.public else 0
