"""Reading votes."""

from collections.abc import Iterable

from sqlmodel import Session, col, select

from cocreate.core.actor import Actor
from forum.votes.models import Vote


def voted_ids(session: Session, actor: Actor, post_ids: Iterable[int]) -> set[int]:
    """Those of the posts at which this reader's vote counts, also one for a post that was merged into them; no
    statement for a guest."""
    wanted = list(post_ids)
    if not actor.signed_in or not wanted:
        return set()
    return {
        root_id
        for root_id in session.exec(
            select(Vote.root_id).where(col(Vote.root_id).in_(wanted), Vote.member_id == actor.member_id)
        )
        if root_id is not None
    }
