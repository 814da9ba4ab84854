"""Months as people name them, and the moments at which they begin where owners live."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cocreate.core.errors import NotFound

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
SHOWN = 12


def month_of(moment: datetime, zone: ZoneInfo) -> str:
    """2026-10."""
    return f"{moment.astimezone(zone):%Y-%m}"


def first_day(month: str) -> date:
    """The first of the month; NotFound for what names none."""
    found = _MONTH.fullmatch(month)
    if found is None or not 1970 <= int(found[1]) <= 9998:
        raise NotFound(f"month {month[:20]}")
    return date(int(found[1]), int(found[2]), 1)


def later(month: str, months: int) -> str:
    """So many months on, or back."""
    day = first_day(month)
    number = day.year * 12 + day.month - 1 + months
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def span(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When it begins, and when the next one does."""
    first, after = first_day(month), first_day(later(month, 1))
    return datetime.combine(first, time(), tzinfo=zone), datetime.combine(after, time(), tzinfo=zone)


def last_day(month: str) -> date:
    return first_day(later(month, 1)) - timedelta(days=1)
