"""Which day an instant belongs to, on both sides of UTC and where the clock changes."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr.shared.clinic_time import days

ZONES = ("America/Los_Angeles", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "America/Santiago", "UTC")
DAYS = st.dates(date(2000, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize("zone", ZONES)
@given(day=DAYS, clock=st.sampled_from([time(0, 30), time(12), time(23, 30)]))
def test_a_time_of_a_day_belongs_to_that_day_wherever_it_is(zone: str, day: date, clock: time) -> None:
    try:
        moment = days.at(day, clock, zone)
    except days.NoSuchTime:  # the clock of Santiago skips from midnight to one
        assert (zone, clock) == ("America/Santiago", time(0, 30))
        return
    assert days.day_of(moment.astimezone(UTC), zone) == day
    assert days.begins(day, zone) <= moment < days.begins(days.after(day), zone)


@pytest.mark.parametrize("zone", ZONES)
@given(day=DAYS)
def test_days_follow_one_another_without_a_gap(zone: str, day: date) -> None:
    begun = days.begins(day, zone).astimezone(UTC)
    assert days.day_of(begun, zone) == day
    assert days.day_of(begun - timedelta(microseconds=1), zone) == days.after(day, -1)


def test_a_day_on_which_the_clock_changes_has_23_or_25_hours() -> None:
    def hours(day: date, zone: str) -> float:
        first, next_one = (days.begins(one, zone).astimezone(UTC) for one in (day, days.after(day)))
        return (next_one - first) / timedelta(hours=1)

    assert hours(date(2026, 3, 8), "America/New_York") == 23
    assert hours(date(2026, 11, 1), "America/New_York") == 25
    assert hours(date(2026, 9, 27), "Pacific/Auckland") == 23
    assert hours(date(2026, 11, 1), "Asia/Kolkata") == 24


def test_a_time_that_the_clock_skips_is_refused_and_of_two_the_first_is_meant() -> None:
    with pytest.raises(days.NoSuchTime):
        days.at(date(2026, 3, 8), time(2, 30), "America/New_York")
    twice = days.at(date(2026, 11, 1), time(1, 30), "America/New_York")
    assert twice.astimezone(UTC) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_a_time_without_a_zone_belongs_to_no_day() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        days.day_of(datetime(2026, 11, 24, 10), "America/New_York")  # noqa: DTZ001  # the very thing refused
    assert days.day_of(datetime(2026, 11, 28, 1, tzinfo=timezone(timedelta(hours=2))), "UTC") == date(2026, 11, 27)
