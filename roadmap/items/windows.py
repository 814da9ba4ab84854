"""Planned windows as people write them: a day, a month or a quarter, and nothing more exact than was said."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from cocreate.core.text_marks import N_

UNREADABLE = N_("Please write a month such as 2027-03, a quarter such as 2027Q2, or a day such as 2027-03-15.")

EARLIEST, LATEST = date(1950, 1, 1), date(2200, 12, 31)
"""Beyond these a date is a slip of the keyboard; calendars and the ledger are spared it."""

_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
_QUARTER = re.compile(r"(\d{4})[-/.年]?(?:第?([1-4一二三四])季度?|[qQ]([1-4]))")
_HAN = {"一": 1, "二": 2, "三": 3, "四": 4}


@dataclass(frozen=True)
class Window:
    """First and last day, both within the window."""

    first: date
    last: date

    @property
    def precision(self) -> str:
        """day | month | quarter, or range for what is none of them."""
        if self.first == self.last:
            return "day"
        whole = self.first.day == 1 and self.last == _month_end(self.last)
        months = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        if whole and months == 1:
            return "month"
        return "quarter" if whole and months == 3 and self.first.month % 3 == 1 else "range"

    @property
    def written(self) -> str:
        """As `parse_window` reads it."""
        if self.precision == "day":
            return self.first.isoformat()
        if self.precision == "quarter":
            return f"{self.first.year}Q{self.quarter}"
        if self.precision == "month":
            return f"{self.first:%Y-%m}"
        return f"{self.first.isoformat()}..{self.last.isoformat()}"

    @property
    def quarter(self) -> int:
        return (self.first.month + 2) // 3


def window_of(first: date | None, last: date | None) -> Window | None:
    """The window of a row; None where nothing is planned."""
    if last is None:
        return None
    return Window(first or last, last)


def parse_window(text: str) -> Window | None:
    """The window that somebody wrote; None for nothing. Raises ValueError with a msgid for what cannot be read."""
    text = "".join(text.split())
    if not text:
        return None
    try:
        if ".." in text:
            first, _, last = text.partition("..")
            window = Window(date.fromisoformat(first), date.fromisoformat(last))
        else:
            window = _parse_one(text)
        if not EARLIEST <= window.first <= window.last <= LATEST:
            raise ValueError(UNREADABLE)
        return window
    except ValueError:
        raise ValueError(UNREADABLE) from None


def _parse_one(text: str) -> Window:
    if found := _DAY.fullmatch(text):
        day = date(*(int(part) for part in found.groups()))
        return Window(day, day)
    if found := _QUARTER.fullmatch(text):
        sign = found[2] or found[3]
        month = (_HAN.get(sign) or int(sign)) * 3
        return Window(date(int(found[1]), month - 2, 1), _month_end(date(int(found[1]), month, 1)))
    if found := _MONTH.fullmatch(text):
        first = date(int(found[1]), int(found[2]), 1)
        return Window(first, _month_end(first))
    raise ValueError(text)


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
