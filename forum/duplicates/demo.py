"""The demo's duplicates: a look through all posts is queued, and an owner has said that two posts are the same."""

from cocreate.core.actor import Actor, Role
from cocreate.core.runtime import Runtime
from forum.duplicates.jobs import start_run
from forum.duplicates.service import report_same
from forum.posts.models import Post

SAME = ("tailgate-13", "tailgate-01", "feifei")
"""Two posts in words of their own, and the owner who noticed."""


def seed(runtime: Runtime) -> None:
    """Expects the ids that the posts' own seed left in the runtime's memory."""
    people, posts = runtime.memory["demo.people"], runtime.memory["demo.posts"]
    one, other, owner = SAME
    with runtime.database.write() as session:
        by = Actor(id=people[owner], roles=frozenset({Role.MEMBER}))
        report_same(session, session.get_one(Post, posts[one]), posts[other], by=by)
        start_run(session)
