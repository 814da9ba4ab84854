"""Whom items and releases thank by name: authors of public posts behind them who have agreed to be named. There is no
other way to a name: pages that thank ask here."""

from collections import defaultdict
from collections.abc import Iterable

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.actor import GUEST
from cocreate.identity.members.models import Member
from forum import api as forum
from roadmap.links.models import ItemPost

MOST = 3
LOOKED_AT = 30
"""Posts of each item among which names are looked for, directly linked ones first."""


def thanked_names(session: Session, item_ids: Iterable[int | None], *, most: int = MOST) -> dict[int, list[str]]:
    """A few names by item; items that name nobody are left out."""
    wanted = {item_id for item_id in item_ids if item_id is not None}
    if not wanted:
        return {}
    order = (col(ItemPost.theme_id).is_not(None), col(ItemPost.post_id))
    place = sa.func.row_number().over(partition_by=col(ItemPost.item_id), order_by=order).label("place")
    ranked = select(ItemPost.item_id, ItemPost.post_id, place).where(col(ItemPost.item_id).in_(wanted)).subquery()
    rows = session.connection().execute(
        sa.select(ranked.c.item_id, ranked.c.post_id).where(ranked.c.place <= LOOKED_AT).order_by(ranked.c.place)
    )
    posts: dict[int, list[int]] = defaultdict(list)
    for item_id, post_id in rows:
        posts[item_id].append(post_id)
    # As a guest sees them: a post that only staff may read names nobody.
    cards = forum.post_cards(session, {post_id for ids in posts.values() for post_id in ids}, actor=GUEST)
    agreed = _agreed(session, {card.author_id for card in cards.values() if card.author_id is not None})
    named = {
        item_id: [cards[i].author_name for i in ids if i in cards and cards[i].author_id in agreed]
        for item_id, ids in posts.items()
    }
    return {item_id: list(dict.fromkeys(filter(None, names)))[:most] for item_id, names in named.items() if names}


def _agreed(session: Session, member_ids: Iterable[int]) -> set[int]:
    wanted = list(member_ids)
    if not wanted:
        return set()
    statement = select(Member.id).where(
        col(Member.id).in_(wanted), col(Member.named_in_releases), col(Member.deleted_at).is_(None)
    )
    return {member_id for member_id in session.exec(statement) if member_id is not None}
