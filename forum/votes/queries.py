"""Reading votes."""

from collections.abc import Iterable

from sqlmodel import Session, col, select

from cocreate.core.actor import Actor
from forum.votes.models import Vote


def voted_ids(session: Session, actor: Actor, post_ids: Iterable[int]) -> set[int]:
    """Those of the posts that hold this reader's vote; no statement for a guest."""
    wanted = list(post_ids)
    if not actor.signed_in or not wanted:
        return set()
    return set(
        session.exec(select(Vote.post_id).where(col(Vote.post_id).in_(wanted), Vote.member_id == actor.member_id))
    )
