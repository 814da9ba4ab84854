"""What staff may enter about boards and columns."""

from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field

from cocreate.core.tables import MAX_ID
from cocreate.web.forms import BoundForm, bind
from roadmap.boards.models import Audience, Tone
from roadmap.items.models import ItemStatus

Id = Annotated[int, Field(ge=1, le=MAX_ID)]


class BoardForm(BaseModel):
    """A board. readers: e-mail addresses of a cohort, one per line. reason: for dates that leave the public with it."""

    name: str = Field(min_length=1, max_length=60)
    audience: Audience = Audience.PUBLIC
    lines: list[Id] = Field(default_factory=list, max_length=60)
    readers: str = Field("", max_length=200_000)
    position: int = Field(0, ge=-1000, le=1000)
    closed: bool = False
    reason: str = Field("", max_length=1000)


class ColumnForm(BaseModel):
    """A column in the brand's own words."""

    kind: ItemStatus
    name: str = Field(min_length=1, max_length=40)
    name_en: str = Field("", max_length=40)
    tone: Tone = Tone.PLAIN
    position: int = Field(0, ge=-1000, le=1000)
    hidden: bool = False


class MoveForm(BaseModel):
    """Where an item goes: one place up or down, or beside another one, perhaps in another column of its kind.

    back: the board that it was asked from.
    """

    way: str = Field("", pattern="^(up|down|)$")
    before: Id | None = None
    after: Id | None = None
    column: Id | None = None
    back: str = Field("", max_length=200)


BoundBoard = Annotated[BoundForm[BoardForm], Depends(bind(BoardForm))]
BoundColumn = Annotated[BoundForm[ColumnForm], Depends(bind(ColumnForm))]
BoundMove = Annotated[BoundForm[MoveForm], Depends(bind(MoveForm))]
