"""What a post page shows of splits: the parts that were cut out of a post, and where a part came from."""

from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from cocreate.core.actor import Actor
from cocreate.core.tables import columns
from forum.merging.models import Split, SplitPart
from forum.merging.splitting import live_split, part_ids
from forum.posts.models import Post
from forum.posts.queries import readable_by


@dataclass(frozen=True)
class SplitView:
    """parts, siblings: (id, title) as far as this reader may open them. origin: the post that this part stood in."""

    split_id: int = 0
    parts: list[tuple[int, str]] = field(default_factory=list)
    origin: tuple[int, str] | None = None


def split_view(session: Session, actor: Actor, post_id: int) -> SplitView:
    """Splits of and around one post; two statements, one more for each side that there is."""
    split = live_split(session, post_id)
    above = session.exec(
        select(Split.post_id)
        .join(SplitPart, col(SplitPart.split_id) == Split.id)
        .where(SplitPart.post_id == post_id, col(Split.undone_at).is_(None))
    ).first()
    origin = next(iter(_titles(session, actor, [above])), None) if above is not None else None
    if split is None:
        return SplitView(origin=origin)
    return SplitView(split.id or 0, _titles(session, actor, part_ids(session, split.id or 0)), origin)


def _titles(session: Session, actor: Actor, ids: list[int]) -> list[tuple[int, str]]:
    statement = columns(Post.id, Post.title).where(col(Post.id).in_(ids), *readable_by(actor)).order_by(col(Post.id))
    return [(row[0], row[1]) for row in session.exec(statement)]
