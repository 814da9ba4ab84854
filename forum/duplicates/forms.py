"""What staff decide about suggestions, and what an owner points at."""

import re

from pydantic import BaseModel, Field, field_validator

from cocreate.core.tables import MAX_ID
from forum.duplicates.comparing import LEAST
from forum.duplicates.models import Origin

_NUMBER = re.compile(r"\s*(?:#|\S*/posts/)?(\d{1,19})(?:[/?#]\S*)?\s*")


class DecisionForm(BaseModel):
    """A decision and where the queue goes on: its filters and the place of the next suggestion."""

    keep: int = Field(default=0, ge=0, le=MAX_ID)
    post: list[int] = Field(default_factory=list, max_length=20)
    """Further posts that are merged with it."""
    next: int = Field(default=0, ge=0, le=MAX_ID)
    number: int = Field(default=1, ge=1, le=MAX_ID)
    least: float = Field(default=LEAST, ge=0, le=1)
    board: int | None = Field(default=None, ge=1, le=MAX_ID)
    origin: Origin | None = None

    @field_validator("post")
    @classmethod
    def _ids(cls, value: list[int]) -> list[int]:
        if any(not 1 <= post_id <= MAX_ID for post_id in value):
            raise ValueError("not an id")
        return value


class SameForm(BaseModel):
    """The post that says the same: chosen from a list, or given by number or address."""

    other: str = Field(min_length=1, max_length=300)


def post_number(text: str) -> int | None:
    """The number in `#12`, `12` or the address of a post; None for anything else."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    number = int(match[1])
    return number if 1 <= number <= MAX_ID else None
