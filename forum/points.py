"""What the forum gives points for: posts, scenes, and comments that staff call useful."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape
from sqlmodel import Session, col, select

from cocreate.core.text_marks import N_
from cocreate.points.rules import PointsRule
from cocreate.points.service import settle
from cocreate.web.page import Page
from forum.comments.models import Comment
from forum.events import PostDeleted, PostHidden, PostRestored, PostSubmitted, ScenesChanged
from forum.posts.models import Post
from forum.posts.queries import post_cards
from forum.scenes.models import Scene

POST = PointsRule(
    "forum.post", N_("A post"), 5, day_cap=15, week_cap=50, route="show_post", param="post_id"
)  # fmt: skip
SCENE = PointsRule(
    "forum.scene", N_("A scene under somebody's post"), 3, day_cap=9, week_cap=30, route="show_post", param="post_id"
)
USEFUL = PointsRule(
    "forum.useful", N_("A comment that helped"), 5, day_cap=15, week_cap=50, route="show_post", param="post_id"
)
RULES = [POST, SCENE, USEFUL]

OWN_CHANNEL = "forum"
"""Only what owners write here themselves counts; what was asked of them elsewhere has a rule of its own."""

AboutPost = PostSubmitted | PostDeleted | PostHidden | PostRestored


def settle_post(session: Session, event: AboutPost) -> None:
    """The author of a post that can be read has points for it, and has not once it is deleted or hidden."""
    post = session.get(Post, event.post_id)
    if post is None or post.author_id is None or post.channel != OWN_CHANNEL:
        return
    deserved = post.deleted_at is None and post.hidden_at is None
    settle(
        session,
        post.author_id,
        POST,
        key=f"post:{post.id}",
        deserved=deserved,
        about=f"post:{post.id}",
        at=post.created_at,
    )


def settle_scenes(session: Session, event: ScenesChanged) -> None:
    """Everybody whose scene under the post can be read has points for it, once; not the author of the post itself."""
    post = session.get(Post, event.post_id)
    for scene in session.exec(select(Scene).where(Scene.post_id == event.post_id).order_by(col(Scene.member_id))):
        own = post is not None and scene.member_id == post.author_id
        settle(
            session, scene.member_id, SCENE, key=f"scene:{scene.id}", about=f"post:{scene.post_id}",
            at=scene.created_at, deserved=scene.deleted_at is None and scene.hidden_at is None and not own,
        )  # fmt: skip


def on_points(session: Session, page: Page, ids: Sequence[int]) -> Mapping[int, Markup]:
    """points.post: what a post is called, for whoever may read it."""
    return {post_id: escape(card.title) for post_id, card in post_cards(session, ids, actor=page.actor).items()}


def settle_comment(session: Session, comment: Comment) -> None:
    """A comment that staff call useful earns points while it can be read."""
    deserved = comment.useful_at is not None and comment.deleted_at is None and comment.hidden_at is None
    settle(
        session, comment.author_id, USEFUL, key=f"comment:{comment.id}", deserved=deserved,
        about=f"post:{comment.post_id}",
    )  # fmt: skip
