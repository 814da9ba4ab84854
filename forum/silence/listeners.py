"""What stops, moves or takes up the silence clock of a post; each is safe to run twice."""

from sqlmodel import Session

from cocreate.clocks import ladder
from cocreate.core import clock
from forum.comments.models import Comment
from forum.desk.models import OfficialResponse
from forum.events import (
    CommentAdded,
    OfficialResponseGiven,
    PostDeleted,
    PostEdited,
    PostHidden,
    PostRestored,
    PostsMerged,
    PostSubmitted,
    PostUnmerged,
)
from forum.merging.models import Merge
from forum.posts.models import Post
from forum.silence import service
from forum.silence.rules import FIRST_ANSWER


def hear_comment(session: Session, event: CommentAdded) -> None:
    """A comment of staff on somebody else's post is a human answer, unless it is gone already."""
    comment = session.get(Comment, event.comment_id)
    if comment is not None:
        service.follow_comment(session, comment)


def hear_response(session: Session, event: OfficialResponseGiven) -> None:
    response = session.get(OfficialResponse, event.response_id)
    if response is not None:
        service.answered(session, [event.post_id], by=response.author_id, at=response.created_at)


def follow_post(session: Session, event: PostSubmitted | PostEdited | PostHidden | PostRestored | PostDeleted) -> None:
    """What is hidden, private, praise or gone waits no more; what is back, or opened later, waits from then on."""
    service.settle(session, event.post_id, since=None if isinstance(event, PostSubmitted) else clock.now())


def forget_title(session: Session, event: PostDeleted | PostHidden | PostEdited) -> None:
    """Messages to staff about a post that is blanked, hidden or private now keep its number alone."""
    post = session.get(Post, event.post_id)
    if post is None or not post.public:
        ladder.forget(session, FIRST_ANSWER, event.post_id)


def follow_merge(session: Session, event: PostsMerged) -> None:
    merge = session.get(Merge, event.merge_id)
    if merge is not None and merge.undone_at is None:
        service.follow_merge(session, event.source_id, event.target_id, by=merge.by_id)


def follow_undo(session: Session, event: PostUnmerged) -> None:
    service.follow_undo(session, event.source_id, event.target_id)
