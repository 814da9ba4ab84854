"""What every table shares: constraint names that migrations can rely on, enum columns, the mark for append-only tables.

Models import from here, so the naming convention is set before the first of them exists.
"""

from enum import Enum
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import QueryableAttribute
from sqlmodel import SQLModel, select

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

WIDE_INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""64 bits on both databases: SQLite's INTEGER has them, and only it may be a row id; PostgreSQL's has 32."""


@event.listens_for(sa.Column, "before_parent_attach")
def _widen(column: sa.Column[Any], parent: Any) -> None:
    # Ids up to MAX_ID are looked up as they come; a narrower column would fail on them instead of finding nothing.
    if isinstance(parent, sa.Table) and parent.metadata is SQLModel.metadata and type(column.type) is sa.Integer:
        column.type = WIDE_INTEGER


APPEND_ONLY = {"info": {"append_only": True}}
"""For `__table_args__`: migrations refuse UPDATE and DELETE on such a table by trigger, on both databases."""

MAX_ID = 2**63 - 1


def text_enum(kind: type[Enum]) -> Any:
    """Column type that stores the enum's value as text, so that a new member needs no migration."""
    return sa.Enum(kind, native_enum=False, length=24, values_callable=lambda members: [m.value for m in members])


def rel(attribute: Any) -> QueryableAttribute[Any]:
    """A relationship as SQLAlchemy's loader options want it; SQLModel types it as the plain value."""
    return cast("QueryableAttribute[Any]", attribute)


def columns(*items: Any) -> Any:
    """A SELECT of single columns for `session.exec`, rows as tuples; SQLModel's own types end at four columns."""
    return cast("Any", select)(*items)
