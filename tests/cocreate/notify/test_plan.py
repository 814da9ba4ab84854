"""The rule of telling: own words always, mutes and choices, quiet hours and digests by the reader's clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocreate.notify.deliveries.models import Reason, State
from cocreate.notify.groups import GROUPS, Mode
from cocreate.notify.plan import DAILY, WEEKLY, Plan, Reader, after_quiet, decide, digest_at, is_quiet

NOON = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)  # a Wednesday, 12:00 in Shanghai
NIGHT = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)  # 23:30 there
SITE = "Asia/Shanghai"


def plan(reader: Reader, *, own: bool = False, moment: datetime = NOON, mail_on: bool = True) -> Plan:
    return decide(reader, "stages", own=own, moment=moment, mail_on=mail_on, site=SITE)


@pytest.mark.parametrize(
    ("reader", "reason"),
    [
        (Reader(1, left=True), Reason.LEFT),
        (Reader(1, muted=True), Reason.MUTED),
        (Reader(1, mode=Mode.OFF), Reason.OFF),
    ],
)
def test_who_wants_to_hear_nothing_hears_nothing_on_any_way(reader: Reader, reason: Reason) -> None:
    told = plan(reader)
    assert [(one.state, one.reason) for one in (told.inbox, told.mail)] == [(State.SKIPPED, reason)] * 2


@pytest.mark.parametrize(
    ("reader", "reason"),
    [
        (Reader(1, suspended=True), Reason.SUSPENDED),
        (Reader(1, mode=Mode.INBOX), Reason.INBOX_ONLY),
        (Reader(1, mode=Mode.INBOX, unsubscribed=True), Reason.UNSUBSCRIBED),
        (Reader(1, address=False), Reason.NO_ADDRESS),
    ],
)
def test_a_mail_that_cannot_or_must_not_be_sent_still_stands_in_the_inbox(reader: Reader, reason: Reason) -> None:
    told = plan(reader)
    assert told.inbox.state == State.SENT
    assert (told.mail.state, told.mail.reason) == (State.SKIPPED, reason)


def test_without_a_mail_server_mails_say_that_none_is_set_up() -> None:
    assert plan(Reader(1, mode=Mode.MAIL), mail_on=False).mail.reason == Reason.NOT_SET_UP


def test_ones_own_words_are_always_told_and_neither_digest_nor_cap_holds_them() -> None:
    for reader in (Reader(1), Reader(1, muted=True), Reader(1, mode=Mode.OFF), Reader(1, mode=Mode.INBOX)):
        assert plan(reader, own=True).inbox.state == State.SENT
    full = plan(Reader(1, lately=99, cap=1), own=True).mail
    assert (full.state, full.due_at, full.bundle) == (State.PLANNED, NOON, "")
    assert plan(Reader(1, mode=Mode.WEEKLY), own=True).mail.bundle == ""
    assert plan(Reader(1, muted=True), own=True).mail.reason == Reason.MUTED


def test_what_one_follows_waits_for_the_digest_of_the_next_morning() -> None:
    mail = plan(Reader(1)).mail
    assert (mail.bundle, mail.reason) == (DAILY, Reason.DIGEST)
    assert mail.due_at == datetime(2026, 11, 19, 1, 0, tzinfo=UTC)
    weekly = plan(Reader(1, mode=Mode.WEEKLY)).mail
    assert (weekly.bundle, weekly.due_at) == (WEEKLY, datetime(2026, 11, 23, 1, 0, tzinfo=UTC))


def test_the_mail_over_the_cap_joins_the_digest() -> None:
    assert plan(Reader(1, mode=Mode.MAIL, lately=5, cap=6)).mail.bundle == ""
    over = plan(Reader(1, mode=Mode.MAIL, lately=6, cap=6)).mail
    assert (over.bundle, over.reason) == (DAILY, Reason.CAP)


def test_quiet_hours_hold_by_the_readers_own_clock() -> None:
    mail = plan(Reader(1, mode=Mode.MAIL), moment=NIGHT).mail
    assert (mail.reason, mail.due_at) == (Reason.QUIET, datetime(2026, 11, 19, 0, 0, tzinfo=UTC))
    berlin = plan(Reader(1, mode=Mode.MAIL, zone="Europe/Berlin"), moment=NIGHT).mail  # 16:30 there
    assert (berlin.reason, berlin.due_at) == (Reason.NONE, NIGHT)
    assert plan(Reader(1, mode=Mode.MAIL, quiet=(9, 9)), moment=NIGHT).mail.due_at == NIGHT


def test_every_group_has_a_default_that_it_offers() -> None:
    assert all(group.default in group.modes for group in GROUPS.values())


MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
QUIETS = st.tuples(st.integers(0, 23), st.integers(0, 23))


@given(MOMENTS, ZONES, QUIETS)
def test_nothing_leaves_in_quiet_hours_and_nothing_waits_a_whole_day(
    moment: datetime, zone: str, quiet: tuple[int, int]
) -> None:
    due = after_quiet(moment, zone, quiet)
    assert moment <= due
    assert (due - moment).total_seconds() <= 25 * 3600
    if due > moment:
        assert due.astimezone(ZoneInfo(zone)).hour in (quiet[1], quiet[1] + 1)  # an hour that the clock leaves out
    else:
        assert not is_quiet(moment.astimezone(ZoneInfo(zone)).hour, quiet)


@given(MOMENTS, ZONES, QUIETS, st.booleans())
def test_a_digest_leaves_later_but_within_its_span(
    moment: datetime, zone: str, quiet: tuple[int, int], weekly: bool
) -> None:
    due = digest_at(moment, zone, quiet, weekly=weekly)
    assert 0 < (due - moment).total_seconds() <= (7 * 24 + 1 if weekly else 25) * 3600
    if weekly:
        assert due.astimezone(ZoneInfo(zone)).weekday() == 0
