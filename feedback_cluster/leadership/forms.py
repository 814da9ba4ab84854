"""What a leader enters."""

from datetime import date

from pydantic import BaseModel, Field


class AnswerForm(BaseModel):
    week: date
    text: str = Field(min_length=1, max_length=2000)
    recording_url: str = Field("", max_length=400)
