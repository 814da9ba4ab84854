"""What staff may enter about items."""

from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field, field_validator

from cocreate.core.tables import MAX_ID
from cocreate.web.forms import BoundForm, bind
from roadmap.items.models import ItemStage
from roadmap.items.windows import Window, parse_window

OptionalId = Annotated[int | None, Field(ge=1, le=MAX_ID)]


class PlannedForm(BaseModel):
    """When something is planned to reach the cars, and why that is another time than was said."""

    planned: str = Field("", max_length=40)
    reason: str = Field("", max_length=1000)

    @field_validator("planned")
    @classmethod
    def _readable(cls, value: str | None) -> str | None:
        parse_window(value or "")
        return value

    @property
    def window(self) -> Window | None:
        return parse_window(self.planned or "")


class ItemForm(PlannedForm):
    """An item as its page shows it; the stage has a form of its own, because it asks for a sentence.

    board: the product line. views: the boards it stands on. public: whether owners may see it at all.
    """

    title: str = Field(min_length=1, max_length=120)
    what: str = Field("", max_length=4000)
    why: str = Field("", max_length=4000)
    board: OptionalId = None
    views: list[Annotated[int, Field(ge=1, le=MAX_ID)]] = Field(default_factory=list, max_length=40)
    public: bool = False


class NewItemForm(ItemForm):
    """A new item; with a sentence, those behind it hear of it at once."""

    release: OptionalId = None
    sentence: str = Field("", max_length=1000)
    theme: OptionalId = None
    post: OptionalId = None


class StageForm(PlannedForm):
    """A step. `seen`: the last change that the writer had before their eyes, so that two people do not cross. `back`:
    the board that it was asked from."""

    stage: ItemStage
    sentence: str = Field(min_length=1, max_length=1000)
    note: str = Field("", max_length=2000)
    release: OptionalId = None
    seen: int = Field(0, ge=0, le=MAX_ID)
    column: OptionalId = None
    back: str = Field("", max_length=200)
    prepare: bool = False


BoundItem = Annotated[BoundForm[ItemForm], Depends(bind(ItemForm))]
BoundNewItem = Annotated[BoundForm[NewItemForm], Depends(bind(NewItemForm))]
BoundStage = Annotated[BoundForm[StageForm], Depends(bind(StageForm))]
