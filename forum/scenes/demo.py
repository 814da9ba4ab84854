"""Scenes of the demo community, added the way members add them."""

from datetime import timedelta

from sqlmodel import Session

from cocreate.core import clock
from cocreate.core.runtime import Runtime
from cocreate.identity.sessions.service import make_actor
from cocreate.identity.vehicles.queries import garage
from forum.demo import content
from forum.posts.models import Post
from forum.scenes.service import SceneDraft, add_scene


def seed(runtime: Runtime) -> None:
    """Write them; expects the ids that the posts' own seed left in the runtime's memory."""
    people, posts = runtime.memory["demo.people"], runtime.memory["demo.posts"]
    with runtime.database.write() as session:
        for row in content("scenes.json"):
            _add(runtime, session, people[row["author"]], posts[row["post"]], row)


def _add(runtime: Runtime, session: Session, member_id: int, post_id: int, row: dict[str, str | int]) -> None:
    cars = garage(session, member_id)
    draft = SceneDraft(str(row["body"]), vehicle_id=cars[0].id if cars else None)
    post = session.get_one(Post, post_id)
    scene = add_scene(session, post, draft, author=make_actor(runtime, member_id, "", []))
    # The demo's past: so many days ago, and never before the post itself.
    scene.created_at = max(clock.now() - timedelta(days=int(row["days_ago"])), post.created_at + timedelta(minutes=20))
    session.add(scene)
