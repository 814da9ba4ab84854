"""What staff may enter about releases. Notes are written as lines, one each: `new: text #item`."""

import re
from datetime import date
from typing import Annotated, Literal

from fastapi import Depends
from pydantic import BaseModel, Field, field_validator

from cocreate.core.text_marks import N_
from cocreate.web.forms import BoundForm, bind
from roadmap.items.windows import EARLIEST, LATEST
from roadmap.releases.models import NoteLabel

WORDS = {
    "new": NoteLabel.NEW, "新增": NoteLabel.NEW, "better": NoteLabel.BETTER, "优化": NoteLabel.BETTER,
    "fixed": NoteLabel.FIXED, "修复": NoteLabel.FIXED,
}  # fmt: skip
_LINE = re.compile(r"^\s*(?P<word>[^\s:：]{1,8})\s*[:：]\s*(?P<text>.+?)\s*(?:#(?P<item>\d{1,18}))?\s*$")


Note = tuple[NoteLabel, str, int | None]
"""Label, text and item of one line."""


Day = Annotated[date, Field(ge=EARLIEST, le=LATEST)]


class ReleaseForm(BaseModel):
    version: str = Field(min_length=1, max_length=40)
    title: str = Field(min_length=1, max_length=120)
    intro: str = Field("", max_length=4000)
    models: str = Field("", max_length=400)
    rollout_percent: int = Field(0, ge=0, le=100)
    planned_for: Day | None = None
    reason: str = Field("", max_length=1000)
    released_on: Day | None = None
    public: bool = False
    notes: str = Field("", max_length=20_000)

    @field_validator("notes")
    @classmethod
    def _readable(cls, value: str) -> str:
        parse_notes(value)
        return value


def parse_notes(text: str) -> list[Note]:
    """Label, text and item of each line; ValueError (a msgid) for a line that does not begin with a label."""
    notes: list[Note] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        found = _LINE.match(line)
        label = WORDS.get(found["word"].lower()) if found else None
        if found is None or label is None:
            raise ValueError(N_("Begin each line with new, better or fixed and a colon."))
        notes.append((label, found["text"], int(found["item"]) if found["item"] else None))
    return notes


class StepForm(BaseModel):
    """One step of a roll-out."""

    model: str = Field("", max_length=60)
    percent: int = Field(ge=1, le=100)
    sentence: str = Field("", max_length=400)


class HaltForm(BaseModel):
    """A stop, a going on or a taking back, with what owners are told."""

    act: Literal["pause", "resume", "roll_back"]
    sentence: str = Field("", max_length=400)


BoundStep = Annotated[BoundForm[StepForm], Depends(bind(StepForm))]
BoundHalt = Annotated[BoundForm[HaltForm], Depends(bind(HaltForm))]
BoundRelease = Annotated[BoundForm[ReleaseForm], Depends(bind(ReleaseForm))]
