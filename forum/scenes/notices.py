"""What the author of a post hears about scenes, and what follows when they change."""

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.module import Notice
from cocreate.core.text_marks import N_
from cocreate.notify.inbox.models import InboxMessage
from cocreate.notify.inbox.service import tell
from forum import indexing
from forum.events import PostEdited, PostRestored, SceneAdded, ScenesChanged
from forum.merging.queries import heads_of
from forum.posts.models import Post
from forum.posts.service import hold_row
from forum.scenes.models import Scene

NOTICES = {
    "forum.scene.own": Notice(
        N_("Owners added their scenes to “%(what)s”: %(num)s by now"), N_("Because you wrote #%(id)s.")
    )
}
WHAT_CHARACTERS = 40


def tell_about_scene(session: Session, event: SceneAdded) -> None:
    """The author hears of scenes in one message: while it is unread, the next scene only changes its number."""
    post, scene = session.get(Post, event.post_id), session.get(Scene, event.scene_id)
    if post is None or not post.public or post.author_id is None:
        return
    if scene is None or scene.deleted_at is not None or scene.hidden_at is not None:
        return
    where = (Scene.post_id == post.id, col(Scene.deleted_at).is_(None), col(Scene.hidden_at).is_(None))
    number = session.exec(select(sa.func.count()).select_from(Scene).where(*where)).one()
    what = post.title if len(post.title) <= WHAT_CHARACTERS else post.title[: WHAT_CHARACTERS - 1] + "…"
    params = {"id": post.id, "what": what, "num": number}
    prefix = f"post:{post.id}:scenes:"
    waiting = session.exec(
        select(InboxMessage).where(
            InboxMessage.member_id == post.author_id,
            col(InboxMessage.key).startswith(prefix),
            col(InboxMessage.read_at).is_(None),
        )
    ).first()
    if waiting is None:
        url = f"/posts/{post.id}#scenes"
        tell(session, [post.author_id], "forum.scene.own", key=f"{prefix}{scene.id}", params=params, url=url,
             topic=f"post:{post.id}")  # fmt: skip
    elif waiting.params != params:
        waiting.params, waiting.created_at = params, clock.now()
        session.add(waiting)


def index_scenes(session: Session, event: ScenesChanged | PostEdited | PostRestored) -> None:
    """Let the post, or the one that it was merged into, be found by the words of its scenes. The row is held first, so
    that of two changes the later one reads both."""
    if session.exec(select(Scene.id).where(Scene.post_id == event.post_id).limit(1)).first() is None:
        return
    head = session.get(Post, heads_of(session, [event.post_id]).get(event.post_id, 0))
    if head is None or head.deleted_at is not None or head.hidden_at is not None:
        return
    hold_row(session, head)
    indexing.index_posts(session, [head.id or 0])
