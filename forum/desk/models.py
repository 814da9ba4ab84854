"""The brand's own words on single posts."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from cocreate.core import clock


class OfficialResponse(SQLModel, table=True):
    """What the brand says to one post; one per post, edited rather than repeated."""

    __tablename__ = "official_response"

    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id", unique=True)
    author_id: int = Field(foreign_key="member.id")
    body: str
    created_at: datetime = Field(default_factory=clock.now)
    edited_at: datetime | None = None
