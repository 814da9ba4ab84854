"""Reading merges: groups, the arithmetic of a merge before it is done, and what was merged into a post."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlmodel import Session, col, select

from forum.merging import tree
from forum.merging.laws import head_of
from forum.merging.models import Merge
from forum.posts.models import Post


@dataclass(frozen=True)
class Group:
    """All posts that lead to one head, the head first and then by id."""

    root_id: int
    post_ids: tuple[int, ...]


@dataclass(frozen=True)
class Sum:
    """What a merge comes to. source, target: people who voted at each; both: at both of them; together: distinct
    people; posts: how many posts are one then; imported: votes counted elsewhere, on both sides, shown apart."""

    source: int
    target: int
    both: int
    together: int
    posts: int
    imported: int = 0

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def group_of(session: Session, post_id: int) -> Group:
    """The group that a post belongs to; of itself alone when it was never merged."""
    root_id = tree.head(session, post_id)
    ids = tree.below(session, [root_id])
    return Group(root_id, (root_id, *sorted(ids.keys() - {root_id})))


def heads_of(session: Session, post_ids: Iterable[int]) -> dict[int, int]:
    """The head of each post's group, by post; posts that do not exist are left out."""
    wanted = list(post_ids)
    links = tree.above(session, wanted)
    return {post_id: head_of(links, post_id) for post_id in wanted if post_id in links}


def members_of_groups(session: Session, post_ids: Iterable[int]) -> list[int]:
    """These posts and everything that was merged into them."""
    return sorted(tree.below(session, list(post_ids)))


def merge_sum(session: Session, source_id: int, target_id: int) -> Sum:
    """The arithmetic of merging one head into another; both must be heads."""
    counts = dict(
        session.exec(select(Post.id, Post.vote_count).where(col(Post.id).in_([source_id, target_id]))).all()
    )  # fmt: skip
    ids = list(tree.below(session, [source_id, target_id]))
    imported = 0
    for chunk in tree.chunks(ids):
        imported += sum(session.exec(select(Post.imported_votes).where(col(Post.id).in_(chunk))))
    both = tree.common_people(session, source_id, target_id)
    source, target = counts.get(source_id, 0), counts.get(target_id, 0)
    return Sum(source, target, both, source + target - both, len(ids), imported)


def merge_of(session: Session, source_id: int) -> Merge | None:
    """The merge by which a post leads elsewhere now; None when it stands by itself."""
    return session.exec(select(Merge).where(Merge.source_id == source_id, col(Merge.undone_at).is_(None))).first()


def merges_of(session: Session, source_ids: Sequence[int]) -> dict[int, Merge]:
    """The merges that hold now, by source."""
    found: dict[int, Merge] = {}
    for chunk in tree.chunks(sorted(set(source_ids))):
        rows = session.exec(select(Merge).where(col(Merge.source_id).in_(chunk), col(Merge.undone_at).is_(None)))
        found |= {row.source_id: row for row in rows}
    return found
