"""Posts: what owners said, in their own words, and where each of them stands.

Rows are never deleted: the text is blanked and `deleted_at` set, because upper rooms may still point at them.
"""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import APPEND_ONLY, text_enum
from cocreate.core.text_marks import N_


class PostKind(StrEnum):
    IDEA = "idea"
    PROBLEM = "problem"
    QUESTION = "question"
    PRAISE = "praise"


class PostStatus(StrEnum):
    OPEN = "open"
    REVIEWING = "reviewing"
    PLANNED = "planned"
    STARTED = "started"
    SHIPPED = "shipped"
    DECLINED = "declined"
    MERGED = "merged"


class Visibility(StrEnum):
    PUBLIC = "public"
    STAFF = "staff"


KIND_LABELS = {
    PostKind.IDEA: N_("Idea"),
    PostKind.PROBLEM: N_("Problem"),
    PostKind.QUESTION: N_("Question"),
    PostKind.PRAISE: N_("Praise"),
}
STATUS_LABELS = {
    PostStatus.OPEN: N_("Waiting for an answer"),
    PostStatus.REVIEWING: N_("Under review"),
    PostStatus.PLANNED: N_("Planned"),
    PostStatus.STARTED: N_("In progress"),
    PostStatus.SHIPPED: N_("Shipped"),
    PostStatus.DECLINED: N_("Not for now"),
    PostStatus.MERGED: N_("Merged"),
}
OWN_CAUSES = (None, "merge", "returned")
"""Steps of the forum's own: by hand, by passing on the head of a merged group, or back to what stood before another
room came."""
VOTABLE = frozenset({PostStatus.OPEN, PostStatus.REVIEWING, PostStatus.PLANNED, PostStatus.STARTED})

_LISTED = "deleted_at IS NULL AND hidden_at IS NULL AND merged_into_id IS NULL"


def _listed_index(name: str, *fields: str) -> sa.Index:
    """An index over what lists may show; `visibility` comes last, so that it is checked before the row is read."""
    return sa.Index(name, *fields, "id", "visibility", sqlite_where=sa.text(_LISTED), postgresql_where=sa.text(_LISTED))


def _partial_index(name: str, field: str) -> sa.Index:
    there = sa.text(f"{field} IS NOT NULL")
    return sa.Index(name, field, sqlite_where=there, postgresql_where=there)


class Post(SQLModel, table=True):
    """One idea, problem, question or praise, as its author wrote it, or one imported voice."""

    __table_args__ = (
        sa.UniqueConstraint("source", "external_id"),
        # Partial, because SQLite would otherwise walk the many rows without a value instead of an index of lists.
        _partial_index("ix_post_merged_into_id", "merged_into_id"),
        _partial_index("ix_post_import_id", "import_id"),
        _listed_index("ix_post_hot", "hot"),
        _listed_index("ix_post_new", "created_at"),
        _listed_index("ix_post_top", "vote_count"),
        _listed_index("ix_post_board", "board_id", "hot"),
        _listed_index("ix_post_model", "model", "hot"),
    )

    id: int | None = Field(default=None, primary_key=True)
    board_id: int | None = Field(default=None, foreign_key="board.id")
    kind: PostKind = Field(default=PostKind.IDEA, sa_type=text_enum(PostKind))
    title: str
    """At most 120 characters in the form; imported titles are kept whole."""
    title_derived: bool = False
    """Whether the title is the first sentence of the body, because the row had none."""
    body: str = ""
    status: PostStatus = Field(default=PostStatus.OPEN, sa_type=text_enum(PostStatus))
    visibility: Visibility = Field(default=Visibility.PUBLIC, sa_type=text_enum(Visibility))
    author_id: int | None = Field(default=None, foreign_key="member.id", index=True)
    """None for imported voices, see `author_label`."""
    author_label: str | None = None
    source: str = Field(default="", max_length=80)
    external_id: str | None = Field(default=None, max_length=200)
    import_id: int | None = None
    import_hash: str | None = Field(default=None, max_length=64)
    """Hash of the imported fields as they were last read, so that a changed row is told from an equal one."""
    imported_votes: int = 0
    """Votes counted elsewhere: shown apart, never part of `vote_count`."""
    channel: str = Field(default="forum", max_length=40)
    vehicle_id: int | None = Field(default=None, foreign_key="vehicle.id")
    model: str = Field(default="", max_length=60)
    model_year: int | None = None
    src: str = Field(default="", max_length=40)
    """Where the new-post form was opened from: a QR code, a stream."""
    created_at: datetime = Field(default_factory=clock.now)
    edited_at: datetime | None = None
    hidden_at: datetime | None = None
    deleted_at: datetime | None = None
    merged_into_id: int | None = Field(default=None, foreign_key="post.id")
    vote_count: int = 0
    comment_count: int = 0
    hot: float = 0.0

    @property
    def shown_status(self) -> PostStatus:
        """What readers see on the post itself: a merged one stands where the post does that it leads to. Its own status
        is kept, for the day when it stands by itself again."""
        return PostStatus.MERGED if self.merged_into_id is not None else self.status

    @property
    def votable(self) -> bool:
        return self.status in VOTABLE and self.merged_into_id is None

    @property
    def public(self) -> bool:
        """Whether everybody may read it."""
        return self.visibility == Visibility.PUBLIC and self.deleted_at is None and self.hidden_at is None


class PostTag(SQLModel, table=True):
    """One word that an author or an import put on a post."""

    __tablename__ = "post_tag"

    post_id: int = Field(foreign_key="post.id", primary_key=True)
    tag: str = Field(primary_key=True, max_length=40, index=True)


class PostRevision(SQLModel, table=True):
    """What a post said before an edit; blanked with the post, so not append-only."""

    __tablename__ = "post_revision"

    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id", index=True)
    title: str
    body: str
    replaced_at: datetime = Field(default_factory=clock.now)
    editor_id: int | None = Field(default=None, foreign_key="member.id")


class StatusChange(SQLModel, table=True):
    """One step of a post, with the sentence said to owners. `cause` names the act that brought it about."""

    __tablename__ = "status_change"
    __table_args__ = (APPEND_ONLY,)

    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id", index=True)
    from_status: PostStatus = Field(sa_type=text_enum(PostStatus))
    to_status: PostStatus = Field(sa_type=text_enum(PostStatus))
    reason: str = ""
    by_id: int | None = Field(default=None, foreign_key="member.id")
    cause_kind: str | None = Field(default=None, max_length=40)
    cause_id: int | None = None
    at: datetime = Field(default_factory=clock.now, index=True)

    @property
    def own(self) -> bool:
        """Whether the forum tells of it: a step that another room caused is told there, until that room lets go."""
        return self.cause_kind in OWN_CAUSES or self.to_status == PostStatus.OPEN


class PostHold(SQLModel, table=True):
    """A reason to keep a post although its import is undone: somebody built on it in an upper room."""

    __tablename__ = "post_hold"

    post_id: int = Field(foreign_key="post.id", primary_key=True)
    why: str = Field(primary_key=True, max_length=40)
    created_at: datetime = Field(default_factory=clock.now)


class PostOnce(SQLModel, table=True):
    """A key that a form or a program sent with a new post, so that sending it twice makes one post."""

    __tablename__ = "post_once"

    member_id: int = Field(foreign_key="member.id", primary_key=True)
    key: str = Field(primary_key=True, max_length=80)
    post_id: int = Field(foreign_key="post.id")
