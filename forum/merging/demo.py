"""Merges of the demo community, one of them with an objection that waits."""

from datetime import timedelta

from sqlmodel import Session, select

from cocreate.core import clock
from cocreate.core.actor import Role
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import MemberRole
from cocreate.identity.sessions.service import make_actor
from forum.demo import content
from forum.merging.objections import object_to
from forum.merging.service import merge_posts
from forum.posts.models import Post


def seed(runtime: Runtime) -> None:
    """Write them; expects the ids that the posts' own seed left in the runtime's memory."""
    with runtime.database.write() as session:
        moderator = session.exec(select(MemberRole.member_id).where(MemberRole.role == Role.MODERATOR)).first()
        for row in content("merges.json"):
            _merge(runtime, session, moderator or 0, row)


def _merge(runtime: Runtime, session: Session, moderator: int, row: dict[str, str | int]) -> None:
    posts = runtime.memory["demo.posts"]
    staff = make_actor(runtime, moderator, "", [Role.MODERATOR])
    source_id, target_id = posts[row["source"]], posts[row["into"]]
    merge = merge_posts(session, source_id, target_id, by=staff, reason=str(row["reason"]))
    merge.at = clock.now() - timedelta(days=int(row["days_ago"]))
    session.add(merge)
    session.flush()
    if row["objection"]:
        author = session.get_one(Post, source_id).author_id
        object_to(session, merge.id or 0, str(row["objection"]), by=make_actor(runtime, author, "", []))
