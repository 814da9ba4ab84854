"""Items and merged posts: the head of a group answers for all of it, people count once, an undo lets go again."""

from collections.abc import Callable
from typing import Any

from sqlmodel import select

from cocreate.core.actor import Actor
from cocreate.core.db import Database
from cocreate.core.jobs import Worker
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.models import InboxMessage
from forum.follows.models import Subscription
from forum.merging import service as merging
from forum.posts.models import Post, PostStatus
from roadmap.items.models import RoadmapItem
from roadmap.links import supporters
from roadmap.links.models import ItemPost

Make = Callable[..., Any]


def behind(database: Database, item: RoadmapItem) -> set[int]:
    with database.read() as session:
        return set(session.exec(select(ItemPost.post_id).where(ItemPost.item_id == item.id)))


def stored(database: Database, post: Post) -> Post:
    with database.read() as session:
        return session.get_one(Post, post.id)


def test_an_item_that_answers_a_merged_post_answers_its_head_until_they_part(
    make_item: Make, put_post: Make, database: Database, pm_actor: Actor, worker: Worker
) -> None:
    source, head = put_post(), put_post(status=PostStatus.REVIEWING)
    item = make_item(posts=[source])
    worker.drain()
    before = stored(database, source).status
    with database.write() as session:
        merge = merging.merge_posts(session, source.id or 0, head.id or 0, by=pm_actor)
    worker.drain()
    assert behind(database, item) == {source.id, head.id}
    assert stored(database, head).status == before
    with database.write() as session:
        merging.undo_merge(session, merge.id or 0, by=pm_actor)
    worker.drain()
    assert behind(database, item) == {source.id}
    assert (stored(database, source).status, stored(database, head).status) == (before, PostStatus.REVIEWING)


def test_linking_the_head_reaches_authors_and_voters_of_what_was_merged_exactly_once(
    make_item: Make, put_post: Make, make_member: Callable[..., Member], database: Database, pm_actor: Actor,
    worker: Worker,
) -> None:  # fmt: skip
    author, both = make_member(), make_member()
    source, head = put_post(author=author, voters=[both]), put_post(voters=[both])
    with database.write() as session:
        merging.merge_posts(session, source.id or 0, head.id or 0, by=pm_actor)
    worker.drain()
    item = make_item(posts=[head], stage="decided")
    worker.drain()
    with database.read() as session:
        row = session.get_one(RoadmapItem, item.id)
        assert (row.people, row.voices) == (2, 2)
        told = session.exec(select(InboxMessage)).all()
    steps = [message for message in told if message.key.startswith(f"item:{item.id}:")]
    assert sorted(message.member_id for message in steps) == sorted([author.id or 0, both.id or 0]), told


def test_a_members_side_of_an_item_is_what_the_crowd_says_of_them(
    make_item: Make, put_post: Make, make_member: Callable[..., Member], database: Database, pm_actor: Actor,
    worker: Worker,
) -> None:  # fmt: skip
    author, voter, follower, other = make_member(), make_member(), make_member(), make_member()
    source, head = put_post(author=author, voters=[voter]), put_post(author=voter)
    own, elsewhere = put_post(author=author), put_post(author=other, voters=[author])
    with database.write() as session:
        merging.merge_posts(session, source.id or 0, head.id or 0, by=pm_actor)
        session.add(Subscription(member_id=follower.id or 0, post_id=head.id or 0))
    items = [make_item(posts=[head]), make_item(posts=[own, head]), make_item(posts=[elsewhere])]
    worker.drain()
    with database.read() as session:
        for member in (author, voter, follower, other):
            parts = supporters.own_parts(session, member.id or 0, [item.id or 0 for item in items])
            for item in items:
                crowd = supporters.behind(session, item)
                part = parts.get(item.id or 0)
                assert (part.posts if part else []) == crowd.members.get(member.id or 0, [])
                wrote, voted = member.id in crowd.authors, member.id in crowd.voters
                assert (part.wrote, part.spoke) == (wrote, wrote or voted) if part else not (wrote or voted)
