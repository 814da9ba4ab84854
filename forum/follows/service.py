"""Following posts."""

import sqlalchemy as sa
from sqlmodel import Session, col

from cocreate.core.actor import Actor
from cocreate.core.db import insert_once
from cocreate.identity.events import MemberLeft
from forum.follows.models import Subscription
from forum.posts.models import Post


def follow(session: Session, post: Post, *, member: Actor) -> bool:
    """The member is told about this post from now on; False when they were already."""
    return insert_once(session, Subscription(member_id=member.member_id, post_id=post.id or 0))


def unfollow(session: Session, post: Post, *, member: Actor) -> None:
    """The member is no longer told."""
    session.connection().execute(
        sa.delete(Subscription).where(
            col(Subscription.member_id) == member.member_id, col(Subscription.post_id) == post.id
        )
    )


def forget_follower(session: Session, event: MemberLeft) -> None:
    """Somebody who has left follows nothing."""
    session.connection().execute(sa.delete(Subscription).where(col(Subscription.member_id) == event.member_id))
