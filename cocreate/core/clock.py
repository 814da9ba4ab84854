"""The one place that asks what time it is."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def week_start(moment: datetime, zone: ZoneInfo) -> date:
    """The Monday of the week in which `moment` falls for readers in `zone`."""
    local = moment.astimezone(zone).date()
    return local - timedelta(days=local.weekday())
