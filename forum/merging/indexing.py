"""What is said in merged posts finds the post that they are part of: its document is written anew when they change."""

from sqlmodel import Session

from forum import indexing
from forum.events import PostDeleted, PostEdited, PostHidden, PostRestored, PostsMerged, PostUnmerged
from forum.merging import tree
from forum.posts.models import Post


def index_heads(session: Session, event: PostsMerged | PostUnmerged) -> None:
    """Both posts are found by what belongs to them now."""
    ids = {event.source_id, event.target_id}
    indexing.index_posts(session, sorted({tree.head(session, post_id) for post_id in ids}))


def index_head(session: Session, event: PostEdited | PostDeleted | PostHidden | PostRestored) -> None:
    """A post of a group reads differently: the head of the group is found by other words."""
    head_id = tree.head(session, event.post_id) if session.get(Post, event.post_id) else 0
    if head_id and len(tree.below(session, [head_id])) > 1:
        indexing.index_posts(session, [head_id])
