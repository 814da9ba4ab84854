"""What staff may enter about promises."""

from datetime import date
from typing import Annotated, Literal

from fastapi import Depends
from pydantic import BaseModel, Field, field_validator

from cocreate.core.tables import MAX_ID
from cocreate.web.forms import BoundForm, bind
from roadmap.forms import split_names
from roadmap.items.windows import Window, parse_window
from roadmap.promises.service import Words

Count = Annotated[int, Field(ge=0, le=2_000_000_000)]


class PromiseForm(BaseModel):
    """A promise in words. due: a day, a month or a quarter; empty for a service that stands until further notice."""

    wording: str = Field(min_length=1, max_length=300)
    models: str = Field("", max_length=400)
    scope: str = Field("", max_length=200)
    measure: str = Field("", max_length=300)
    due: str = Field("", max_length=40)
    since: date | None = None
    topic: Annotated[int | None, Field(ge=1, le=MAX_ID)] = None

    @field_validator("due")
    @classmethod
    def _readable(cls, value: str) -> str:
        parse_window(value)
        return value

    @property
    def window(self) -> Window | None:
        return parse_window(self.due)

    @property
    def words(self) -> Words:
        """What the promise says. A window has its own first day; only a standing service asks for one."""
        window = self.window
        first = self.since if window is None else window.first if window.first != window.last else None
        last = window.last if window else None
        return Words(self.wording, split_names(self.models), self.scope, self.measure, first, last)


class EditForm(PromiseForm):
    reason: str = Field("", max_length=1000)


class ActForm(BaseModel):
    """One act on a promise; which fields it needs depends on the act."""

    act: Literal["keep", "drop", "explain", "measure"]
    reason: str = Field("", max_length=1000)
    on: date | None = None
    cases: Count = 0
    missed: Count = 0


BoundPromise = Annotated[BoundForm[PromiseForm], Depends(bind(PromiseForm))]
BoundEdit = Annotated[BoundForm[EditForm], Depends(bind(EditForm))]
BoundAct = Annotated[BoundForm[ActForm], Depends(bind(ActForm))]
