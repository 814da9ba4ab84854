"""Whom a wish is owed to: who said it first, who said it too, and who helped below it."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from forum.comments.models import Comment
from forum.merging.queries import heads_of, members_of_groups
from forum.posts.models import Post
from forum.votes.models import Vote

CHUNK = 5000


@dataclass(frozen=True)
class Credit:
    """authors: members who wrote one of the posts, the earliest post first. helpers: members of whom staff called a
    comment useful, the earliest comment first. Imported voices have no account and stand in neither."""

    authors: tuple[int, ...]
    helpers: tuple[int, ...]


def credit_behind(session: Session, post_ids: Iterable[int]) -> Credit:
    """The people to thank for these posts and for what was merged into them; what is deleted or hidden earns none."""
    ids = sorted(members_of_groups(session, post_ids))
    written: list[tuple[object, int, int]] = []
    helped: list[tuple[object, int, int]] = []
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        posts = select(Post.created_at, Post.id, Post.author_id).where(
            col(Post.id).in_(chunk), col(Post.author_id).is_not(None), col(Post.deleted_at).is_(None),
            col(Post.hidden_at).is_(None),
        )  # fmt: skip
        written += [(at, post_id or 0, author_id or 0) for at, post_id, author_id in session.exec(posts)]
        comments = select(Comment.created_at, Comment.id, Comment.author_id).where(
            col(Comment.post_id).in_(chunk), col(Comment.useful_at).is_not(None), col(Comment.deleted_at).is_(None),
            col(Comment.hidden_at).is_(None),
        )  # fmt: skip
        helped += [(at, comment_id or 0, author_id) for at, comment_id, author_id in session.exec(comments)]
    return Credit(_in_order(written), _in_order(helped))


def wished_by(session: Session, member_id: int) -> set[int]:
    """The posts that the member wrote or votes for, and the heads of the groups that these are part of."""
    own = select(Post.id).where(Post.author_id == member_id, col(Post.deleted_at).is_(None))
    voted = select(Vote.post_id).where(Vote.member_id == member_id, col(Vote.root_id).is_not(None))
    ids = {post_id or 0 for post_id in session.exec(own)} | set(session.exec(voted))
    return ids | set(heads_of(session, ids).values())


def _in_order(rows: list[tuple[object, int, int]]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(member_id for _, _, member_id in sorted(rows, key=lambda row: (row[0], row[1]))))
