"""Times, numbers and small curves as people read them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visit_ui import filters
from visit_ui.environment import environment
from visit_ui.pages.shell.parts import FindingSeverity, Sparkline

MOMENT = datetime(2026, 11, 25, 2, 5, 9, tzinfo=UTC)  # still the 24th in Florida


def test_times_are_printed_in_the_viewers_zone() -> None:
    assert filters.day(MOMENT, "America/New_York") == "Nov 24"
    assert filters.long_day(MOMENT, "America/New_York") == "Tuesday, November 24"
    assert filters.day_year(MOMENT, "Europe/Berlin") == "Nov 25, 2026"


def test_no_page_prints_a_day_or_a_time_as_python_has_it() -> None:
    for raw in (MOMENT, MOMENT.date(), MOMENT.time()):
        with pytest.raises(TypeError, match="clinic_time"):
            environment().from_string("since {{ at }}").render(at=raw)


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


@pytest.mark.parametrize("severity", list(FindingSeverity))
def test_every_severity_has_a_word_and_an_icon(severity: FindingSeverity) -> None:
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
