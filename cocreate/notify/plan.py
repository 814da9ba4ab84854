"""The rule of telling, without a database: what becomes of one message for one reader, by channel, and when."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cocreate.notify.deliveries.models import Reason, State
from cocreate.notify.groups import GROUPS, OWN, Mode

DIGEST_HOUR = 9
"""By the reader's clock, unless they want quiet then."""
QUIET = (22, 8)
CAP = 6
DAILY, WEEKLY = "daily", "weekly"


@dataclass(frozen=True, slots=True)
class Reader:
    """What decides about a message to somebody: the account, and what they chose for this group and topic."""

    id: int
    address: bool = True
    left: bool = False
    suspended: bool = False
    zone: str | None = None
    mode: Mode | None = None
    unsubscribed: bool = False
    muted: bool = False
    quiet: tuple[int, int] = QUIET
    cap: int = CAP
    lately: int = 0
    """Mails of the last 24 hours."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a message on one channel."""

    state: State
    reason: Reason = Reason.NONE
    due_at: datetime | None = None
    bundle: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Both channels of a member."""

    inbox: Outcome
    mail: Outcome


SENT = Outcome(State.SENT)


def decide(reader: Reader, group: str, *, own: bool, moment: datetime, mail_on: bool, site: str) -> Plan:
    """What happens with a message of `group`. own: about the reader's own words, told whatever they muted or capped.

    site: name of the zone of readers who chose none. mail_on: whether the site can send mail at all.
    """
    if reader.left:
        return Plan(_skip(Reason.LEFT), _skip(Reason.LEFT))
    mode = reader.mode or GROUPS[OWN if own else group].default
    if not own and (reader.muted or mode == Mode.OFF):
        reason = Reason.MUTED if reader.muted else Reason.OFF
        return Plan(_skip(reason), _skip(reason))
    return Plan(SENT, _mail(reader, mode, own=own, moment=moment, mail_on=mail_on, site=site))


def _mail(reader: Reader, mode: Mode, *, own: bool, moment: datetime, mail_on: bool, site: str) -> Outcome:
    refusals = (
        (reader.suspended, Reason.SUSPENDED),
        (reader.muted, Reason.MUTED),
        (mode in (Mode.INBOX, Mode.OFF), Reason.UNSUBSCRIBED if reader.unsubscribed else Reason.INBOX_ONLY),
        (not reader.address, Reason.NO_ADDRESS),
        (not mail_on, Reason.NOT_SET_UP),
    )
    for holds, reason in refusals:
        if holds:
            return _skip(reason)
    zone = reader.zone or site
    if not own and mode in (Mode.DAILY, Mode.WEEKLY):
        due = digest_at(moment, zone, reader.quiet, weekly=mode == Mode.WEEKLY)
        return Outcome(State.PLANNED, Reason.DIGEST, due, WEEKLY if mode == Mode.WEEKLY else DAILY)
    if not own and reader.lately >= reader.cap:
        return Outcome(State.PLANNED, Reason.CAP, digest_at(moment, zone, reader.quiet, weekly=False), DAILY)
    due = after_quiet(moment, zone, reader.quiet)
    return Outcome(State.PLANNED, Reason.QUIET if due > moment else Reason.NONE, due)


def _skip(reason: Reason) -> Outcome:
    return Outcome(State.SKIPPED, reason)


@lru_cache(maxsize=512)
def zone_named(name: str) -> ZoneInfo:
    """The zone; Shanghai's for a name that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("Asia/Shanghai")


def is_quiet(hour: int, quiet: tuple[int, int]) -> bool:
    """Whether an hour of the reader's clock is one of their quiet ones; from 22 to 8 goes over midnight."""
    begin, end = quiet
    return begin <= hour < end if begin <= end else hour >= begin or hour < end


@lru_cache(maxsize=4096)
def after_quiet(moment: datetime, zone: str, quiet: tuple[int, int]) -> datetime:
    """The moment itself, or the end of the quiet hours in which it falls."""
    local = moment.astimezone(zone_named(zone))
    if not is_quiet(local.hour, quiet):
        return moment
    days = 1 if local.hour >= quiet[1] else 0
    return _at(local, days, quiet[1])


@lru_cache(maxsize=4096)
def digest_at(moment: datetime, zone: str, quiet: tuple[int, int], *, weekly: bool) -> datetime:
    """When the next digest leaves: at nine by the reader's clock or when their quiet ends, weekly ones on Mondays."""
    hour = quiet[1] if is_quiet(DIGEST_HOUR, quiet) else DIGEST_HOUR
    local = moment.astimezone(zone_named(zone))
    days = (7 - local.weekday()) % 7 if weekly else 0
    due = _at(local, days, hour)
    return due if due > moment else _at(local, days + (7 if weekly else 1), hour)


def _at(local: datetime, days: int, hour: int) -> datetime:
    """So many days later at that hour of the same clock, whatever the clock was set to in between."""
    day = local.date() + timedelta(days=days)
    return datetime.combine(day, time(hour), tzinfo=local.tzinfo).astimezone(_UTC)


_UTC = ZoneInfo("UTC")
