"""The demo's points for what the owner to try wrote; the others' would only take time."""

from sqlmodel import Session, col, select

from cocreate.core.runtime import Runtime
from forum.events import PostSubmitted, ScenesChanged
from forum.points import settle_post, settle_scenes
from forum.posts.models import Post
from forum.scenes.models import Scene

WRITERS = ("zhou",)


def seed(runtime: Runtime) -> None:
    """Let the ledger know of them; expects the ids that identity's seed left in the runtime's memory."""
    people = [runtime.memory["demo.people"][key] for key in WRITERS]
    with runtime.database.write() as session:
        for post_id in _ids(session, Post.id, Post.author_id, people):
            settle_post(session, PostSubmitted(post_id=post_id))
        for post_id in _ids(session, Scene.post_id, Scene.member_id, people):
            settle_scenes(session, ScenesChanged(post_id=post_id))


def _ids(session: Session, wanted: int | None, owner: int | None, people: list[int]) -> list[int]:
    """Values of one column where another names one of these people."""
    return sorted({found or 0 for found in session.exec(select(col(wanted)).where(col(owner).in_(people)))})
