"""What an author enters."""

from pydantic import BaseModel, Field, field_validator

from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from forum.posts.models import PostKind
from forum.posts.service import Draft

TITLE, BODY, TAG, TAGS = 120, 10_000, 20, 8


def split_tags(text: str) -> list[str]:
    """Words between commas, blanks or Chinese enumeration marks, without a leading #, each once."""
    for mark in ",，、；;\n\t#":
        text = text.replace(mark, " ")
    return list(dict.fromkeys(tag[:TAG] for tag in text.split()))[:TAGS]


class PostForm(BaseModel):
    """A new post, or a post as its author wants it now."""

    title: str = Field(min_length=1, max_length=TITLE)
    body: str = Field("", max_length=BODY)
    kind: PostKind = PostKind.IDEA
    board_id: int | None = Field(None, ge=1, le=MAX_ID)
    vehicle_id: int | None = Field(None, ge=1, le=MAX_ID)
    model: str = Field("", max_length=60)
    tags: str = Field("", max_length=400)
    private: bool = False
    src: str = Field("", max_length=40)
    once: str = Field("", max_length=80)

    @field_validator("title")
    @classmethod
    def _says_something(cls, value: str) -> str:
        tidy = " ".join(value.split())
        if not any(character.isalnum() for character in tidy):
            raise ValueError(N_("Please say it in one sentence."))
        return tidy

    def entered(self) -> Draft:
        """What the service takes."""
        return Draft(
            title=self.title, body=self.body, kind=self.kind, board_id=self.board_id, vehicle_id=self.vehicle_id,
            model=self.model, tags=split_tags(self.tags), private=self.private, src=self.src,
        )  # fmt: skip
