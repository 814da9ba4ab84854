"""Working time, exact to the second: pure arithmetic over a calendar of spans and working days.

The table of mainland holidays with their make-up working days comes from `chinese_calendar`; the brand's own days lie
over it. A year that neither knows has weekends and no holidays, and `missing_years` says so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import chinese_calendar

DEFAULT_SPANS = "09:00-18:00"
MANY_DAYS = 3660
"""A calendar without a working day in ten years is refused rather than walked for ever."""


class NoWorkingTime(ValueError):
    """The calendar holds no working time within ten years."""


def spans_of(text: str) -> tuple[tuple[time, time], ...]:
    """Spans such as `09:00-12:00,13:30-18:00`; `24:00` ends a day. ValueError when they do not rise."""
    found: list[tuple[time, time]] = []
    for part in text.replace("，", ",").replace("–", "-").split(","):
        begin, separator, end = (piece.strip() for piece in part.partition("-"))
        if not separator:
            raise ValueError(part)
        found.append((time.fromisoformat(begin), time.max if end == "24:00" else time.fromisoformat(end)))
    if any(moment.tzinfo is not None for span in found for moment in span):
        raise ValueError(text)
    if any(begin >= end for begin, end in found):
        raise ValueError(text)
    if any(before[1] > after[0] for before, after in pairwise(found)):
        raise ValueError(text)
    return tuple(found)


@dataclass(frozen=True)
class Calendar:
    """When a brand works. days: what the brand itself says of single days, before weekdays and holidays."""

    zone: ZoneInfo
    spans: tuple[tuple[time, time], ...] = spans_of(DEFAULT_SPANS)
    days: Mapping[date, bool] = field(default_factory=dict)

    def works_on(self, day: date) -> bool:
        """Whether this is a working day."""
        own = self.days.get(day)
        return mainland_works_on(day) if own is None else own

    def spans_on(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """Working spans of a local day, in UTC, ascending, without those that summer time makes empty."""
        if not self.works_on(day):
            return
        for begin, end in self.spans:
            first = datetime.combine(day, begin, self.zone).astimezone(UTC)
            last = (
                datetime.combine(day + timedelta(days=1), time(), self.zone)
                if end == time.max
                else datetime.combine(day, end, self.zone)
            ).astimezone(UTC)
            if first < last:
                yield first, last

    @cached_property
    def hours_per_day(self) -> float:
        """Working hours of a usual working day."""
        day = date(2024, 1, 2)
        passed = sum(
            (datetime.combine(day, end) - datetime.combine(day, begin)).total_seconds() for begin, end in self.spans
        )
        return round(passed / 3600, 4)


@lru_cache(maxsize=4096)
def mainland_works_on(day: date) -> bool:
    """Whether mainland China works on this day: weekdays, holidays, make-up days; only weekdays for unknown years."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


@lru_cache(maxsize=64)
def holidays_known(year: int) -> bool:
    """Whether the table has this year."""
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


def missing_years(today: date, calendar: Calendar, ahead: timedelta = timedelta(days=90)) -> list[int]:
    """Years within reach of which nothing is known: not in the table, and not one day off entered by the brand."""
    return [
        year
        for year in range(today.year, (today + ahead).year + 1)
        if not holidays_known(year) and not any(day.year == year and not works for day, works in calendar.days.items())
    ]


def due(start: datetime, hours: float, calendar: Calendar) -> datetime:
    """The first moment at which `hours` of working time have passed since `start`; `start` itself for none."""
    missing = timedelta(seconds=round(hours * 3600))
    if missing <= timedelta():
        return start
    day = start.astimezone(calendar.zone).date()
    for _ in range(MANY_DAYS):
        for opens, end in calendar.spans_on(day):
            begin = max(opens, start)
            if begin >= end:
                continue
            if end - begin >= missing:
                return begin + missing
            missing -= end - begin
        day += timedelta(days=1)
    raise NoWorkingTime(f"{hours} hours from {start}")


def worked(begin: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """Working time between two moments; none when they are out of order."""
    passed = timedelta()
    day, last = begin.astimezone(calendar.zone).date(), end.astimezone(calendar.zone).date()
    while day <= last:
        for first, until in calendar.spans_on(day):
            passed += max(timedelta(), min(until, end) - max(first, begin))
        day += timedelta(days=1)
    return passed


def left(moment: datetime, due_at: datetime, calendar: Calendar) -> timedelta:
    """Working time until `due_at`; below nothing once it has passed: how much working time ago that was."""
    return worked(moment, due_at, calendar) if moment <= due_at else -worked(due_at, moment, calendar)
