"""Merging as JSON."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import BaseModel, ConfigDict, Field

from cocreate.core.errors import Invalid, NotFound
from cocreate.core.tables import MAX_ID
from cocreate.web.access import CurrentActor, Db, RowId, allow
from cocreate.web.refusals import FOR_TOKENS, refusals
from forum.merging import service
from forum.merging.models import Merge
from forum.merging.queries import merge_of
from forum.posts.models import Post
from forum.posts.queries import get_post

router = APIRouter(prefix="/api/v1", tags=["forum"])

_MERGE: dict[str, Any] = {
    "id": 3, "post_id": 12, "into": 7, "reason": "都是雨刷记忆", "votes": 48, "source_votes": 41, "target_votes": 12,
    "both": 5, "posts": 2, "merged_at": "2026-06-05T08:00:00Z", "undone_at": None,
}  # fmt: skip


class MergeIn(BaseModel):
    """The post that the one of the address becomes part of; a merged one stands for the head of its group."""

    model_config = ConfigDict(json_schema_extra={"example": {"into": 7, "reason": "都是雨刷记忆"}}, extra="forbid")

    into: int = Field(ge=1, le=MAX_ID)
    reason: str = Field("", max_length=300, description="Read by authors and voters.")


class MergeOut(BaseModel):
    """A merge with its arithmetic: `votes` = `source_votes` + `target_votes` - `both` when it was done."""

    model_config = ConfigDict(json_schema_extra={"example": _MERGE})

    id: int
    post_id: int
    into: int
    reason: str
    votes: int = Field(description="People whose vote counts at the head now.")
    source_votes: int
    target_votes: int
    both: int
    posts: int
    merged_at: datetime
    undone_at: datetime | None


@router.post(
    "/posts/{post_id}/merge",
    status_code=201,
    dependencies=[allow("forum.merge", scope="posts:merge")],
    responses={**FOR_TOKENS, **refusals(NotFound, service.MergedAlready, Invalid)},
)
def merge(post_id: RowId, data: Annotated[MergeIn, Body()], actor: CurrentActor, db: Db) -> MergeOut:
    """Make a post part of another one. It keeps its words, its author and its comments."""
    made = service.merge_posts(db, post_id, data.into, by=actor, reason=data.reason.replace("\x00", ""))
    return _out(made, db.get_one(Post, made.target_id, populate_existing=True).vote_count)


@router.delete(
    "/posts/{post_id}/merge",
    dependencies=[allow("forum.merge", scope="posts:merge")],
    responses={**FOR_TOKENS, **refusals(NotFound, service.UndoneAlready)},
)
def unmerge(post_id: RowId, actor: CurrentActor, db: Db) -> MergeOut:
    """Take the merge of a post back; `votes` are those of the head without it."""
    get_post(db, post_id, actor)
    held = merge_of(db, post_id)
    if held is None:
        raise NotFound(f"post {post_id} is not merged")
    undone = service.undo_merge(db, held.id or 0, by=actor)
    return _out(undone, db.get_one(Post, undone.target_id, populate_existing=True).vote_count)


def _out(one: Merge, votes: int) -> MergeOut:
    return MergeOut(
        id=one.id or 0, post_id=one.source_id, into=one.target_id, reason=one.reason, votes=votes,
        source_votes=one.sums.get("source", 0), target_votes=one.sums.get("target", 0), both=one.sums.get("both", 0),
        posts=one.sums.get("posts", 0), merged_at=one.at, undone_at=one.undone_at,
    )  # fmt: skip
