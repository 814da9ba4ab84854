"""What is entered about merges and splits."""

from pydantic import BaseModel, Field

from cocreate.core.tables import MAX_ID


class MergeForm(BaseModel):
    """The post that another one becomes part of; `reason` is read by the authors."""

    into: int = Field(ge=1, le=MAX_ID)
    reason: str = Field("", max_length=300)


class ObjectionForm(BaseModel):
    """What is different about one's own post."""

    sentence: str = Field(min_length=1, max_length=300)


class AnswerForm(BaseModel):
    """Why a merge stays although an author objects."""

    answer: str = Field(min_length=1, max_length=300)


class SplitForm(BaseModel):
    """The asks of one post, each as a title and the words that belong to it. Empty rows are passed over."""

    title_1: str = Field("", max_length=120)
    body_1: str = Field("", max_length=10_000)
    title_2: str = Field("", max_length=120)
    body_2: str = Field("", max_length=10_000)
    title_3: str = Field("", max_length=120)
    body_3: str = Field("", max_length=10_000)
    title_4: str = Field("", max_length=120)
    body_4: str = Field("", max_length=10_000)
    title_5: str = Field("", max_length=120)
    body_5: str = Field("", max_length=10_000)

    def asks(self) -> list[tuple[str, str]]:
        """(title, body) of the rows that were filled in."""
        rows = [(getattr(self, f"title_{n}"), getattr(self, f"body_{n}")) for n in range(1, 6)]
        return [(" ".join(title.split()), body.strip()) for title, body in rows if title.strip() or body.strip()]
