"""What members type to keep a search."""

from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field

from cocreate.web.forms import BoundForm, bind


class SaveForm(BaseModel):
    """A search to keep: its address, and a name."""

    name: str = Field(min_length=1, max_length=60)
    query: str = Field(default="", max_length=1000)


class NameForm(BaseModel):
    """Another name."""

    name: str = Field(min_length=1, max_length=60)


class SwitchForm(BaseModel):
    """Whether searches are remembered."""

    remember: bool = False


BoundSaveForm = Annotated[BoundForm[SaveForm], Depends(bind(SaveForm))]
BoundNameForm = Annotated[BoundForm[NameForm], Depends(bind(NameForm))]
BoundSwitchForm = Annotated[BoundForm[SwitchForm], Depends(bind(SwitchForm))]
