"""Figures for the rooms above: when voices were raised, and how many votes stand on what."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.tables import columns
from forum.posts.models import Post
from forum.votes.models import Vote

CHUNK = 1000


def raised_at(session: Session, post_ids: Iterable[int]) -> dict[int, datetime]:
    """When each of these posts was written, as its author or its source says; deleted ones are left out."""
    wanted = sorted(set(post_ids))
    found: dict[int, datetime] = {}
    for start in range(0, len(wanted), CHUNK):
        statement = select(Post.id, Post.created_at).where(
            col(Post.id).in_(wanted[start : start + CHUNK]), col(Post.deleted_at).is_(None)
        )
        found |= {post_id or 0: moment for post_id, moment in session.exec(statement)}
    return found


def votes_before(session: Session, moment: datetime) -> list[tuple[int, int, int]]:
    """Votes that had been cast before a moment and still count: the post they were cast on, the post at which they
    count now, and how many."""
    kind = (col(Vote.post_id), col(Vote.root_id))
    statement = (
        columns(*kind, sa.func.count())
        .where(col(Vote.created_at) < moment, col(Vote.root_id).is_not(None))
        .group_by(*kind)
    )
    return [(post_id, root_id, count) for post_id, root_id, count in session.exec(statement)]
