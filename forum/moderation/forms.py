"""What a moderator enters."""

from pydantic import BaseModel, Field


class ReasonForm(BaseModel):
    """Why something is taken out of sight; its author reads it."""

    reason: str = Field(min_length=1, max_length=300)
