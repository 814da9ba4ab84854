"""What staff may enter about items."""

from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field

from cocreate.core.tables import MAX_ID
from cocreate.web.forms import BoundForm, bind
from roadmap.items.models import ItemStage

OptionalId = Annotated[int | None, Field(ge=1, le=MAX_ID)]


class ItemForm(BaseModel):
    """An item as its page shows it; the stage has a form of its own, because it asks for a sentence."""

    title: str = Field(min_length=1, max_length=120)
    what: str = Field("", max_length=4000)
    why: str = Field("", max_length=4000)
    board: OptionalId = None
    public: bool = False


class NewItemForm(ItemForm):
    """A new item; with a sentence, those behind it hear of it at once."""

    release: OptionalId = None
    sentence: str = Field("", max_length=1000)
    theme: OptionalId = None
    post: OptionalId = None


class StageForm(BaseModel):
    """A step. `seen`: the last change that the writer had before their eyes, so that two people do not cross."""

    stage: ItemStage
    sentence: str = Field(min_length=1, max_length=1000)
    note: str = Field("", max_length=2000)
    release: OptionalId = None
    seen: int = Field(0, ge=0, le=MAX_ID)


BoundItem = Annotated[BoundForm[ItemForm], Depends(bind(ItemForm))]
BoundNewItem = Annotated[BoundForm[NewItemForm], Depends(bind(NewItemForm))]
BoundStage = Annotated[BoundForm[StageForm], Depends(bind(StageForm))]
