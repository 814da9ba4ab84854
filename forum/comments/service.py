"""Writing comments, changing and blanking them."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict, Invalid, NotFound
from cocreate.core.text_marks import N_
from forum.comments.models import Comment
from forum.events import CommentAdded
from forum.points import settle_comment
from forum.posts.models import Post
from forum.posts.queries import find_post
from forum.posts.service import NotYours
from forum.silence.service import follow_comment


class NothingToReplyTo(Invalid):
    code = "nothing_to_reply_to"
    message = N_("The comment you reply to is not here any more.")


class CommentGone(Conflict):
    code = "comment_gone"
    message = N_("This comment was taken back and cannot be changed.")


def get_comment(session: Session, comment_id: int, actor: Actor) -> tuple[Comment, Post]:
    """A comment and its post, for a reader who may see both; NotFound otherwise."""
    comment = session.get(Comment, comment_id)
    if comment is None or comment.deleted_at is not None:
        raise NotFound(f"comment {comment_id}")
    if comment.hidden_at is not None and comment.author_id != actor.id and not actor.can("forum.moderate"):
        raise NotFound(f"comment {comment_id}")
    post = find_post(session, comment.post_id, actor)
    if post is None:
        raise NotFound(f"comment {comment_id}")
    return comment, post


def add_comment(session: Session, post: Post, body: str, *, author: Actor, parent_id: int | None = None) -> Comment:
    """A comment below the post. A reply to a reply joins the same thread: there is one level."""
    if parent_id is not None:
        parent = session.exec(select(Comment).where(Comment.id == parent_id, Comment.post_id == post.id)).first()
        if parent is None or parent.deleted_at is not None or parent.hidden_at is not None:
            raise NothingToReplyTo(fields={"parent_id": NothingToReplyTo.message})
        parent_id = parent.parent_id or parent.id
    comment = Comment(post_id=post.id or 0, parent_id=parent_id, author_id=author.member_id, body=body)
    session.add(comment)
    session.flush()
    count_comment(session, comment, +1)
    set_committed_value(post, "comment_count", post.comment_count + 1)
    outbox.publish(session, CommentAdded(comment_id=comment.id or 0, post_id=post.id or 0))
    return comment


def edit_comment(session: Session, comment: Comment, body: str, *, editor: Actor) -> bool:
    """Change one's own comment; False when it says the same."""
    if comment.author_id != editor.id:
        raise NotYours(f"comment {comment.id}")
    if comment.deleted_at is not None:
        raise CommentGone(f"comment {comment.id}")
    if comment.body == body:
        return False
    if not change_comment(session, comment, col(Comment.deleted_at).is_(None), body=body, edited_at=clock.now()):
        raise CommentGone(f"comment {comment.id}")
    return True


def delete_comment(session: Session, comment: Comment, *, by: Actor) -> None:
    """Blank a comment: replies to it stay where they are."""
    if comment.author_id != by.id and not by.can("forum.moderate"):
        raise NotYours(f"comment {comment.id}")
    if not change_comment(session, comment, col(Comment.deleted_at).is_(None), body="", deleted_at=clock.now()):
        return
    if comment.hidden_at is None:
        count_comment(session, comment, -1)
    settle_comment(session, comment)
    follow_comment(session, comment)
    audit.record(session, by, "comment.delete", "comment", comment.id)


def call_useful(session: Session, comment: Comment, useful: bool, *, by: Actor) -> None:
    """Note that a comment helped, or take that back; twice changes nothing."""
    before = col(Comment.useful_at).is_(None) if useful else col(Comment.useful_at).is_not(None)
    moment = clock.now() if useful else None
    if not change_comment(session, comment, before, useful_at=moment, useful_by=by.id if useful else None):
        return
    settle_comment(session, comment)
    audit.record(session, by, "comment.useful" if useful else "comment.not_useful", "comment", comment.id)


def change_comment(session: Session, comment: Comment, *conditions: Any, **values: Any) -> bool:
    """Set values while the conditions hold in the database; False when another request came first. So the same button
    pressed twice counts once. The comment is then as it stands in the row."""
    result: Any = session.connection().execute(
        sa.update(Comment).where(col(Comment.id) == comment.id, *conditions).values(**values)
    )
    session.refresh(comment)
    return bool(result.rowcount == 1)


def count_comment(session: Session, comment: Comment, change: int) -> None:
    """Keep the post's number of readable comments, in the transaction of the change."""
    session.connection().execute(
        sa.update(Post).where(col(Post.id) == comment.post_id).values(comment_count=col(Post.comment_count) + change)
    )
