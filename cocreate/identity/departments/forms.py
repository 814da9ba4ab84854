"""What an administrator enters about a department."""

from pydantic import BaseModel, Field

from cocreate.identity.members.forms import Name


class DepartmentForm(BaseModel):
    name: Name


class DepartmentDetailsForm(BaseModel):
    name: Name
    head: int | None = Field(None, ge=1)
    leadership: bool = False
    members: list[int] = []
