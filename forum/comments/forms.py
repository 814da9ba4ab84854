"""What somebody answers."""

from pydantic import BaseModel, Field

from cocreate.core.tables import MAX_ID


class CommentForm(BaseModel):
    """A comment, or a reply when `parent_id` is given."""

    body: str = Field(min_length=1, max_length=4000)
    parent_id: int | None = Field(None, ge=1, le=MAX_ID)


class CommentTextForm(BaseModel):
    """A comment as its author wants it now."""

    body: str = Field(min_length=1, max_length=4000)
