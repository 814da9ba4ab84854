"""My voice: a member's own posts, votes and follows, each with what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.actor import Actor
from cocreate.core.tables import columns
from cocreate.web.page import Page
from cocreate.web.paging import Listing, cut, decode_cursor
from forum.compose.models import Draft
from forum.follows.models import Subscription
from forum.links import cursor_id
from forum.merging.views import Place, merged_into
from forum.posts.models import Post, StatusChange
from forum.posts.queries import readable_by
from forum.posts.views import journey
from forum.scenes.models import Scene
from forum.votes.models import Vote


@dataclass(frozen=True)
class Story:
    """One post, its steps, the one reached, and the last sentence said. `place`: the post that it is part of by a merge
    and whose steps these are; None when it stands by itself."""

    post: Post
    steps: list[dict[str, Any]]
    reached: str
    said: StatusChange | None
    place: Place | None = None

    @property
    def stands_at(self) -> int:
        """The post whose steps these are."""
        return (self.place.head if self.place else self.post).id or 0

    @property
    def votes(self) -> int:
        return (self.place.head if self.place else self.post).vote_count


def stories(
    session: Session,
    page: Page,
    actor: Actor,
    *,
    show: str,
    among: Sequence[int] | None = None,
    cursor: str | None = None,
    limit: int = 15,
) -> Listing[Story]:
    """A page of the member's posts, votes or follows, newest first; two statements. `among`: only of these."""
    statement = statement_of(show, actor)
    if among is not None:
        statement = statement.where(col(Post.id).in_(list(among)))
    if cursor is not None:
        statement = statement.where(col(Post.id) < cursor_id(decode_cursor(cursor, 1)[0]))
    rows = list(session.exec(statement.order_by(col(Post.id).desc()).limit(limit + 1)))
    found = cut(rows, limit, lambda post: [post.id])
    return Listing(stories_of(session, page, actor, found.items), found.next_cursor)


def stories_of(session: Session, page: Page, actor: Actor, posts: Sequence[Post]) -> list[Story]:
    """What became of each of these posts, as far as the reader may know."""
    trails: dict[int, list[StatusChange]] = {}
    heads = merged_into(session, actor, [post for post in posts if post.merged_into_id is not None])
    ids = {post.id or 0 for post in posts} | {place.head.id or 0 for place in heads.values()}
    if ids:
        changes = select(StatusChange).where(col(StatusChange.post_id).in_(ids)).order_by(col(StatusChange.id))
        for change in session.exec(changes):
            trails.setdefault(change.post_id, []).append(change)
    return [_story(page, post, trails, heads.get(post.id or 0)) for post in posts]


def counts(session: Session, actor: Actor) -> dict[str, int]:
    """How many posts, scenes and drafts stand on each tab; one statement."""
    parts = [
        columns(sa.func.count()).select_from(statement_of(show, actor).subquery()).scalar_subquery().label(show)
        for show in ("posted", "voted", "followed")
    ]
    for table, gone in ((Scene, Scene.deleted_at), (Draft, Draft.discarded_at)):
        own = (table.member_id == actor.id, col(gone).is_(None))
        parts.append(columns(sa.func.count()).select_from(table).where(*own).scalar_subquery())
    return dict(
        zip(("posted", "voted", "followed", "scenes", "drafts"), session.exec(columns(*parts)).one(), strict=True)
    )


def statement_of(show: str, actor: Actor) -> Any:
    """Posts that the member wrote, voted for or follows."""
    statement = select(Post).where(*readable_by(actor))
    if show == "voted":
        return statement.where(col(Post.id).in_(select(Vote.root_id).where(Vote.member_id == actor.id)))
    if show == "followed":
        return (
            statement.where(col(Post.id).in_(select(Subscription.root_id).where(Subscription.member_id == actor.id)))
            # One's own sentences have their own tab.
            .where(sa.or_(col(Post.author_id).is_(None), col(Post.author_id) != actor.id))
        )
    return statement.where(Post.author_id == actor.id)


def _story(page: Page, post: Post, trails: dict[int, list[StatusChange]], place: Place | None) -> Story:
    stands = place.head if place else post
    trail = trails.get(stands.id or 0, [])
    told = place is None or place.open
    steps, reached = journey(page, stands.created_at, trail, told=told)
    return Story(post, steps, reached, trail[-1] if trail and told else None, place)
