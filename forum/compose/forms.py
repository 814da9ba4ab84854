"""What the form sends: a post to publish, or the same fields as they are, to be kept."""

from typing import Any

from pydantic import BaseModel, Field

from cocreate.core.tables import MAX_ID
from forum.compose.drafts import Saving
from forum.posts.forms import PostForm


class ComposeForm(PostForm):
    """A post, and the draft that it was typed in."""

    draft: str = Field("", max_length=80)


class DraftForm(BaseModel):
    """The fields as they stand, right or wrong, with what tells windows apart."""

    title: str = Field("", max_length=2000)
    body: str = Field("", max_length=20_000)
    kind: str = Field("", max_length=24)
    board_id: str = Field("", max_length=20)
    vehicle_id: str = Field("", max_length=20)
    model: str = Field("", max_length=60)
    tags: str = Field("", max_length=400)
    private: str = Field("", max_length=8)
    src: str = Field("", max_length=40)
    once: str = Field("", max_length=80)
    draft: str = Field("", max_length=80)
    post_id: int | None = Field(None, ge=1, le=MAX_ID)
    version: int = Field(0, ge=0, le=2**31)
    tab: str = Field("", max_length=24)
    seq: int = Field(0, ge=0, le=2**31)

    @property
    def text(self) -> str:
        """What is compared with other posts."""
        return f"{self.title}\n{self.body}"

    def fields(self) -> dict[str, str]:
        """What a draft keeps."""
        names = ("title", "body", "kind", "board_id", "vehicle_id", "model", "tags", "private", "src")
        return {name: getattr(self, name) for name in names}

    def values(self) -> dict[str, Any]:
        """What the form shows again."""
        return {**self.fields(), "once": self.once, "draft": self.draft}

    def saving(self) -> Saving:
        """What the service takes."""
        return Saving(self.draft, self.fields(), self.post_id, self.version, self.tab, self.seq)
