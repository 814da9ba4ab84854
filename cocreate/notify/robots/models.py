"""Robots of chat groups, through which staff hear of what needs them."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import text_enum


class Vendor(StrEnum):
    """Whose chat it is."""

    WECOM = "wecom"
    FEISHU = "feishu"
    DINGTALK = "dingtalk"
    SLACK = "slack"


class Robot(SQLModel, table=True):
    """One group's robot. Its address is a secret: it is kept sealed and never shown again."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=60)
    vendor: Vendor = Field(sa_type=text_enum(Vendor))
    host: str = Field(max_length=120)
    sealed_url: str
    sealed_secret: str = ""
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    """Whose matters it hears of; without one: what concerns nobody in particular."""
    next_at: datetime = Field(default_factory=clock.now)
    """Not before this moment does it take another message: vendors count the posts of a minute."""
    created_by: int | None = Field(default=None, foreign_key="member.id")
    created_at: datetime = Field(default_factory=clock.now)
    paused_at: datetime | None = None
    removed_at: datetime | None = None
