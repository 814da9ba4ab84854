"""Reading merges: groups, the arithmetic of a merge before it is done, and what was merged into a post."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlmodel import Session, col, select

from cocreate.core.tables import columns
from forum.merging import tree
from forum.merging.laws import head_of, path
from forum.merging.models import Merge
from forum.posts.models import Post, Visibility
from forum.scenes.behind import scene_words

WORDS_OF_ONE, WORDS_OF_ALL = 500, 4000
"""Characters of merged posts that the head of a group is found by."""


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


def merged_words(session: Session, post_ids: Iterable[int]) -> dict[int, str]:
    """Words of everything that was merged into these posts, by post: what everybody may read of it."""
    heads = list(post_ids)
    links = tree.below(session, heads)
    merged = sorted(links.keys() - set(heads))
    found: dict[int, str] = {}
    for chunk in tree.chunks(merged):
        readable = (
            col(Post.deleted_at).is_(None), col(Post.hidden_at).is_(None), col(Post.visibility) == Visibility.PUBLIC
        )  # fmt: skip
        scenes = scene_words(session, chunk)
        for post_id, title, body in session.exec(
            columns(Post.id, Post.title, Post.body).where(col(Post.id).in_(chunk), *readable).order_by(col(Post.id))
        ):
            head = next(step for step in path(links, post_id) if step in heads)
            words = f"{found.get(head, '')}\n{title}\n{body[:WORDS_OF_ONE]}\n{scenes.get(post_id, '')}"
            found[head] = words[:WORDS_OF_ALL]
    return found


def merge_of(session: Session, source_id: int) -> Merge | None:
    """The merge by which a post leads elsewhere now; None when it stands by itself."""
    return session.exec(select(Merge).where(Merge.source_id == source_id, col(Merge.undone_at).is_(None))).first()


def newest_merge(session: Session, post_id: int) -> Merge | None:
    """The latest merge on the way from a post to the head of its group."""
    found = merges_of(session, list(tree.above(session, [post_id])))
    return max(found.values(), key=lambda merge: (merge.at, merge.id or 0), default=None)


def merges_of(session: Session, source_ids: Sequence[int]) -> dict[int, Merge]:
    """The merges that hold now, by source."""
    found: dict[int, Merge] = {}
    for chunk in tree.chunks(sorted(set(source_ids))):
        rows = session.exec(select(Merge).where(col(Merge.source_id).in_(chunk), col(Merge.undone_at).is_(None)))
        found |= {row.source_id: row for row in rows}
    return found
