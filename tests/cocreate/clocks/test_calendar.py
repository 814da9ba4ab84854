"""Working time: weekends, holidays, make-up days, and arithmetic that is exact to the second."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocreate.clocks.calendar import Calendar, NoWorkingTime, due, holidays_known, left, missing_years, spans_of, worked

SHANGHAI = ZoneInfo("Asia/Shanghai")
USUAL = Calendar(SHANGHAI)


def at(text, zone=SHANGHAI):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-03-10T10:00", 2, "2026-03-10T12:00"),
        ("2026-03-10T17:00", 2, "2026-03-11T10:00"),
        ("2026-03-10T09:00", 9, "2026-03-10T18:00"),
        ("2026-03-10T20:00", 1, "2026-03-11T10:00"),
        ("2026-03-10T06:00", 0.5, "2026-03-10T09:30"),
        ("2026-03-13T17:00", 2, "2026-03-16T10:00"),  # Friday to Monday
        ("2026-03-14T11:00", 9, "2026-03-16T18:00"),  # asked on a Saturday
        ("2026-03-10T10:00", 72, "2026-03-20T10:00"),  # eight working days of nine hours
    ],
)
def test_working_hours_pass_only_while_people_work(start, hours, end):
    assert due(at(start), hours, USUAL) == at(end)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        # Spring Festival of 2026: off from Sunday 15 to Monday 23 February, at work on the Saturdays 14 and 28.
        ("2026-02-13T17:00", 2, "2026-02-14T10:00"),
        ("2026-02-14T17:00", 2, "2026-02-24T10:00"),
        ("2026-02-27T17:00", 2, "2026-02-28T10:00"),
        ("2026-02-28T17:00", 2, "2026-03-02T10:00"),
        # National Day of 2026: off from 1 to 7 October, at work on Sunday 20 September and Saturday 10 October.
        ("2026-09-18T17:30", 1, "2026-09-20T09:30"),
        ("2026-09-30T17:30", 1, "2026-10-08T09:30"),
        ("2026-10-09T17:30", 1, "2026-10-10T09:30"),
        ("2026-10-10T17:30", 1, "2026-10-12T09:30"),
        # Over the year's end: New Year's Day is off.
        ("2025-12-31T17:30", 1, "2026-01-04T09:30"),
    ],
)
def test_mainland_holidays_rest_and_their_make_up_days_work(start, hours, end):
    assert due(at(start), hours, USUAL) == at(end)


def test_the_brands_own_days_come_before_weekdays_and_holidays():
    own = Calendar(SHANGHAI, days={date(2026, 3, 11): False, date(2026, 3, 14): True})
    assert due(at("2026-03-10T17:00"), 2, own) == at("2026-03-12T10:00")
    assert due(at("2026-03-13T17:00"), 2, own) == at("2026-03-14T10:00")


def test_a_pause_at_noon_is_no_working_time():
    paused = Calendar(SHANGHAI, spans_of("09:00-12:00, 13:30-18:00"))
    assert due(at("2026-03-10T11:00"), 2, paused) == at("2026-03-10T14:30")
    assert paused.hours_per_day == 7.5


def test_a_day_and_night_desk_works_from_midnight_to_midnight():
    always = Calendar(SHANGHAI, spans_of("00:00-24:00"))
    assert due(at("2026-03-10T20:00"), 24, always) == at("2026-03-11T20:00")
    assert due(at("2026-03-13T20:00"), 24, always) == at("2026-03-16T20:00")


@pytest.mark.parametrize("text", ["", "9-18", "18:00-09:00", "09:00-13:00,12:00-18:00", "09:00", "25:00-26:00"])
def test_spans_that_are_none_are_refused(text):
    with pytest.raises(ValueError, match=r"^$|:|isoformat|hour"):
        spans_of(text)


def test_a_calendar_that_never_works_ends():
    never = Calendar(SHANGHAI, days={date(2026, 1, 1) + timedelta(days=n): False for n in range(4000)})
    with pytest.raises(NoWorkingTime):
        due(at("2026-01-01T10:00"), 1, never)


def test_a_year_that_the_table_lacks_is_named_until_the_brand_enters_it():
    assert holidays_known(2026)
    assert not holidays_known(2090)
    assert missing_years(date(2089, 6, 1), Calendar(SHANGHAI, days={date(2089, 1, 1): False})) == []
    late = date(2089, 11, 1)
    assert missing_years(late, Calendar(SHANGHAI, days={date(2089, 1, 1): False})) == [2090]
    both = {date(2089, 1, 1): False, date(2090, 1, 2): True}
    assert missing_years(late, Calendar(SHANGHAI, days=both)) == [2090]  # one more working day is no list of holidays
    assert missing_years(late, Calendar(SHANGHAI, days={**both, date(2090, 1, 1): False})) == []
    # Weekends hold where holidays are unknown.
    assert due(at("2090-03-10T17:00"), 2, USUAL) == at("2090-03-13T10:00")


# -- laws, against a walker that knows nothing but minutes

zones = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York"]).map(ZoneInfo)
spans = st.sampled_from(["09:00-18:00", "09:00-12:00,13:30-18:00", "00:00-24:00", "01:30-03:30,22:00-24:00"]).map(
    spans_of
)
first = date(2025, 9, 20)
exceptions = st.dictionaries(st.integers(0, 60).map(lambda n: first + timedelta(days=n)), st.booleans(), max_size=12)
calendars = st.builds(Calendar, zones, spans, exceptions)
starts = st.integers(0, 40 * 24 * 60).map(
    lambda minutes: datetime(2025, 9, 20, tzinfo=UTC) + timedelta(minutes=minutes)
)


def is_working(moment, calendar):
    local = moment.astimezone(calendar.zone)
    works = calendar.days.get(local.date())
    if works is None:
        works = calendar.works_on(local.date())
    return works and any(begin <= local.time() < end for begin, end in calendar.spans)


def walk(start, minutes, calendar):
    """The moment after so many working minutes, one minute after the other."""
    moment = start
    while minutes:
        minutes -= is_working(moment, calendar)
        moment += timedelta(minutes=1)
    return moment


@settings(max_examples=120, deadline=None)
@given(starts, st.integers(1, 40 * 60), calendars)
def test_the_due_moment_is_the_one_that_a_minute_walker_finds(start, minutes, calendar):
    assert due(start, minutes / 60, calendar) == walk(start, minutes, calendar)


@settings(max_examples=60, deadline=None)
@given(starts, st.integers(0, 5 * 24 * 60), calendars)
def test_what_is_left_is_what_a_minute_walker_counts(start, minutes, calendar):
    end = start + timedelta(minutes=minutes)
    counted = sum(is_working(start + timedelta(minutes=n), calendar) for n in range(minutes))
    assert worked(start, end, calendar) == timedelta(minutes=counted)
    assert left(start, end, calendar) == timedelta(minutes=counted)
    assert left(end, start, calendar) == -timedelta(minutes=counted)


@given(starts, st.integers(1, 300_000), calendars)
def test_exactly_so_many_working_seconds_pass_until_the_due_moment(start, seconds, calendar):
    end = due(start, seconds / 3600, calendar)
    assert worked(start, end, calendar) == timedelta(seconds=seconds)
    assert worked(start, end - timedelta(seconds=1), calendar) == timedelta(seconds=seconds - 1)


def test_summer_time_neither_gives_nor_takes_hours():
    berlin = Calendar(ZoneInfo("Europe/Berlin"), ((time(0), time.max),), {date(2026, 3, 29): True})
    start = datetime(2026, 3, 28, 23, tzinfo=UTC)  # midnight in Berlin; the clocks go forward that night
    assert worked(start, start + timedelta(hours=30), berlin) == timedelta(hours=30)
    assert due(start, 30, berlin) == start + timedelta(hours=30)
