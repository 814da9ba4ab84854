"""The silence clock of posts: it runs from a post until the first human answer, and follows what becomes of it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.clocks import service as clocks
from cocreate.core import clock
from cocreate.core.actor import STAFF
from cocreate.core.tables import columns
from cocreate.identity.members.models import MemberRole
from forum.comments.models import Comment
from forum.desk.models import OfficialResponse
from forum.posts.models import OWN_CAUSES, Post, PostStatus, StatusChange, Visibility
from forum.silence.rules import ASKING, FIRST_ANSWER

FOLLOWING = tuple(cause for cause in OWN_CAUSES if cause is not None)
"""Causes of a status that nobody says anything with: a merge, and its being taken back."""


def begin(session: Session, post: Post, *, at: datetime | None = None) -> None:
    """Let the author's wait begin; nothing for posts that wait for nobody. Its clock runs already: nothing changes."""
    if asks(post):
        clocks.start(session, FIRST_ANSWER, post.id or 0, at=at, scope_id=post.board_id or 0, url=f"/posts/{post.id}")


def asks(post: Post) -> bool:
    """Whether the post, as it stands, waits for an answer: public, by a member, not part of another, and no praise.

    Imported voices have no author here whom an answer would reach.
    """
    return (
        post.kind in ASKING
        and post.author_id is not None
        and post.visibility == Visibility.PUBLIC
        and post.deleted_at is None
        and post.hidden_at is None
        and post.merged_into_id is None
    )


def settle(session: Session, post_id: int, *, since: datetime | None = None) -> None:
    """Bring the clock in line with the post as it stands now: it runs, or it has stopped.

    since: when the wait began, for one that is taken up again; else the post's own time for its first wait, and now
    for a later one.
    """
    post = session.get(Post, post_id)
    if post is None or (post.public and post.merged_into_id is not None):
        return  # what is part of another waits there, see `follow_merge`
    known = clocks.read(session, FIRST_ANSWER, [post_id]).get(post_id)
    if not asks(post):
        clocks.stop(session, FIRST_ANSWER, post_id, answered=False)
    elif known is None or known.state == "gone":
        if known is None and _by_staff(session, post.author_id):
            return
        answered = first_answer(session, post)
        if answered is None:
            begin(session, post, at=since or (clock.now() if known else post.created_at))


def first_answer(session: Session, post: Post) -> tuple[datetime, int | None] | None:
    """When a human of the brand first answered the post, and who; None when nobody has."""
    return first_answers(session, [post.id or 0]).get(post.id or 0)


def first_answers(
    session: Session, post_ids: Sequence[int], *, but: tuple[str, int] | None = None
) -> dict[int, tuple[datetime, int | None]]:
    """The same for many posts: a comment, the official response, or a status that somebody brought a post to.

    but: a cause whose statuses do not count, because it is being taken back.
    """
    found: dict[int, tuple[datetime, int | None]] = {}
    for start in range(0, len(post_ids), 500):
        for statement in _answers(post_ids[start : start + 500], but):
            for post_id, at, by in session.exec(statement):
                if post_id not in found or at < found[post_id][0]:
                    found[post_id] = (at, by)
    return found


def _answers(ids: Sequence[int], but: tuple[str, int] | None) -> tuple[Any, ...]:
    """Statements for everything that answers one of these posts: the post, when, by whom."""
    staff = select(MemberRole.member_id).where(col(MemberRole.role).in_(STAFF))
    return (
        columns(Comment.post_id, Comment.created_at, Comment.author_id)
        .join(Post, col(Post.id) == Comment.post_id)
        .where(
            col(Comment.post_id).in_(ids), col(Comment.author_id).in_(staff),
            col(Comment.author_id).is_distinct_from(Post.author_id),
            col(Comment.deleted_at).is_(None), col(Comment.hidden_at).is_(None),
        ),
        columns(OfficialResponse.post_id, OfficialResponse.created_at, OfficialResponse.author_id).where(
            col(OfficialResponse.post_id).in_(ids)
        ),
        columns(StatusChange.post_id, StatusChange.at, StatusChange.by_id).where(
            col(StatusChange.post_id).in_(ids), col(StatusChange.by_id).is_not(None),
            StatusChange.to_status != PostStatus.OPEN,
            sa.or_(col(StatusChange.cause_kind).is_(None), col(StatusChange.cause_kind).not_in(FOLLOWING)),
            sa.true() if but is None else sa.or_(
                col(StatusChange.cause_kind).is_(None), col(StatusChange.cause_kind) != but[0],
                col(StatusChange.cause_id) != but[1],
            ),
        ),
    )  # fmt: skip


