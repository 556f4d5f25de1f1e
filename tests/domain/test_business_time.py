"""Business time: what is counted, and that it holds on every day, also on those on which clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersales.domain.business_time import ALWAYS_OPEN, Hours, Schedule, Span, Spans

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
TICK = timedelta(microseconds=1)
# Clocks change at 02:00, at midnight (Beirut) and by half an hour (Lord Howe).
ZONES = tuple(map(ZoneInfo, ("Asia/Shanghai", "Europe/Berlin", "Asia/Beirut", "Australia/Lord_Howe", "UTC")))


def span(text: str) -> Span:
    start, end = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
    return Span(start, end)


def spans(*texts: str) -> Spans:
    return tuple(map(span, texts))


OFFICE = Schedule(
    week=(*[spans("09:00-12:00", "13:30-18:00")] * 5, (), ()),
    holidays=frozenset({date(2027, 2, 5), date(2027, 2, 8), date(2027, 2, 13)}),
    extra={date(2027, 2, 13): spans("10:00-16:00")},
    closures={date(2027, 2, 4): spans("11:00-14:00")},
)


def local(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


HOURS = Hours(SHANGHAI, {"zh": OFFICE})


@pytest.mark.parametrize(
    ("begun", "hours", "due"),
    [
        ("2027-02-01 09:00", 2, "2027-02-01 11:00"),
        ("2027-02-01 11:00", 2, "2027-02-01 14:30"),  # over lunch
        ("2027-02-01 17:00", 1, "2027-02-01 18:00"),  # until closing time, not the next morning
        ("2027-02-01 19:00", 1, "2027-02-02 10:00"),
        ("2027-01-29 17:00", 2, "2027-02-01 10:00"),  # over a weekend
        ("2027-02-04 10:30", 1, "2027-02-04 14:30"),  # over a closure
        ("2027-02-04 17:00", 2, "2027-02-09 10:00"),  # over holidays and a weekend
        ("2027-02-12 17:00", 2, "2027-02-13 11:00"),  # into a Saturday that is worked, holiday or not
        ("2027-02-06 12:00", 0, "2027-02-09 09:00"),
    ],
)
def test_time_is_counted_in_business_hours_alone(begun: str, hours: int, due: str) -> None:
    assert HOURS.after(local(begun), timedelta(hours=hours), "zh") == local(due)
    assert HOURS.between(local(begun), local(due), "zh") == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("at", "expected"), [("08:59", False), ("09:00", True), ("11:59", True), ("12:00", False), ("18:00", False)]
)
def test_a_span_holds_its_beginning_and_not_its_end(at: str, expected: bool) -> None:
    assert HOURS.is_open(local(f"2027-02-01 {at}"), "zh") is expected


def test_the_next_opening_is_now_or_later() -> None:
    assert HOURS.next_opening(local("2027-02-01 10:00"), "zh") == local("2027-02-01 10:00")
    assert HOURS.next_opening(local("2027-02-01 12:00"), "zh") == local("2027-02-01 13:30")
    assert HOURS.next_opening(local("2027-02-05 10:00"), "zh") == local("2027-02-09 09:00")


def test_a_language_without_hours_is_answered_at_any_time() -> None:
    night = local("2027-02-06 03:00")
    for hours in (HOURS, ALWAYS_OPEN):
        assert hours.is_open(night, "en")
        assert hours.next_opening(night, "en") == night
        assert hours.after(night, timedelta(hours=5), "en") == night + timedelta(hours=5)
        assert hours.between(night, night + timedelta(days=3), "en") == timedelta(days=3)


def test_a_night_shift_that_spans_midnight_is_one() -> None:
    night = Hours(BERLIN, {"en": Schedule(week=(spans("00:00-06:00", "22:00-24:00"),) * 7)})
    begun = local("2027-06-01 23:00", BERLIN)
    assert night.after(begun, timedelta(hours=3), "en") == local("2027-06-02 02:00", BERLIN)


@pytest.mark.parametrize(("day", "hours"), [("2027-03-28", 23), ("2027-10-31", 25), ("2027-06-01", 24)])
def test_a_day_is_as_long_as_its_clock_makes_it(day: str, hours: int) -> None:
    whole = Hours(BERLIN, {"en": Schedule(week=(spans("00:00-24:00"),) * 7)})
    midnight = local(f"{day} 00:00", BERLIN)
    following = local(f"{date.fromisoformat(day) + timedelta(days=1)} 00:00", BERLIN)
    assert whole.between(midnight, following, "en") == timedelta(hours=hours)
    assert whole.after(midnight, timedelta(hours=hours), "en") == following


def test_spans_that_a_changing_clock_lays_over_each_other_count_once() -> None:
    """On that day there is no time from 02:00 to 03:00: what is told for it falls together with the next hour."""
    night = Hours(BERLIN, {"en": Schedule(week=(spans("02:15-02:45", "03:00-05:00"),) * 7)})
    midnight = local("2027-03-28 00:00", BERLIN)
    assert night.between(midnight, midnight + timedelta(days=1), "en") == timedelta(hours=2)


@pytest.mark.parametrize("wrong", [(600, 600), (700, 600), (-1, 60), (0, 1441)])
def test_a_span_is_part_of_a_day(wrong: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no part of a day"):
        Span(*wrong)


def test_a_week_in_which_nobody_works_is_refused() -> None:
    with pytest.raises(ValueError, match="never open"):
        Schedule(week=((),) * 7)


def test_no_business_time_goes_backwards() -> None:
    with pytest.raises(ValueError, match="negative"):
        HOURS.after(local("2027-02-01 10:00"), timedelta(hours=-1), "zh")
    assert HOURS.between(local("2027-02-02 10:00"), local("2027-02-01 10:00"), "zh") == timedelta(0)


# Properties

DAYS = st.dates(date(2027, 3, 20), date(2027, 4, 20)) | st.dates(date(2027, 9, 20), date(2027, 11, 10))
SPAN = st.builds(
    lambda start, long: Span(start, min(start + long, 1440)), st.integers(0, 1439), st.integers(1, 1440)
)
SPANS = st.lists(SPAN, max_size=2).map(tuple)
DURATION = st.timedeltas(timedelta(0), timedelta(days=9))


@st.composite
def calendars(draw: st.DrawFn) -> Hours:
    usual = draw(st.lists(SPANS, min_size=1, max_size=3).filter(any))
    schedule = Schedule(
        week=tuple(usual[day % len(usual)] for day in range(7)),
        holidays=draw(st.frozensets(DAYS, max_size=6)),
        extra=draw(st.dictionaries(DAYS, SPANS, max_size=1)),
        closures=draw(st.dictionaries(DAYS, SPANS, max_size=2)),
    )
    return Hours(draw(st.sampled_from(ZONES)), {"zh": schedule})


MOMENTS = st.builds(
    lambda day, seconds: datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=seconds),
    DAYS,
    st.integers(0, 86_400),
)


@given(calendars(), MOMENTS, DURATION)
def test_what_is_added_is_what_lies_between(hours: Hours, at: datetime, duration: timedelta) -> None:
    assert hours.between(at, hours.after(at, duration, "zh"), "zh") == duration


@given(calendars(), MOMENTS, DURATION, DURATION)
def test_more_time_ends_no_sooner_and_in_two_parts_at_the_same_time(
    hours: Hours, at: datetime, one: timedelta, other: timedelta
) -> None:
    first, both = hours.after(at, one, "zh"), hours.after(at, one + other, "zh")
    assert first <= both
    if other:
        assert hours.after(first, other, "zh") == both


@given(calendars(), MOMENTS, MOMENTS, DURATION)
def test_what_begins_later_ends_no_sooner(hours: Hours, a: datetime, b: datetime, duration: timedelta) -> None:
    earlier, later = sorted((a, b))
    assert hours.after(earlier, duration, "zh") <= hours.after(later, duration, "zh")


@given(calendars(), MOMENTS, DURATION)
def test_nothing_ends_in_closed_time(hours: Hours, at: datetime, duration: timedelta) -> None:
    end = hours.after(at, duration, "zh")
    assert hours.is_open(end, "zh") or hours.is_open(end - TICK, "zh")


@given(calendars(), MOMENTS, MOMENTS, MOMENTS)
def test_business_time_adds_up_and_is_no_longer_than_time(
    hours: Hours, a: datetime, b: datetime, c: datetime
) -> None:
    first, second, third = sorted((a, b, c))
    parts = hours.between(first, second, "zh") + hours.between(second, third, "zh")
    assert parts == hours.between(first, third, "zh")
    assert timedelta(0) <= parts <= third - first


@given(calendars(), MOMENTS)
def test_until_the_next_opening_nobody_is_there(hours: Hours, at: datetime) -> None:
    opening = hours.next_opening(at, "zh")
    assert hours.is_open(opening, "zh")
    assert hours.between(at, opening, "zh") == timedelta(0)
    assert hours.is_open(at, "zh") == (opening == at)
