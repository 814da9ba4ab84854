"""Which themes and posts an item answers, and every post that follows from it."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock


class ItemLink(SQLModel, table=True):
    """A person's decision: this item answers this theme, or this single post."""

    __tablename__ = "item_link"
    __table_args__ = (
        sa.UniqueConstraint("item_id", "theme_id"),
        sa.UniqueConstraint("item_id", "post_id"),
        sa.CheckConstraint("(theme_id IS NULL) <> (post_id IS NULL)", name="one_target"),
    )

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="roadmap_item.id", index=True)
    theme_id: int | None = Field(default=None, foreign_key="theme.id")
    """The theme as it was linked; stays when that theme is merged, so that undoing the merge undoes it here too."""
    current_theme_id: int | None = Field(default=None, foreign_key="theme.id", index=True)
    """Where that theme lives now."""
    post_id: int | None = Field(default=None, foreign_key="post.id", index=True)
    created_by: int | None = Field(default=None, foreign_key="member.id")
    created_at: datetime = Field(default_factory=clock.now)


class ItemPost(SQLModel, table=True):
    """A post behind an item, linked itself or through a theme; rewritten whenever links or themes change."""

    __tablename__ = "item_post"

    item_id: int = Field(foreign_key="roadmap_item.id", primary_key=True)
    post_id: int = Field(foreign_key="post.id", primary_key=True, index=True)
    theme_id: int | None = Field(default=None, foreign_key="theme.id")
    since: datetime = Field(default_factory=clock.now)
