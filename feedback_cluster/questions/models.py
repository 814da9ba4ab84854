"""Questions that the brand asks back: to a sample of a theme's authors, each of whom is left in peace afterwards."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock


class ThemeQuestion(SQLModel, table=True):
    """One question about a theme. seed: what the sample was drawn with, from those who could be asked then."""

    __tablename__ = "theme_question"

    id: int | None = Field(default=None, primary_key=True)
    theme_id: int = Field(foreign_key="theme.id", index=True)
    text: str = Field(max_length=400)
    choices: list[str] = Field(sa_type=sa.JSON, default_factory=list)
    """Ready answers to tap; empty: words alone."""
    wanted: int
    seed: int
    eligible: int = 0
    by_id: int = Field(foreign_key="member.id")
    at: datetime = Field(default_factory=clock.now)
    closed_at: datetime | None = None


class Asked(SQLModel, table=True):
    """Somebody of the sample, with the post that they are asked about and what they answered."""

    __tablename__ = "theme_question_asked"

    question_id: int = Field(foreign_key="theme_question.id", primary_key=True)
    member_id: int = Field(foreign_key="member.id", primary_key=True, index=True)
    post_id: int = Field(foreign_key="post.id", index=True)
    choice: str = Field(default="", max_length=60)
    words: str = Field(default="", max_length=1000)
    answered_at: datetime | None = None


class LastAsked(SQLModel, table=True):
    """When a member was last asked anything; the row settles two questions that choose the same person at once."""

    __tablename__ = "member_last_asked"

    member_id: int = Field(foreign_key="member.id", primary_key=True)
    at: datetime
