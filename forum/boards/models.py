"""Boards: one for each product line."""

from sqlmodel import Field, SQLModel


class Board(SQLModel, table=True):
    """A product line that owners talk about."""

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, max_length=40)
    """The word in addresses, such as `cockpit`."""
    name: str = Field(max_length=60)
    description: str = Field(default="", max_length=200)
    position: int = 50
