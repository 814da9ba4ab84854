"""What people enter about themselves, and admins about others."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, model_validator

from cocreate.core.actor import Role
from cocreate.core.text_marks import N_

_ADDRESS = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_RUNS = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise ValueError(N_("Please enter an e-mail address such as name@example.com."))
    return value


def _name(value: str) -> str:
    # Invisible characters and changes of direction would let one name look like another.
    cleaned = " ".join(_UNSEEN.sub("", value).split())
    if not cleaned:
        raise ValueError(N_("Please enter a name that can be seen."))
    return cleaned


def _password(value: str) -> str:
    if len(value) < 10:
        raise ValueError(N_("Please use at least ten characters; a short sentence is fine."))
    lower = value.casefold()
    if len(set(lower)) < 4 or any(lower in run + run for run in _RUNS):
        raise ValueError(N_("This password is among the first that others would try. Please choose another."))
    return value


EmailAddress = Annotated[str, Field(max_length=254), AfterValidator(_address)]
Name = Annotated[str, Field(max_length=40), AfterValidator(_name)]
NewPassword = Annotated[str, Field(max_length=200), AfterValidator(_password)]


class SignUpForm(BaseModel):
    name: Name
    email: EmailAddress
    password: NewPassword
    next: str = "/"

    @model_validator(mode="after")
    def _not_the_address(self) -> "SignUpForm":
        if self.password.casefold() in (self.email.casefold(), self.email.partition("@")[0].casefold()):
            raise ValueError(N_("Please choose a password that is not your e-mail address."))
        return self


class AccountForm(BaseModel):
    name: Name
    language: Literal["", "zh-Hans", "en"] = ""
    named_in_releases: bool = False


class PasswordForm(BaseModel):
    current: str = Field("", max_length=200)
    password: NewPassword


class LeaveForm(BaseModel):
    sure: Literal["1"]
    current: str = Field("", max_length=200)


class RolesForm(BaseModel):
    roles: list[Role] = []
    title: str = Field("", max_length=60)
