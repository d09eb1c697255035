"""Times, numbers and small curves as people read them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visit_ui import filters
from visit_ui.pages.parts import Severity, Sparkline

MOMENT = datetime(2026, 11, 25, 2, 5, 9, tzinfo=UTC)  # still the 24th in Florida


def test_times_are_printed_in_the_viewers_zone() -> None:
    assert filters.clock(MOMENT, "America/New_York") == "21:05"
    assert filters.clock_seconds(MOMENT, "America/New_York") == "21:05:09"
    assert filters.day(MOMENT, "America/New_York") == "24 Nov"
    assert filters.long_day(MOMENT, "America/New_York") == "Tuesday 24 November"
    assert filters.day_year(MOMENT, "Europe/Berlin") == "25 Nov 2026"
    assert filters.zone_name(MOMENT, "America/New_York") == "EST"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        filters.clock(datetime(2026, 11, 24, 10), "America/New_York")  # noqa: DTZ001  # the very thing refused


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 visits"), (1, "1 visit"), (2, "2 visits"), (1204, "1,204 visits")]
)
def test_numbers_agree_with_their_word(number: int, words: str) -> None:
    assert filters.plural(number, "visit") == words


def test_a_word_with_its_own_plural() -> None:
    assert filters.plural(2, "entry", "entries") == "2 entries"


def test_a_phone_number_becomes_an_address_that_can_be_called() -> None:
    assert filters.tel("(813) 555-0142") == "tel:8135550142"
    assert filters.tel("+1 813 555 0142") == "tel:+18135550142"


@pytest.mark.parametrize("severity", list(Severity))
def test_every_severity_has_a_word_and_an_icon(severity: Severity) -> None:
    assert filters.severity_word(severity)
    assert filters.severity_icon(severity)


@given(st.lists(st.integers(0, 27), min_size=1, max_size=12))
def test_a_small_curve_stays_in_its_box_and_ends_at_its_right_edge(scores: list[int]) -> None:
    line = Sparkline(tuple(float(score) for score in scores), 0, 27, "PHQ-9")
    points = filters.spark_points(line, 68, 22)
    assert len(points) == len(scores)
    assert all(0 <= x <= 68 and 0 <= y <= 22 for x, y in points)
    assert points[-1][0] == 68
    assert [x for x, _ in points] == sorted(x for x, _ in points)
