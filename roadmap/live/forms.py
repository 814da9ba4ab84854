"""What a host may enter."""

from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field

from cocreate.web.forms import BoundForm, bind
from forum.api import PostKind
from roadmap.items.forms import OptionalId


class SessionForm(BaseModel):
    """A stream and whose voices it is about; what is left out is not narrowed."""

    title: str = Field(min_length=1, max_length=80)
    model: str = Field("", max_length=60)
    board: OptionalId = None
    kind: PostKind | None = None
    days: int | None = Field(None, ge=1, le=3650)


class AnswerForm(BaseModel):
    """What was said; it may be left out, then only the topic is ticked off."""

    text: str = Field("", max_length=2000)


BoundSession = Annotated[BoundForm[SessionForm], Depends(bind(SessionForm))]
BoundAnswer = Annotated[BoundForm[AnswerForm], Depends(bind(AnswerForm))]
