"""When the post at the head of a group is blanked by its author, another one takes its place, so that the others and
everybody's votes do not vanish with it."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor
from forum.desk.service import set_status
from forum.events import PostsMerged
from forum.follows.models import Subscription
from forum.merging import tree
from forum.merging.models import Merge
from forum.merging.service import grant_objections
from forum.posts.models import Post
from forum.votes.models import Vote


def pass_on(session: Session, post: Post, *, by: Actor) -> int | None:
    """Make the strongest of the posts that were merged into this one the head of all of them, the blanked one included:
    its votes go on counting. None when nothing was merged into it, or it leads elsewhere itself.

    Call it before any post of the transaction is written.
    """
    tree.lock_links(session, alone=True)
    tree.refresh(session, {post.id or 0})
    children = session.exec(select(Post).where(Post.merged_into_id == post.id)).all()
    heirs = [
        child for child in children
        if child.deleted_at is None and child.hidden_at is None and child.visibility == post.visibility
    ]  # fmt: skip
    if post.merged_into_id is not None or not heirs:
        return None
    heir = max(heirs, key=lambda child: (child.vote_count, -(child.id or 0)))
    old_id, heir_id = post.id or 0, heir.id or 0
    ids = [child.id or 0 for child in children]
    tree.lock_posts(session, [old_id, *ids])
    merge = _relink(session, old_id, heir_id, status=post.status.value, by=by)
    tree.settle(session, [heir_id])
    tree.refresh(session, {old_id, *ids})
    if heir.status != post.status:
        # The group stands where it stood.
        set_status(session, [heir_id], post.status, cause=("merge", merge.id or 0), by=by)
    audit.record(session, by, "post.pass_on", "post", old_id, to=heir_id, merge=merge.id)
    outbox.publish(session, PostsMerged(merge_id=merge.id or 0, source_id=old_id, target_id=heir_id))
    return heir_id


def _relink(session: Session, old_id: int, heir_id: int, *, status: str, by: Actor) -> Merge:
    execute = session.connection().execute
    now = clock.now()
    live: Any = col(Merge.undone_at).is_(None)
    before = session.exec(select(Merge).where(Merge.source_id == heir_id, live)).one()
    before.undone_at = now
    session.add(before)
    session.flush()
    grant_objections(session, before, by=by)
    execute(sa.update(Merge).where(col(Merge.target_id) == old_id, live).values(target_id=heir_id))
    execute(sa.update(Post).where(col(Post.merged_into_id) == old_id).values(merged_into_id=heir_id))
    execute(sa.update(Post).where(col(Post.id) == heir_id).values(merged_into_id=None))
    execute(sa.update(Post).where(col(Post.id) == old_id).values(merged_into_id=heir_id))
    for table in (Vote, Subscription):
        # What was taken back at the old head stays taken back at the new one.
        withheld = (col(table.withheld_by) == old_id, col(table.root_id).is_(None))
        execute(sa.update(table).where(*withheld).values(withheld_by=heir_id))
    # The same arithmetic, seen from the other side: voters of the old head may still be told of it.
    sums = {**before.sums, "source": before.sums.get("target", 0), "target": before.sums.get("source", 0)}
    merge = Merge(source_id=old_id, target_id=heir_id, at=now, head_status=status, sums=sums)
    session.add(merge)
    session.flush()
    return merge
