"""A receipt for one sentence: what became of it, from the words to the car, with what it earned and what is owed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from cocreate.clocks.queries import read
from cocreate.clocks.rules import ClockView
from cocreate.core.actor import Actor
from cocreate.core.errors import NotFound
from cocreate.core.tables import columns
from cocreate.points.queries import earned_for
from cocreate.web.page import Page
from forum.follows.models import Subscription
from forum.follows.voice import Story, stories_of
from forum.merging.queries import heads_of
from forum.posts.models import Post, PostStatus
from forum.posts.queries import find_post
from forum.silence.rules import FIRST_ANSWER
from forum.votes.models import Vote

STATES: dict[str, frozenset[PostStatus]] = {
    "waiting": frozenset({PostStatus.OPEN, PostStatus.REVIEWING}),
    "coming": frozenset({PostStatus.PLANNED, PostStatus.STARTED}),
    "arrived": frozenset({PostStatus.SHIPPED}),
    "declined": frozenset({PostStatus.DECLINED}),
}
"""By which one may sift one's own sentences: where the post stands, or the one that it is part of."""


@dataclass(frozen=True)
class Receipt:
    """Everything that is said on the page of one sentence. part: how the reader belongs to it: wrote | voted | follows.
    since: when they said so."""

    story: Story
    part: str
    since: datetime
    points: int
    clock: ClockView | None


def receipt(session: Session, page: Page, actor: Actor, post_id: int) -> Receipt:
    """The receipt of a sentence that is the reader's own, or that they voted for or follow; NotFound otherwise."""
    post = find_post(session, post_id, actor)
    if post is None:
        raise NotFound(f"post {post_id}")
    part, since = _part(session, post, actor)
    (story,) = stories_of(session, page, actor, [post])
    points = earned_for(session, actor.member_id, [f"post:{post_id}"])
    clock = read(session, FIRST_ANSWER, [post_id]).get(post_id) if part == "wrote" else None
    return Receipt(story, part, since, points.get(f"post:{post_id}", 0), clock if clock and clock.open else None)


def in_state(session: Session, statement: Any, state: str) -> list[int]:
    """Ids of those posts of a statement that stand in this state; a merged one stands where its group does."""
    rows = session.exec(statement).all()
    heads = heads_of(session, [post.id for post in rows if post.merged_into_id is not None])
    found = columns(Post.id, Post.status).where(col(Post.id).in_(set(heads.values())))
    stands = dict(session.exec(found).all()) if heads else {}
    return [post.id for post in rows if stands.get(heads.get(post.id, 0), post.status) in STATES[state]]


def _part(session: Session, post: Post, actor: Actor) -> tuple[str, datetime]:
    if post.author_id == actor.id:
        return "wrote", post.created_at
    for table, part in ((Vote, "voted"), (Subscription, "follows")):
        mine = select(table.created_at).where(
            table.member_id == actor.id,
            table.root_id == post.id,
        )
        since = session.exec(mine.order_by(col(table.created_at)).limit(1)).first()
        if since is not None:
            return part, since
    raise NotFound(f"post {post.id} of member {actor.id}")
