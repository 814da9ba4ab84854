"""Casting and withdrawing votes. The counter changes in the transaction of the vote, so it always equals the people
whose vote counts. In a merged group every act is one at its head, see `forum.merging.laws`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, select

from cocreate.core import outbox
from cocreate.core.actor import Actor
from cocreate.core.db import insert_once
from cocreate.core.errors import Conflict
from cocreate.core.text_marks import N_
from forum.events import VoteCast, VoteWithdrawn
from forum.merging import tree
from forum.posts.hot import hot_score
from forum.posts.models import VOTABLE, Post, PostStatus
from forum.votes.models import Vote


class VotingClosed(Conflict):
    code = "voting_closed"
    message = N_("Voting on this has ended: it was decided already. Thank you all the same.")


@dataclass(frozen=True)
class _Head:
    """The post where a vote counts, as its locked row stands."""

    id: int
    status: PostStatus
    votes: int
    created_at: datetime
    in_sight: bool


def cast_vote(session: Session, post: Post, *, voter: Actor) -> bool:
    """Give the voter's one vote to the post, or to the one that it was merged into; a second cast changes nothing and
    returns False. Call it before any post of the transaction is written, see `tree`."""
    head, member_id = _hold_head(session, post), voter.member_id
    if _counts(session, head.id, member_id):
        # Counted already, perhaps through a post that was merged into it: then it is a vote for the head as well.
        insert_once(session, Vote(post_id=head.id, member_id=member_id))
        return False
    mine = (col(Vote.member_id) == member_id, col(Vote.withheld_by) == head.id)
    execute = session.connection().execute
    # Whoever votes here again means it: votes that were withheld here count again.
    execute(sa.update(Vote).where(*mine, col(Vote.root_id).is_(None)).values(withheld_by=None, root_id=head.id))
    execute(sa.update(Vote).where(*mine).values(withheld_by=None))
    insert_once(session, Vote(post_id=head.id, member_id=member_id))
    _count(session, post, head, +1)
    outbox.publish(session, VoteCast(post_id=head.id, member_id=member_id))
    return True


def withdraw_vote(session: Session, post: Post, *, voter: Actor) -> bool:
    """Take the voter's vote back; False when there was none. What was decided keeps the votes it was decided with.

    The vote for the head of a merged group is deleted; those for posts that were merged into it are only withheld, so
    that they are there again once such a post stands by itself.
    """
    head, member_id = _hold_head(session, post), voter.member_id
    execute = session.connection().execute
    mine = (col(Vote.member_id) == member_id, col(Vote.root_id) == head.id)
    own: Any = execute(sa.delete(Vote).where(*mine, col(Vote.post_id) == head.id))
    merged: Any = execute(sa.update(Vote).where(*mine).values(withheld_by=head.id, root_id=None))
    if own.rowcount + merged.rowcount == 0:
        return False
    _count(session, post, head, -1)
    outbox.publish(session, VoteWithdrawn(post_id=head.id, member_id=member_id))
    return True


def head_of(session: Session, post: Post) -> Post:
    """The post where a vote for this one counts, as it is now: itself, or the one that it was merged into."""
    head_id = tree.head(session, post.id or 0)
    return post if head_id == post.id else session.get_one(Post, head_id, populate_existing=True)


def _hold_head(session: Session, post: Post) -> _Head:
    """Lock the row where a vote for this post counts; VotingClosed when it takes none."""
    tree.lock_links(session)
    head_id = tree.head(session, post.id or 0)
    locked = (
        sa.update(Post)
        .where(col(Post.id) == head_id)
        .values(hot=col(Post.hot))
        .returning(col(Post.status), col(Post.vote_count), col(Post.created_at), col(Post.hidden_at),
                   col(Post.deleted_at))
    )  # fmt: skip
    status, votes, created_at, hidden_at, deleted_at = session.connection().execute(locked).one()
    # A post in sight may lead to one that was hidden since: that takes no votes until it is shown again.
    head = _Head(head_id, status, votes, created_at, head_id == post.id or (hidden_at is None and deleted_at is None))
    if head.status not in VOTABLE or not head.in_sight:
        raise VotingClosed(f"post {head.id} is {head.status}")
    return head


def _counts(session: Session, head_id: int, member_id: int) -> bool:
    statement = select(Vote.post_id).where(Vote.root_id == head_id, Vote.member_id == member_id).limit(1)
    return session.exec(statement).first() is not None


def _count(session: Session, post: Post, head: _Head, change: int) -> None:
    votes = head.votes + change
    hot = hot_score(votes, head.created_at)
    session.connection().execute(sa.update(Post).where(col(Post.id) == head.id).values(vote_count=votes, hot=hot))
    if post.id == head.id:
        set_committed_value(post, "vote_count", votes)
        set_committed_value(post, "hot", hot)
