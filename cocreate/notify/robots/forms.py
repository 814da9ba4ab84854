"""What is typed in to add a robot."""

from typing import Annotated

from pydantic import BaseModel, Field

from cocreate.notify.robots.models import Vendor


class RobotForm(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=60)]
    vendor: Vendor
    url: Annotated[str, Field(min_length=10, max_length=500)]
    secret: Annotated[str, Field(max_length=200)] = ""
    department: int | None = None
