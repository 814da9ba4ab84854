"""Who stands behind posts: authors, voters, followers; people counted once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.statements import prepared
from cocreate.core.tables import columns
from forum.follows.models import Subscription
from forum.merging.queries import members_of_groups
from forum.posts.models import Post
from forum.posts.queries import person_of
from forum.scenes.behind import in_sight, writers_of
from forum.scenes.models import Scene
from forum.votes.models import Vote


@dataclass(frozen=True)
class Supporters:
    """The people behind some posts.

    members: member id → the posts that make them a supporter, own ones first. people: distinct persons over authors,
    voters, owners who added a scene, and imported labels (followers are told, but not counted). voices: posts, named
    or not. authors, voters: member id → the posts they wrote, or voted for. labels: of the people, those known only by
    a name in an imported source. imported_votes: votes counted elsewhere, never among the people.
    """

    members: dict[int, list[int]] = field(default_factory=dict)
    people: int = 0
    voices: int = 0
    authors: dict[int, list[int]] = field(default_factory=dict)
    voters: dict[int, list[int]] = field(default_factory=dict)
    labels: int = 0
    imported_votes: int = 0


def people_behind(session: Session, post_ids: Iterable[int]) -> Supporters:
    """Everybody behind these posts and behind what was merged into them; blanked posts no longer speak for anyone, but
    their voters still count. Who took the vote of a merged group back does not."""
    ids = members_of_groups(session, post_ids)
    authors: dict[int, list[int]] = defaultdict(list)
    members: dict[int, list[int]] = defaultdict(list)
    persons: set[str] = set()
    voices = imported_votes = 0
    voters: list[tuple[int, int]] = []
    scenes: list[tuple[int, int]] = []
    followers: list[tuple[int, int]] = []
    for chunk in _chunks(ids):
        for post_id, author_id, source, label, votes in session.exec(
            columns(Post.id, Post.author_id, Post.source, Post.author_label, Post.imported_votes).where(
                col(Post.id).in_(chunk), col(Post.deleted_at).is_(None)
            )
        ):
            voices += 1
            imported_votes += votes
            person = person_of(author_id, source, label)
            if person is not None:
                persons.add(person)
            if author_id is not None:
                authors[author_id].append(post_id)
        # Plain tuples: thousands of rows are sorted below, and a row compares ten times as slowly.
        votes = select(Vote.member_id, Vote.post_id).where(col(Vote.post_id).in_(chunk), col(Vote.root_id).is_not(None))
        voters += [(member, post) for member, post in session.exec(votes)]
        follows = select(Subscription.member_id, Subscription.post_id).where(
            col(Subscription.post_id).in_(chunk), col(Subscription.root_id).is_not(None)
        )
        followers += [(member, post) for member, post in session.exec(follows)]
        scenes += writers_of(session, chunk)
    persons |= {f"m{member_id}" for member_id, _ in voters + scenes}
    for member_id, own in authors.items():
        own.sort()
        members[member_id] += own
    for member_id, post_id in sorted(voters) + sorted(scenes) + sorted(followers):
        if post_id not in members[member_id]:
            members[member_id].append(post_id)
    voted: dict[int, list[int]] = defaultdict(list)
    for member_id, post_id in sorted(voters):
        voted[member_id].append(post_id)
    labels = sum(":" in person for person in persons)
    return Supporters(dict(members), len(persons), voices, dict(authors), dict(voted), labels, imported_votes)


def _chunks(ids: Sequence[int], size: int = 5000) -> Iterable[Sequence[int]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


class Tie(IntEnum):
    """What binds a member to a post, the strongest first."""

    WROTE = 1
    VOTED = 2
    SCENE = 3
    FOLLOWS = 4


def posts_of(session: Session, member_id: int) -> dict[int, Tie]:
    """Posts that make a member a supporter, each with what binds them to it most, the own ones first. The member's
    side of `people_behind`, for pages that ask about one reader among thousands; one statement."""
    found = sorted((tie, post_id) for post_id, tie in _ties(session, member_id=member_id))
    return {post_id: Tie(tie) for tie, post_id in found}


@prepared
def _ties(*, member_id: int) -> Any:
    ties: tuple[tuple[Tie, Any, sa.ColumnElement[bool]], ...] = (
        (Tie.WROTE, Post.id, (col(Post.author_id) == member_id) & col(Post.deleted_at).is_(None)),
        (Tie.VOTED, Vote.post_id, (col(Vote.member_id) == member_id) & col(Vote.root_id).is_not(None)),
        (Tie.SCENE, Scene.post_id, (col(Scene.member_id) == member_id) & in_sight()),
        (
            Tie.FOLLOWS,
            Subscription.post_id,
            (col(Subscription.member_id) == member_id) & col(Subscription.root_id).is_not(None),
        ),
    )
    rows = sa.union_all(
        *(sa.select(post.label("post_id"), sa.literal(int(tie)).label("tie")).where(where) for tie, post, where in ties)
    ).subquery()
    return columns(rows.c.post_id, sa.func.min(rows.c.tie)).group_by(rows.c.post_id)
