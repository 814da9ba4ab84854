"""Merges and splits: links between posts, each of which can be taken back."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock


class Merge(SQLModel, table=True):
    """One post was made part of another. The link itself is `Post.merged_into_id`; this row says who, when and what it
    came to, and outlives an undo. `target_id` is the post at the head of the group when it was merged."""

    __tablename__ = "post_merge"
    __table_args__ = (
        # A post leads to one place at a time; what was undone stays on record.
        sa.Index("ux_post_merge_source", "source_id", unique=True,
                 sqlite_where=sa.text("undone_at IS NULL"), postgresql_where=sa.text("undone_at IS NULL")),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="post.id", index=True)
    target_id: int = Field(foreign_key="post.id", index=True)
    by_id: int | None = Field(default=None, foreign_key="member.id")
    """None when the head of the group was blanked and another post took its place."""
    reason: str = Field(default="", max_length=300)
    at: datetime = Field(default_factory=clock.now, index=True)
    sums: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    """The arithmetic as it was told: source, target, both, together, posts."""
    head_status: str = Field(default="", max_length=24)
    """Status of the head before the merge, for rooms that change it because of the merge."""
    undone_at: datetime | None = None
    undone_by_id: int | None = Field(default=None, foreign_key="member.id")


class MergeObjection(SQLModel, table=True):
    """An author of a merged post finds that theirs is something else. `answer` is what staff said to that."""

    __tablename__ = "merge_objection"
    __table_args__ = (sa.UniqueConstraint("merge_id", "member_id"),)

    id: int | None = Field(default=None, primary_key=True)
    merge_id: int = Field(foreign_key="post_merge.id")
    member_id: int = Field(foreign_key="member.id")
    sentence: str = Field(max_length=300)
    at: datetime = Field(default_factory=clock.now)
    decided_at: datetime | None = Field(default=None, index=True)
    decided_by_id: int | None = Field(default=None, foreign_key="member.id")
    kept: bool | None = None
    """True: the merge stays, for the reason in `answer`. False: it was taken back."""
    answer: str = Field(default="", max_length=300)


class Split(SQLModel, table=True):
    """Several asks of one post became posts of their own; the post itself stays as it is."""

    __tablename__ = "post_split"

    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id", index=True)
    by_id: int | None = Field(default=None, foreign_key="member.id")
    at: datetime = Field(default_factory=clock.now)
    undone_at: datetime | None = None


class SplitPart(SQLModel, table=True):
    """One ask that was cut out of a post, as a post of its own."""

    __tablename__ = "post_split_part"

    post_id: int = Field(foreign_key="post.id", primary_key=True)
    split_id: int = Field(foreign_key="post_split.id", index=True)
