"""Following posts."""

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.actor import Actor
from cocreate.core.db import insert_once
from cocreate.identity.events import MemberLeft
from forum.follows.models import Subscription
from forum.merging import tree
from forum.posts.models import Post


def follow(session: Session, post: Post, *, member: Actor) -> bool:
    """The member is told about this post, or the one it was merged into, from now on; False when they were already."""
    tree.lock_links(session)
    head_id, member_id = tree.head(session, post.id or 0), member.member_id
    statement = select(Subscription.post_id).where(Subscription.root_id == head_id, Subscription.member_id == member_id)
    if session.exec(statement.limit(1)).first() is not None:
        insert_once(session, Subscription(member_id=member_id, post_id=head_id))
        return False
    mine = (col(Subscription.member_id) == member_id, col(Subscription.withheld_by) == head_id)
    execute = session.connection().execute
    execute(sa.update(Subscription).where(*mine, col(Subscription.root_id).is_(None)).values(root_id=head_id))
    execute(sa.update(Subscription).where(*mine).values(withheld_by=None))
    insert_once(session, Subscription(member_id=member_id, post_id=head_id))
    return True


def unfollow(session: Session, post: Post, *, member: Actor) -> None:
    """The member is no longer told. Follows of posts that were merged into it are only withheld, as votes are."""
    tree.lock_links(session)
    head_id = tree.head(session, post.id or 0)
    mine = (col(Subscription.member_id) == member.member_id, col(Subscription.root_id) == head_id)
    execute = session.connection().execute
    execute(sa.delete(Subscription).where(*mine, col(Subscription.post_id) == head_id))
    execute(sa.update(Subscription).where(*mine).values(withheld_by=head_id, root_id=None))


def forget_follower(session: Session, event: MemberLeft) -> None:
    """Somebody who has left follows nothing."""
    session.connection().execute(sa.delete(Subscription).where(col(Subscription.member_id) == event.member_id))