def answered(session: Session, post_ids: Iterable[int], *, by: int | None, at: datetime | None = None) -> int:
    """A human answered these posts; how many of them waited. What is part of another post waits there."""
    return clocks.stop_all(session, FIRST_ANSWER, post_ids, by=by, at=at)


def hear_status(
    session: Session,
    post_ids: Iterable[int],
    status: PostStatus,
    *,
    cause_kind: str | None,
    by: int | None,
    at: datetime,
) -> None:
    """Somebody brought posts to a status, here or by a step of the roadmap item behind them: that comes with words.

    What follows from something else without anybody (a post that a machine added to an item), and what merges and
    their undoing bring about, answers nobody.
    """
    if by is not None and status != PostStatus.OPEN and cause_kind not in FOLLOWING:
        answered(session, post_ids, by=by, at=at)


def unanswered(session: Session, post_ids: Iterable[int], cause: tuple[str, int]) -> int:
    """What this cause said with a status was taken back: posts that it was the first answer to wait on; how many."""
    ids, said = sorted(set(post_ids)), defaultdict[int, set[datetime]](set)
    for start in range(0, len(ids), 500):
        statement = columns(StatusChange.post_id, StatusChange.at).where(
            col(StatusChange.post_id).in_(ids[start : start + 500]),
            StatusChange.cause_kind == cause[0],
            StatusChange.cause_id == cause[1],
        )
        for post_id, at in session.exec(statement):
            said[post_id].add(at)
    return wait_on(session, said, but=cause)


def wait_on(session: Session, said: Mapping[int, Collection[datetime]], *, but: tuple[str, int] | None = None) -> int:
    """What was said about these posts at these moments was taken back: where it was the first answer, they wait on
    since they began, or until the next answer that still stands; how many wait."""
    if not clocks.resume(session, FIRST_ANSWER, said):
        return 0
    waiting = [post_id for post_id, view in clocks.read(session, FIRST_ANSWER, said).items() if view.open]
    for post_id, (at, by) in first_answers(session, waiting, but=but).items():
        clocks.stop(session, FIRST_ANSWER, post_id, at=at, by=by)
        waiting.remove(post_id)
    return len(waiting)


def follow_comment(session: Session, comment: Comment) -> None:
    """A comment went, or came back: where it was the brand's answer, its post waits on, or no longer."""
    author_id = session.exec(select(Post.author_id).where(Post.id == comment.post_id)).first()
    if comment.author_id == author_id or not _by_staff(session, comment.author_id):
        return
    if comment.deleted_at is None and comment.hidden_at is None:
        answered(session, [comment.post_id], by=comment.author_id, at=comment.created_at)
    else:
        wait_on(session, {comment.post_id: {comment.created_at}})


def follow_merge(session: Session, source_id: int, target_id: int, *, by: int | None) -> None:
    """A merged post waits where it now stands: its head takes over its promise, or has answered it already."""
    waits = clocks.read(session, FIRST_ANSWER, [source_id, target_id])
    own, there = waits.get(source_id), waits.get(target_id)
    if own is None or not own.open:
        return
    head = session.get(Post, target_id)
    if (there is not None and there.state in ("met", "late")) or (head is not None and first_answer(session, head)):
        clocks.stop(session, FIRST_ANSWER, source_id, by=by)
        return
    clocks.stop(session, FIRST_ANSWER, source_id, answered=False)
    if there is not None and there.open:
        clocks.adopt(session, FIRST_ANSWER, target_id, like=own)
    elif head is not None and head.public:
        clocks.start(
            session, FIRST_ANSWER, target_id, at=own.started_at, scope_id=head.board_id or 0, url=f"/posts/{target_id}"
        )


def follow_undo(session: Session, source_id: int, target_id: int) -> None:
    """A post that stands by itself again goes on waiting since it began, unless its head was answered meanwhile."""
    waits = clocks.read(session, FIRST_ANSWER, [source_id, target_id])
    own, there = waits.get(source_id), waits.get(target_id)
    told = there is not None and there.state in ("met", "late")
    settle(session, source_id, since=None if own is None or told else own.started_at)


def _by_staff(session: Session, member_id: int | None) -> bool:
    statement = select(MemberRole.member_id).where(MemberRole.member_id == member_id, col(MemberRole.role).in_(STAFF))
    return session.exec(statement.limit(1)).first() is not None
