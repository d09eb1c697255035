"""Days and times as people type them."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr.shared.clinic_time import typed

LOCALES = ("en_US", "en_GB", "de_DE", "es_US", "fr_CA")
SHAPES = ("MM/DD/YYYY", "DD/MM/YYYY", "DD.MM.YYYY", "DD/MM/YYYY", "YYYY-MM-DD")


@pytest.mark.parametrize(
    "text",
    ["11/27/2026", " 11-27-2026 ", "2026-11-27", "Nov 27, 2026", "27 november 2026", "Friday, November 27, 2026"],
)
def test_a_day_is_read_in_each_way_it_is_written_here(text: str) -> None:
    assert typed.day(text) == date(2026, 11, 27)


@pytest.mark.parametrize(
    "text",
    ["", "27/11/2026", "11/27/26", "11/27", "2/30/2026", "²/1/2026", "Nov 2026", "1/1/1899", "tomorrow", "9" * 5000],
)
def test_anything_else_is_no_day(text: str) -> None:
    assert typed.day(text) is None


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("8:20 PM", time(20, 20)),
        ("8:20\u202fPM", time(20, 20)),
        ("8:20pm", time(20, 20)),
        ("8 p.m.", time(20)),
        ("12:30 am", time(0, 30)),
        ("12 PM", time(12)),
        ("20:20", time(20, 20)),
        ("08:20", time(8, 20)),
        ("8", None),
        ("13:00 PM", None),
        ("24:00", None),
        ("8:60", None),
        ("", None),
    ],
)
def test_a_time_is_read_with_its_half_of_the_day_or_by_24_hours(text: str, read: time | None) -> None:
    assert typed.clock(text) == read


@pytest.mark.parametrize("text", ["11/27/2026 8:20 PM", "2026-11-27T20:20", "Nov 27, 2026, 8:20 PM"])
def test_a_day_and_a_time_in_one_field_are_read(text: str) -> None:
    assert typed.day_and_clock(text) == (date(2026, 11, 27), time(20, 20))
    assert typed.day_and_clock(text.split()[0][:10]) is None


@pytest.mark.parametrize(("locale", "shape"), list(zip(LOCALES, SHAPES, strict=True)))
@given(day=st.dates(typed.EARLIEST, typed.LATEST), clock=st.times(timezones=st.just(UTC)))
def test_what_a_field_shows_is_read_as_what_it_was(locale: str, shape: str, day: date, clock: time) -> None:
    assert typed.shape(locale) == shape
    assert typed.day(typed.write_day(day, locale), locale) == day
    minute = clock.replace(second=0, microsecond=0, tzinfo=None)
    assert typed.clock(typed.write_clock(minute, locale)) == minute
    shown = typed.write_moment(datetime.combine(day, minute, UTC), "UTC", locale)
    assert typed.day_and_clock(shown, locale) == (day, minute)


def test_a_remedy_says_how_by_an_example_that_is_read() -> None:
    assert typed.day_remedy() == "Enter the date as MM/DD/YYYY, for example 11/24/2026."
    assert typed.clock_remedy() == "Enter the time with minutes, for example 2:30 PM."
    assert typed.moment_remedy() == "Enter the date and time, for example 11/24/2026 2:30 PM."
