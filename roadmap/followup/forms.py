"""What owners reply, and what product managers set."""

from pydantic import BaseModel, Field

from roadmap.followup.models import Reply


class ReplyForm(BaseModel):
    reply: Reply
    why: str = Field("", max_length=500)


class SettingForm(BaseModel):
    """When and whom to ask, and from when on it counts."""

    days: int = Field(ge=0, le=365)
    threshold: int = Field(ge=1, le=100)
    least: int = Field(ge=1, le=100_000)
    sample: int = Field(ge=0, le=100_000)
    asks: bool = False
