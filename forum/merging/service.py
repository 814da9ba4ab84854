"""Merging posts and taking it back: a link is set or removed, and the figures follow."""

from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict, Invalid, NotFound
from cocreate.core.text_marks import N_
from forum import indexing
from forum.events import ObjectionDecided, PostsMerged, PostUnmerged
from forum.merging import tree
from forum.merging.models import Merge, MergeObjection
from forum.merging.queries import merge_sum
from forum.posts.models import Post, Visibility
from forum.posts.queries import get_post
from search import api as search

TELL, UNTELL = "forum.tell_merge", "forum.tell_unmerge"
GRACE = timedelta(minutes=2)
"""A merge by mistake, taken back within this time, is told to nobody."""


class SamePost(Invalid):
    code = "same_post"
    message = N_("A post cannot be merged into itself. Choose another one.")


class Circular(Conflict):
    code = "merge_circle"
    message = N_("That post is part of this one already, so this one cannot become part of it.")


class MergedAlready(Conflict):
    code = "merged_already"
    message = N_("This post is part of another one already. Take that back first, or merge the other one.")


class OutOfSight(Conflict):
    code = "merge_out_of_sight"
    message = N_("A hidden post cannot be merged. Show it again first.")


class ForStaffAlone(Conflict):
    code = "merge_for_staff_alone"
    message = N_("Everybody can read this post, but only staff the other one: the words would be lost to owners.")


class UndoneAlready(Conflict):
    code = "merge_undone"
    message = N_("This was taken back already.")


def merge_posts(session: Session, source_id: int, target_id: int, *, by: Actor, reason: str = "") -> Merge:
    """Make one post part of another: a link, never a move. Merging into a merged post goes to the head of its group.

    The source keeps its text, credit and comments; votes of the head count distinct people from now on. Refused with a
    sentence when it would be a circle, when the source leads elsewhere already, when one of them is hidden, and when a
    public post would lead to one that only staff can read.
    """
    tree.lock_links(session, alone=True)
    _, target = check_merge(session, source_id, target_id, by=by)
    target_id = target.id or 0
    tree.lock_posts(session, [source_id, target_id])
    sums = merge_sum(session, source_id, target_id)
    merge = Merge(
        source_id=source_id, target_id=target_id, by_id=by.id, reason=reason.strip()[:300], at=clock.now(),
        sums=sums.plain(), head_status=target.status.value,
    )  # fmt: skip
    session.add(merge)
    session.flush()
    link(session, source_id, target_id)
    tree.settle(session, [target_id])
    search.remove(session, "post", [source_id])
    tree.refresh(session, {source_id, target_id})
    audit.record(session, by, "post.merge", "post", source_id, into=target_id, merge=merge.id, **sums.plain())
    outbox.publish(session, PostsMerged(merge_id=merge.id or 0, source_id=source_id, target_id=target_id))
    # Later, so that a slip which is taken back at once is told to nobody.
    outbox.enqueue(session, TELL, run_after=clock.now() + GRACE, merge_id=merge.id)
    return merge


def check_merge(session: Session, source_id: int, target_id: int, *, by: Actor) -> tuple[Post, Post]:
    """The two posts as they are now, the target being the head of its group; raises when they cannot be merged."""
    if source_id == target_id:
        raise SamePost(str(source_id))
    tree.refresh(session, {source_id, target_id})
    source = get_post(session, source_id, by)
    get_post(session, target_id, by)
    head_id = tree.head(session, target_id)
    if head_id == source_id:
        raise Circular(f"{target_id} leads to {source_id}")
    if source.merged_into_id is not None:
        raise MergedAlready(f"{source_id} leads to {source.merged_into_id}")
    target = get_post(session, head_id, by)
    if source.hidden_at is not None or target.hidden_at is not None:
        raise OutOfSight(f"{source_id} or {head_id}")
    if source.visibility == Visibility.PUBLIC and target.visibility == Visibility.STAFF:
        raise ForStaffAlone(f"{source_id} into {head_id}")
    return source, target


def undo_merge(session: Session, merge_id: int, *, by: Actor) -> Merge:
    """Take a merge back: both sides have what they had before, and what was done since at each of them."""
    tree.lock_links(session, alone=True)
    merge = session.get(Merge, merge_id, populate_existing=True)
    if merge is None:
        raise NotFound(f"merge {merge_id}")
    if merge.undone_at is not None:
        raise UndoneAlready(f"merge {merge_id}")
    head_id = tree.head(session, merge.source_id)
    tree.lock_posts(session, [merge.source_id, head_id])
    merge.undone_at, merge.undone_by_id = clock.now(), by.id
    session.add(merge)
    session.flush()
    link(session, merge.source_id, None)
    tree.settle(session, [merge.source_id, head_id])
    tree.refresh(session, {merge.source_id, head_id})
    indexing.index_posts(session, [merge.source_id])
    grant_objections(session, merge, by=by)
    audit.record(session, by, "post.unmerge", "post", merge.source_id, of=head_id, merge=merge_id)
    outbox.publish(session, PostUnmerged(merge_id=merge_id, source_id=merge.source_id, target_id=head_id))
    outbox.enqueue(session, UNTELL, merge_id=merge_id)
    return merge


def link(session: Session, source_id: int, target_id: int | None) -> None:
    """Write the link itself; None makes the post a head again."""
    session.connection().execute(sa.update(Post).where(col(Post.id) == source_id).values(merged_into_id=target_id))


def grant_objections(session: Session, merge: Merge, *, by: Actor) -> None:
    """Objections to a merge that holds no more have got what they asked for."""
    waiting = select(MergeObjection).where(
        MergeObjection.merge_id == merge.id, col(MergeObjection.decided_at).is_(None)
    )
    for objection in session.exec(waiting):
        objection.decided_at, objection.decided_by_id, objection.kept = merge.undone_at, by.id, False
        session.add(objection)
        outbox.publish(session, ObjectionDecided(objection_id=objection.id or 0))
