"""What cells mean: dates, whole numbers, lists. BadValue holds a sentence for the person who has the file."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cocreate.core import clock
from cocreate.core.text_marks import N_

_DATE = re.compile(
    r"(?P<year>\d{4})\s*(?:-|/|\.|年)\s*(?P<month>\d{1,2})\s*(?:-|/|\.|月)\s*(?P<day>\d{1,2})日?"
    r"(?:[T\s]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?)?"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)
_SEPARATORS = re.compile(r"[,，、;；|\n]+")
OLDEST = 1970


class BadValue(ValueError):
    """A cell that does not say what its column promises. reason: msgid."""

    def __init__(self, reason: str, **params: str | int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.params = params


def moment(text: str, zone: ZoneInfo) -> datetime:
    """A date or time as a UTC moment: 2020-6-5, 2020/6/5, 2020年6月5日 or ISO; without a zone it is in `zone`."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        raise BadValue(N_("“%(value)s” is no date such as 2020-06-05."), value=text[:40])
    parts = match.groupdict()
    year, month, day, hour, minute, second = (
        int(parts[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")
    )
    try:
        naive = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 (its zone comes next)
        found = (naive.replace(tzinfo=zone) if not parts["zone"] else _with_zone(naive, parts["zone"])).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadValue(N_("There is no day “%(value)s”."), value=text[:40]) from error
    if year < OLDEST or found > clock.now() + timedelta(days=1):
        raise BadValue(N_("The date “%(value)s” is too far away."), value=text[:40])
    return found


def _with_zone(naive: datetime, zone: str) -> datetime:
    return datetime.fromisoformat(f"{naive.isoformat()}{'+00:00' if zone == 'Z' else zone}")


def whole_number(text: str, *, least: int = 0, most: int = 2_000_000_000) -> int:
    """A whole number within bounds; 1,234 and 12.0 are read as well."""
    plain = text.strip().replace(",", "").replace("，", "")
    if re.fullmatch(r"[+-]?\d{1,18}(?:\.0+)?", plain) is None:
        raise BadValue(N_("“%(value)s” is no whole number."), value=text[:40])
    number = int(plain.split(".")[0])
    if not least <= number <= most:
        raise BadValue(N_("The number “%(value)s” is out of range."), value=text[:40])
    return number


def words(text: str) -> list[str]:
    """The parts of a list in one cell, each once: a, b、c;d."""
    return list(dict.fromkeys(part for piece in _SEPARATORS.split(text) if (part := " ".join(piece.split()))))


def neutral(text: str) -> str:
    """A cell that no spreadsheet program will take for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
