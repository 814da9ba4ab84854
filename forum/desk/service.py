"""The agents' and product managers' desk: official responses, and the status of posts with its trail."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict, Invalid
from cocreate.core.tables import columns
from cocreate.core.text_marks import N_
from forum.desk.models import OfficialResponse
from forum.events import OfficialResponseGiven, PostStatusChanged
from forum.merging import tree
from forum.posts.models import Post, PostStatus, StatusChange
from forum.silence.service import hear_status

TOLD_TOGETHER = 100
"""Posts in one event: few enough for a listener to pass quickly, and thousands make no thousands of entries."""


class SentenceMissing(Invalid):
    code = "sentence_missing"
    message = N_("Please tell owners why, in one sentence.")


class NotByHand(Invalid):
    code = "not_by_hand"
    message = N_("This status is set by merging two posts.")


class PartOfAnother(Conflict):
    code = "part_of_another"
    message = N_("This post is part of another one and stands where that does. Set the status there.")


def set_status(
    session: Session,
    post_ids: Iterable[int],
    status: PostStatus,
    *,
    cause: tuple[str, int] | None,
    by: Actor,
    reason: str = "",
    at: datetime | None = None,
) -> list[int]:
    """Bring posts to a status and write their trail; the ids that changed.

    cause: kind and id of what brought it about, such as ("roadmap_item", 7): then the forum sends no message itself.
    at: when it happened, for histories that are written afterwards. Blanked posts keep what they have. A merged post
    takes it as its own status, which readers see once it stands by itself again.
    """
    changed: list[int] = []
    ids = sorted(set(post_ids))
    moment = at or clock.now()
    # First, so that several posts are never locked while a merge locks others of them.
    tree.lock_links(session)
    for start in range(0, len(ids), 500):
        rows = session.exec(
            columns(Post.id, Post.status).where(
                col(Post.id).in_(ids[start : start + 500]),
                col(Post.status) != status,
                col(Post.deleted_at).is_(None),
            )
        ).all()
        if not rows:
            continue
        steps = [
            StatusChange(
                post_id=post_id, from_status=old, to_status=status, reason=reason, by_id=by.id, at=moment,
                cause_kind=cause[0] if cause else None, cause_id=cause[1] if cause else None,
            )
            for post_id, old in rows
        ]  # fmt: skip
        moved = [post_id for post_id, _ in rows]
        session.connection().execute(sa.update(Post).where(col(Post.id).in_(moved)).values(status=status))
        session.add_all(steps)
        session.flush()
        for first in range(0, len(steps), TOLD_TOGETHER):
            part = steps[first : first + TOLD_TOGETHER]
            outbox.publish(
                session,
                PostStatusChanged(
                    post_ids=[step.post_id for step in part],
                    status=status.value,
                    cause_kind=cause[0] if cause else None,
                    change_ids=[step.id or 0 for step in part],
                ),
            )
        hear_status(session, moved, status, cause_kind=cause[0] if cause else None, by=by.id, at=moment)
        changed += moved
    if changed:
        _refresh(session, changed)
        audit.record(session, by, "post.status", "post", changed[0], status=status.value, count=len(changed))
    return changed


def status_before(session: Session, post_ids: Iterable[int], cause_kind: str) -> dict[int, PostStatus]:
    """Where each post stood before another room began to move it: where its last steps of that cause set out from.
    Without posts whose last step was another one: what somebody else has said about them holds."""
    found: dict[int, PostStatus] = {}
    wanted = sorted(set(post_ids))
    trail = select(StatusChange).where(col(StatusChange.post_id).in_(wanted)).order_by(col(StatusChange.id))
    moving: dict[int, bool] = {}
    for step in session.exec(trail):
        caused = step.cause_kind == cause_kind
        if caused and not moving.get(step.post_id):
            found[step.post_id] = step.from_status
        moving[step.post_id] = caused
    return {post_id: before for post_id, before in found.items() if moving[post_id]}


def _refresh(session: Session, ids: list[int]) -> None:
    """Rows of these posts that the session holds read their new status at next use."""
    wanted = set(ids)
    for row in session.identity_map.values():
        if isinstance(row, Post) and row.id in wanted:
            session.expire(row, ["status"])


def decide(session: Session, post: Post, status: PostStatus, *, reason: str, by: Actor) -> bool:
    """Set one post's status by hand, with the sentence that owners read; False when it had it already."""
    if status == PostStatus.MERGED:
        raise NotByHand()
    if post.merged_into_id is not None:
        raise PartOfAnother(f"post {post.id}")
    if not reason.strip():
        raise SentenceMissing(fields={"reason": SentenceMissing.message})
    return bool(set_status(session, [post.id or 0], status, cause=None, by=by, reason=reason.strip()))


def respond(session: Session, post: Post, body: str, *, by: Actor) -> OfficialResponse:
    """Say the brand's words to one post; a second call replaces them. Followers are told of the first."""
    response = session.exec(select(OfficialResponse).where(OfficialResponse.post_id == post.id)).first()
    if response is None:
        response = OfficialResponse(post_id=post.id or 0, author_id=by.member_id, body=body)
        session.add(response)
        session.flush()
        outbox.publish(session, OfficialResponseGiven(response_id=response.id or 0, post_id=post.id or 0))
    else:
        response.body, response.author_id, response.edited_at = body, by.member_id, clock.now()
        session.add(response)
    audit.record(session, by, "post.respond", "post", post.id)
    return response
