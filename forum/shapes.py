"""The forum's JSON: what programs send and get, with the examples that the OpenAPI page shows."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from cocreate.core.tables import MAX_ID
from forum.posts.forms import BODY, TAG, TAGS, TITLE
from forum.posts.models import PostKind, PostStatus, Visibility

_POST: dict[str, Any] = {
    "id": 12, "url": "/posts/12", "title": "雨刷记住上次的档位", "body": "每次上车都要重新拨。", "kind": "idea",
    "status": "open", "board": "cockpit", "model": "示例 SUV", "model_year": 2026, "author": "小周",
    "author_verified": True, "channel": "forum", "visibility": "public", "tags": ["雨刷"], "votes": 87,
    "imported_votes": 0, "comments": 6, "voted": False, "merged_into": None,
    "created_at": "2026-06-05T08:00:00Z", "edited_at": None,
}  # fmt: skip


class PostOut(BaseModel):
    """One post. `imported_votes` were counted elsewhere and are never part of `votes`."""

    model_config = ConfigDict(json_schema_extra={"example": _POST})

    id: int
    url: str
    title: str
    body: str
    kind: PostKind
    status: PostStatus
    board: str | None
    model: str
    model_year: int | None
    author: str | None
    author_verified: bool
    channel: str
    visibility: Visibility
    tags: list[str]
    votes: int
    imported_votes: int
    comments: int
    voted: bool = Field(description="Whether the token's member has voted for it.")
    merged_into: int | None = Field(
        description="The post that it is part of by a merge, at the head of its group: votes for it count there."
    )
    created_at: datetime
    edited_at: datetime | None


class PostPageOut(BaseModel):
    """A page of posts."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"items": [_POST], "next_cursor": "WyJob3QiLDgwMC4xLDEyXQ"}}
    )

    items: list[PostOut]
    next_cursor: str | None


class PostIn(BaseModel):
    """A new post."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"title": "雨刷记住上次的档位", "body": "每次上车都要重新拨。", "kind": "idea"}},
        extra="forbid",
    )

    title: str = Field(min_length=1, max_length=TITLE, pattern=r"\S")
    body: str = Field("", max_length=BODY)
    kind: PostKind = PostKind.IDEA
    board: str | None = Field(None, max_length=40, description="Key of a board.")
    vehicle_id: int | None = Field(None, ge=1, le=MAX_ID, description="A car of the member's garage.")
    model: str = Field("", max_length=60)
    model_year: int | None = Field(None, ge=1950, le=2100)
    tags: list[Annotated[str, Field(max_length=TAG)]] = Field([], max_length=TAGS)
    private: bool = Field(False, description="Readable by the brand's staff alone.")


class VoteOut(BaseModel):
    """Where the vote stands now."""

    model_config = ConfigDict(json_schema_extra={"example": {"post_id": 12, "votes": 88, "voted": True}})

    post_id: int = Field(description="Where the vote counts: the post itself, or the one that it was merged into.")
    votes: int
    voted: bool


_COMMENT: dict[str, Any] = {
    "id": 7, "post_id": 12, "parent_id": None, "author": "小周", "author_role": None, "body": "我的也一样。",
    "created_at": "2026-06-05T09:00:00Z", "edited_at": None,
}  # fmt: skip


class CommentOut(BaseModel):
    """One comment; a reply names its comment."""

    model_config = ConfigDict(json_schema_extra={"example": _COMMENT})

    id: int
    post_id: int
    parent_id: int | None
    author: str | None
    author_role: str | None
    body: str
    created_at: datetime
    edited_at: datetime | None


class CommentPageOut(BaseModel):
    """A page of comments, oldest first."""

    model_config = ConfigDict(json_schema_extra={"example": {"items": [_COMMENT], "next_cursor": None}})

    items: list[CommentOut]
    next_cursor: str | None


class CommentIn(BaseModel):
    """A comment, or a reply when `parent_id` is given."""

    model_config = ConfigDict(json_schema_extra={"example": {"body": "我的也一样。"}}, extra="forbid")

    body: str = Field(min_length=1, max_length=4000, pattern=r"\S")
    parent_id: int | None = Field(None, ge=1, le=MAX_ID)
