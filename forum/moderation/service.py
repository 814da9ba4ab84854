"""The least a community needs: taking a post or comment out of sight, with a reason, and bringing it back."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.errors import Invalid
from cocreate.core.text_marks import N_
from forum import indexing
from forum.comments.models import Comment
from forum.comments.service import change_comment, count_comment
from forum.events import PostHidden, PostRestored
from forum.merging import tree
from forum.merging.heirs import pass_on
from forum.points import settle_comment
from forum.posts.models import Post, PostTag
from forum.silence.service import follow_comment
from search import api as search


class ReasonMissing(Invalid):
    code = "reason_missing"
    message = N_("Please say why; the author reads it.")


def hide_post(session: Session, post: Post, *, reason: str, by: Actor) -> None:
    """Take a post out of lists, search and themes. Its author and moderators still see it, with the reason."""
    if not reason.strip():
        raise ReasonMissing(fields={"reason": ReasonMissing.message})
    if not _change(session, post, col(Post.hidden_at).is_(None), hidden_at=clock.now()):
        return
    search.remove(session, "post", [post.id or 0])
    audit.record(session, by, "post.hide", "post", post.id, reason=reason.strip())
    outbox.publish(session, PostHidden(post_id=post.id or 0))


def restore_post(session: Session, post: Post, *, by: Actor) -> None:
    """Bring a hidden post back. Where the post that it is part of was blanked meanwhile, it goes on in its place."""
    if post.hidden_at is None:
        return
    tags = list(session.exec(select(PostTag.tag).where(PostTag.post_id == post.id)))
    prepared = indexing.prepare_post(session, post, tags)
    if post.merged_into_id is not None:
        tree.lock_links(session, alone=True)
    if not _change(session, post, col(Post.hidden_at).is_not(None), hidden_at=None):
        return
    if post.merged_into_id is None:
        indexing.put_post(session, prepared, post.id or 0)
    else:
        head = session.get_one(Post, tree.head(session, post.id or 0))
        if head.deleted_at is not None:
            pass_on(session, head, by=by)
    audit.record(session, by, "post.restore", "post", post.id)
    outbox.publish(session, PostRestored(post_id=post.id or 0))


def hide_comment(session: Session, comment: Comment, *, reason: str, by: Actor) -> None:
    """Take a comment out of sight."""
    if not reason.strip():
        raise ReasonMissing(fields={"reason": ReasonMissing.message})
    there = (col(Comment.deleted_at).is_(None), col(Comment.hidden_at).is_(None))
    if not change_comment(session, comment, *there, hidden_at=clock.now()):
        return
    count_comment(session, comment, -1)
    settle_comment(session, comment)
    follow_comment(session, comment)
    audit.record(session, by, "comment.hide", "comment", comment.id, reason=reason.strip())


def restore_comment(session: Session, comment: Comment, *, by: Actor) -> None:
    """Bring a hidden comment back."""
    hidden = (col(Comment.deleted_at).is_(None), col(Comment.hidden_at).is_not(None))
    if not change_comment(session, comment, *hidden, hidden_at=None):
        return
    count_comment(session, comment, +1)
    settle_comment(session, comment)
    follow_comment(session, comment)
    audit.record(session, by, "comment.restore", "comment", comment.id)


def _change(session: Session, post: Post, condition: Any, **values: Any) -> bool:
    """Set values of a post that is still there while the condition holds; False when another request came first."""
    result: Any = session.connection().execute(
        sa.update(Post).where(col(Post.id) == post.id, col(Post.deleted_at).is_(None), condition).values(**values)
    )
    session.refresh(post)
    return bool(result.rowcount == 1)


def why_hidden(session: Session, kind: str, row_id: int) -> str:
    """The reason that a moderator gave last; "" when there is none."""
    for entry in audit.trail(session, kind, row_id):
        if entry.action == f"{kind}.hide":
            return str(entry.detail.get("reason", ""))
    return ""
