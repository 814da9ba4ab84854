"""What the page of message choices posts."""

from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, Field

from cocreate.core.text_marks import N_
from cocreate.notify.groups import Mode

ZONES = (
    "Asia/Shanghai", "Asia/Urumqi", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "Asia/Bangkok", "Asia/Tokyo",
    "Asia/Dubai", "Europe/Moscow", "Europe/Berlin", "Europe/London", "America/Sao_Paulo", "America/New_York",
    "America/Los_Angeles", "Australia/Sydney", "Pacific/Auckland", "UTC",
)  # fmt: skip
"""Offered on the page; a request may name any other."""


def _known(value: str) -> str:
    if value and value not in available_timezones():
        raise ValueError(N_("Please choose one of the options."))
    return value


Hour = Annotated[int, Field(ge=0, le=23)]


class ChoicesForm(BaseModel):
    own: Literal[Mode.MAIL, Mode.INBOX] = Mode.MAIL
    stages: Mode | None = None
    followed: Mode | None = None
    releases: Mode | None = None
    work: Mode | None = None
    quiet_from: Hour = 22
    quiet_to: Hour = 8
    cap: Annotated[int, Field(ge=1, le=50)] = 6
    language: Literal["", "zh-Hans", "en"] = ""
    timezone: Annotated[str, Field(max_length=64), AfterValidator(_known)] = ""
