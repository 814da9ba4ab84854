"""What an administrator enters about a department."""

from typing import Annotated

from pydantic import BaseModel, Field

from cocreate.core.tables import MAX_ID
from cocreate.identity.members.forms import Name


class DepartmentForm(BaseModel):
    name: Name


class DepartmentDetailsForm(BaseModel):
    name: Name
    head: int | None = Field(None, ge=1, le=MAX_ID)
    leadership: bool = False
    members: list[Annotated[int, Field(ge=1, le=MAX_ID)]] = []
