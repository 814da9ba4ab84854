"""Taking back imported posts: which of them somebody has built on, and blanking the others."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.tables import columns
from cocreate.core.text_marks import N_
from forum.desk.models import OfficialResponse
from forum.follows.models import Subscription
from forum.merging.models import Merge, Split
from forum.posts.models import Post, PostHold, PostRevision, PostStatus, PostTag
from forum.scenes.models import Scene
from search import api as search


def _built_on(session: Session, ids: list[int]) -> dict[int, str]:
    """Why a post is no longer the import's own, for those where another table says so."""
    found: dict[int, str] = {}
    asked: tuple[tuple[Any, str], ...] = (
        (PostHold, N_("It is part of a decision or linked to a roadmap item.")),
        (OfficialResponse, N_("It has an official answer.")),
        (Subscription, N_("Somebody follows it.")),
    )
    for table, reason in asked:
        found |= dict.fromkeys(session.exec(select(table.post_id).where(col(table.post_id).in_(ids))), reason)
    merged = select(Post.merged_into_id).where(col(Post.merged_into_id).in_(ids))
    targets = [post_id for post_id in session.exec(merged) if post_id is not None]
    found |= dict.fromkeys(targets, N_("Another post is merged into it."))
    # Whoever added a scene may have taken the vote that came with it back, and left the scene.
    scenes = session.exec(select(Scene.post_id).where(col(Scene.post_id).in_(ids), col(Scene.deleted_at).is_(None)))
    found |= dict.fromkeys(scenes, N_("An owner added a scene to it."))
    splits = session.exec(select(Split.post_id).where(col(Split.post_id).in_(ids), col(Split.undone_at).is_(None)))
    found |= dict.fromkeys(splits, N_("It was split into several posts."))
    sources = session.exec(select(Merge.source_id).where(col(Merge.source_id).in_(ids), col(Merge.undone_at).is_(None)))
    return found | dict.fromkeys(sources, N_("It was merged into another post."))


def reasons_to_stay(session: Session, ids: list[int]) -> dict[int, str]:
    """Why each of these posts stays, "" if nothing holds it; without those that are blanked already."""
    statement = columns(Post.id, Post.vote_count, Post.comment_count, Post.status, Post.edited_at).where(
        col(Post.id).in_(ids), col(Post.deleted_at).is_(None)
    )
    rows = list(session.exec(statement)) if ids else []
    built_on = _built_on(session, [row[0] for row in rows]) if rows else {}
    return {row[0]: _reason(row, built_on) for row in rows}


def _reason(row: Sequence[Any], built_on: Mapping[int, str]) -> str:
    post_id, votes, comments, status, edited_at = row
    if votes:
        return N_("Somebody voted for it.")
    if comments:
        return N_("Somebody commented on it.")
    if status != PostStatus.OPEN:
        return N_("Its status was changed.")
    if edited_at is not None:
        return N_("It was edited.")
    return built_on.get(post_id, "")


def blank(session: Session, ids: list[int]) -> set[int]:
    """Blank those of the posts that are still as the import left them; which they were."""
    execute = session.connection().execute
    untouched = (
        col(Post.deleted_at).is_(None), col(Post.vote_count) == 0, col(Post.comment_count) == 0,
        col(Post.status) == PostStatus.OPEN, col(Post.edited_at).is_(None), col(Post.merged_into_id).is_(None),
    )  # fmt: skip
    statement = (
        sa.update(Post)
        .where(col(Post.id).in_(ids), *untouched)
        .values(
            title="", body="", author_label=None, src="", external_id=None, import_hash=None, deleted_at=clock.now()
        )
        .returning(col(Post.id))
    )  # fmt: skip
    gone = sorted(post_id for post_id in execute(statement).scalars() if post_id is not None)
    execute(sa.delete(PostTag).where(col(PostTag.post_id).in_(gone)))
    execute(sa.update(PostRevision).where(col(PostRevision.post_id).in_(gone)).values(title="", body=""))
    search.remove(session, "post", gone)
    return set(gone)
