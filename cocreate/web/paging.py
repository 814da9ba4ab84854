"""Keyset paging: a cursor remembers the last row shown, so a page costs the same however far one reads."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from cocreate.core.errors import Invalid
from cocreate.core.text_marks import N_

Row = TypeVar("Row")


class BadCursor(Invalid):
    code = "bad_cursor"
    message = N_("This page address is damaged. Please start from the first page.")


@dataclass(frozen=True)
class Listing(Generic[Row]):
    """One page of rows and the cursor of the next; None when there is no more."""

    items: list[Row]
    next_cursor: str | None


def encode_cursor(values: Sequence[float | str]) -> str:
    raw = json.dumps(list(values), separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> list[Any]:
    """The values of a cursor; BadCursor when it was tampered with."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError as error:
        raise BadCursor(cursor[:40]) from error
    if (
        not isinstance(values, list)
        or len(values) != length
        or not all(isinstance(v, int | float | str) and not isinstance(v, bool) for v in values)
        or any(isinstance(v, int) and abs(v) >= 2**63 for v in values)
    ):
        raise BadCursor(cursor[:40])
    return values


def after(columns: Sequence[Any], values: Sequence[Any], *, ascending: bool = False) -> sa.ColumnElement[bool]:
    """Rows that come behind `values` when all columns are sorted descending, or all ascending; BadCursor for a value of
    another type.

    A moment may be given as ISO text, which is how a cursor holds it.
    """
    fitting = [sa.literal(_fit(v, c), c.type) for v, c in zip(values, columns, strict=True)]
    rows, last = sa.tuple_(*columns), sa.tuple_(*fitting)
    return rows > last if ascending else rows < last


def _fit(value: Any, column: Any) -> Any:
    kind = column.type
    # A type that decorates another, such as a moment in UTC, does not say by itself what it holds.
    wanted = (kind.impl_instance if isinstance(kind, sa.TypeDecorator) else kind).python_type
    if wanted is datetime and isinstance(value, str):
        value = _moment(value)
    if wanted is float and isinstance(value, int):
        value = float(value)
    if not isinstance(value, wanted):
        raise BadCursor(f"{value!r:.40} for {wanted.__name__}")
    return value


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise BadCursor("a time without a zone")
        # Here and not where it is written: the first and last hours of time lie outside of it elsewhere.
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadCursor(text[:40]) from error


def cut(rows: Sequence[Row], limit: int, key: Any) -> Listing[Row]:
    """Make a page of `limit` rows out of up to `limit + 1` that were fetched; `key(row)` gives the cursor's values."""
    if len(rows) <= limit:
        return Listing(list(rows), None)
    return Listing(list(rows[:limit]), encode_cursor(key(rows[limit - 1])))
