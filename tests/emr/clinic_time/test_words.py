"""Days and times as a locale writes them."""

from datetime import UTC, date, datetime

import pytest

from emr.shared.clinic_time import locales, words

EVENING = datetime(2026, 11, 28, 1, 20, 9, tzinfo=UTC)  # still the 27th in New York
DAY = date(2026, 11, 27)
NY = "America/New_York"


@pytest.mark.parametrize(
    ("locale", "clock", "short", "long"),
    [
        ("en_US", "8:20\u00a0PM", "Nov 27", "Friday, November 27"),
        ("en_GB", "20:20", "27 Nov", "Friday 27 November"),
        ("de_DE", "20:20", "27. Nov.", "Freitag, 27. November"),
        ("es_US", "8:20\u00a0p.m.", "27 nov", "viernes, 27 de noviembre"),
    ],
)
def test_each_locale_writes_its_own_way(locale: str, clock: str, short: str, long: str) -> None:
    assert (words.clock(EVENING, NY, locale), words.short(DAY, locale=locale), words.long(DAY, locale)) == (
        clock,
        short,
        long,
    )


def test_the_american_forms() -> None:
    assert words.clock_seconds(EVENING, NY) == "8:20:09\u00a0PM"
    assert words.moment(EVENING, NY) == "Nov 27, 8:20\u00a0PM"
    assert words.full_moment(EVENING, NY) == "Nov 27, 2026, 8:20\u00a0PM"
    assert words.of_week(DAY) == "Fri, Nov 27"
    assert words.spoken(DAY) == "November 27"
    assert (words.month(DAY), words.month(DAY, year=True)) == ("Nov", "Nov 2026")
    assert words.zone_name(EVENING, NY) == "EST"


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("America/Los_Angeles", "Nov 27, 5:20\u00a0PM"),
        ("Asia/Kolkata", "Nov 28, 6:50\u00a0AM"),
        ("Pacific/Auckland", "Nov 28, 2:20\u00a0PM"),
    ],
)
def test_an_instant_is_told_in_the_readers_zone(zone: str, said: str) -> None:
    assert words.moment(EVENING, zone) == said


def test_a_year_is_said_where_it_is_another() -> None:
    assert words.short(DAY, date(2026, 1, 2)) == "Nov 27"
    assert words.short(DAY, date(2027, 1, 2)) == "Nov 27, 2026"


@pytest.mark.parametrize(
    ("day", "said"), [(26, "Yesterday"), (27, "Today"), (28, "Tomorrow"), (29, "Sunday, November 29")]
)
def test_a_near_day_is_called_by_its_nearness(day: int, said: str) -> None:
    assert words.near(date(2026, 11, day), DAY) == said


def test_a_time_of_another_day_says_which() -> None:
    assert words.lately(EVENING, date(2026, 11, 27), NY) == "8:20\u00a0PM"
    assert words.lately(EVENING, date(2026, 11, 28), NY) == "Nov 27, 8:20\u00a0PM"


def test_an_instant_is_never_taken_for_a_day() -> None:
    with pytest.raises(TypeError, match="day_of"):
        words.short(EVENING)


def test_a_locale_is_known_or_refused() -> None:
    assert locales.is_known("es_US")
    assert not locales.is_known("xx_YY")
    assert not locales.is_known("")
