"""Casting and withdrawing votes. The counter changes in the transaction of the vote, so it always equals the votes."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col

from cocreate.core import outbox
from cocreate.core.actor import Actor
from cocreate.core.db import insert_once
from cocreate.core.errors import Conflict
from cocreate.core.text_marks import N_
from forum.events import VoteCast, VoteWithdrawn
from forum.posts.hot import hot_score
from forum.posts.models import Post
from forum.votes.models import Vote


class VotingClosed(Conflict):
    code = "voting_closed"
    message = N_("Voting on this has ended: it was decided already. Thank you all the same.")


def cast_vote(session: Session, post: Post, *, voter: Actor) -> bool:
    """Give the voter's one vote to the post; a second cast changes nothing and returns False."""
    if not post.votable:
        raise VotingClosed(f"post {post.id} is {post.status}")
    if not insert_once(session, Vote(post_id=post.id or 0, member_id=voter.member_id)):
        return False
    _count(session, post, +1)
    outbox.publish(session, VoteCast(post_id=post.id or 0, member_id=voter.member_id))
    return True


def withdraw_vote(session: Session, post: Post, *, voter: Actor) -> bool:
    """Take the voter's vote back; False when there was none. What was decided keeps the votes it was decided with."""
    if not post.votable:
        raise VotingClosed(f"post {post.id} is {post.status}")
    statement = sa.delete(Vote).where(col(Vote.post_id) == post.id, col(Vote.member_id) == voter.member_id)
    result: Any = session.connection().execute(statement)
    if result.rowcount == 0:
        return False
    _count(session, post, -1)
    outbox.publish(session, VoteWithdrawn(post_id=post.id or 0, member_id=voter.member_id))
    return True


def _count(session: Session, post: Post, change: int) -> None:
    # The row is locked by the first statement, so the score of the second belongs to the same count.
    connection = session.connection()
    counted = (
        sa.update(Post)
        .where(col(Post.id) == post.id)
        .values(vote_count=col(Post.vote_count) + change)
        .returning(col(Post.vote_count))
    )
    votes = int(connection.execute(counted).scalar_one())
    hot = hot_score(votes, post.created_at)
    connection.execute(sa.update(Post).where(col(Post.id) == post.id).values(hot=hot))
    set_committed_value(post, "vote_count", votes)
    set_committed_value(post, "hot", hot)
