"""What a post page shows of splits: the parts that were cut out of a post, and where a part came from."""

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cocreate.core.actor import Actor
from cocreate.core.statements import prepared
from cocreate.core.tables import columns
from forum.merging.models import Split, SplitPart
from forum.merging.splitting import part_ids
from forum.posts.models import Post
from forum.posts.queries import readable_by


@dataclass(frozen=True)
class SplitView:
    """parts, siblings: (id, title) as far as this reader may open them. origin: the post that this part stood in."""

    split_id: int = 0
    parts: list[tuple[int, str]] = field(default_factory=list)
    origin: tuple[int, str] | None = None


def split_view(session: Session, actor: Actor, post_id: int) -> SplitView:
    """Splits of and around one post; one statement, one more for each side that there is."""
    found = dict(_splits(session, post_id=post_id).all())
    split_id = found.pop(post_id, None)
    origin = next(iter(_titles(session, actor, list(found))), None) if found else None
    if split_id is None:
        return SplitView(origin=origin)
    return SplitView(split_id, _titles(session, actor, part_ids(session, split_id)), origin)


@prepared
def _splits(*, post_id: int) -> Any:
    """(post, split) of the splits that hold now: of the post itself, and of the post that it was part of."""
    parts = sa.select(col(SplitPart.split_id)).where(col(SplitPart.post_id) == post_id)
    here = sa.or_(col(Split.post_id) == post_id, col(Split.id).in_(parts))
    return columns(Split.post_id, Split.id).where(here, col(Split.undone_at).is_(None)).order_by(col(Split.id))


def _titles(session: Session, actor: Actor, ids: list[int]) -> list[tuple[int, str]]:
    statement = columns(Post.id, Post.title).where(col(Post.id).in_(ids), *readable_by(actor)).order_by(col(Post.id))
    return [(row[0], row[1]) for row in session.exec(statement)]
