"""What themes do when the forum tells something."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock, outbox
from feedback_cluster.runs.models import Run, RunState
from feedback_cluster.themes.assign import count_later, drop_posts
from feedback_cluster.themes.models import Theme, ThemePost
from feedback_cluster.themes.queries import current_run, current_run_id
from forum import api as forum
from forum.events import (
    PostDeleted,
    PostEdited,
    PostHidden,
    PostRestored,
    PostsImported,
    PostsMerged,
    PostStatusChanged,
    PostSubmitted,
    PostsWithdrawn,
    PostUnmerged,
    VoteCast,
    VoteWithdrawn,
)
from search.events import LexiconChanged

ASSIGN = "feedback_cluster.assign"
VOTES_SETTLE_SECONDS = 3
"""Votes come in bursts; figures follow when one has settled."""


def place_post(session: Session, event: PostSubmitted | PostEdited | PostRestored) -> None:
    """Find the theme of a post that is new, reads differently, or is back."""
    outbox.enqueue(session, ASSIGN, post_ids=[event.post_id])


def place_imported(session: Session, event: PostsImported) -> None:
    """Find the themes of imported voices."""
    outbox.enqueue(session, ASSIGN, post_ids=event.post_ids)


def drop_post(session: Session, event: PostDeleted | PostHidden) -> None:
    """A post that nobody may read speaks for no theme."""
    drop_posts(session, [event.post_id])


def drop_withdrawn(session: Session, event: PostsWithdrawn) -> None:
    """Nor do voices whose import was taken back."""
    drop_posts(session, event.post_ids)


def follow_merge(session: Session, event: PostsMerged | PostUnmerged) -> None:
    """A merged post remains a voice of its theme; its votes and what it waits for are those of the post it leads to."""
    ids = {*forum.group_ids(session, event.source_id), *forum.group_ids(session, event.target_id)}
    outbox.enqueue(session, ASSIGN, post_ids=sorted(ids))


def follow_votes(session: Session, event: VoteCast | VoteWithdrawn) -> None:
    """Votes change how many people are behind a theme; in a merged group behind the themes of all its posts."""
    for post in forum.post_texts(session, ids=[event.post_id]):
        session.connection().execute(
            sa.update(ThemePost).where(col(ThemePost.post_id) == post.id).values(votes=post.vote_count)
        )
    group = forum.group_ids(session, event.post_id)
    count_later(session, _roots(session, group), seconds=VOTES_SETTLE_SECONDS)


def follow_status(session: Session, event: PostStatusChanged) -> None:
    """A post that got an answer waits no longer, nor does what was merged into it."""
    ids = forum.whole_groups(session, event.post_ids)
    posts = forum.post_texts(session, ids=ids)
    for waits in (True, False):
        alike = [post.id for post in posts if (post.stands == forum.PostStatus.OPEN) is waits]
        session.connection().execute(
            sa.update(ThemePost).where(col(ThemePost.post_id).in_(alike)).values(is_open=waits)
        )
    count_later(session, _roots(session, ids))


def mark_lexicon(session: Session, event: LexiconChanged) -> None:
    """What holds now was grouped by an older lexicon: people are told, and the next run goes by the new one."""
    if event.words:
        stale = sa.or_(col(Run.id) == current_run_id(session), col(Run.state) == RunState.RUNNING)
        session.connection().execute(sa.update(Run).where(stale).values(lexicon_changed_at=clock.now()))


def _roots(session: Session, post_ids: Sequence[int]) -> list[int]:
    statement = (
        select(Theme.root_id)
        .join(ThemePost, col(ThemePost.theme_id) == Theme.id)
        .where(ThemePost.run_id == current_run(), col(ThemePost.post_id).in_(post_ids))
        .distinct()
    )
    return [root for root in session.exec(statement) if root is not None]
