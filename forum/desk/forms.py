"""What the brand enters about a post."""

from pydantic import BaseModel, Field

from forum.posts.models import PostStatus


class StatusForm(BaseModel):
    """A step, with the sentence that owners read."""

    status: PostStatus
    reason: str = Field(min_length=1, max_length=300)


class ResponseForm(BaseModel):
    """The brand's words to one post."""

    body: str = Field(min_length=1, max_length=4000)
