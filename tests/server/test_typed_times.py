"""A form reads days and times as its fields ask for them, and says what to do about any other."""

from datetime import UTC, datetime

import pytest

from emr.shared.errors import Invalid
from server.http.forms import PostedForm, Reader

NY = "America/New_York"
SKIPPED = "The clocks go forward that night and skip this time. Enter an earlier or a later one."


@pytest.mark.parametrize(
    ("day", "clock"), [("11/27/2026", "8:20 PM"), ("2026-11-27", "20:20"), ("Nov 27, 2026", "8:20 pm")]
)
def test_a_day_and_a_time_are_meant_by_the_clock_of_the_zone(day: str, clock: str) -> None:
    reader = Reader(PostedForm({"date": day, "time": clock}))
    assert reader.moment("date", "time", NY) == datetime(2026, 11, 28, 1, 20, tzinfo=UTC)
    reader.check()


@pytest.mark.parametrize(
    ("day", "clock", "wrong"),
    [
        ("27/11/2026", "8:20 PM", {"date": "Enter the date as MM/DD/YYYY, for example 11/24/2026."}),
        ("11/27/2026", "8", {"time": "Enter the time with minutes, for example 2:30 PM."}),
        ("3/8/2026", "2:30 AM", {"time": SKIPPED}),
    ],
)
def test_what_cannot_be_meant_is_said_beside_its_field(day: str, clock: str, wrong: dict[str, str]) -> None:
    reader = Reader(PostedForm({"date": day, "time": clock}))
    reader.moment("date", "time", NY)
    with pytest.raises(Invalid) as refused:
        reader.check()
    assert refused.value.fields == wrong


def test_one_field_holds_both_or_nothing() -> None:
    reader = Reader(PostedForm({"began": "11/27/2026 8:20 PM", "ended": "", "odd": "ten"}))
    assert reader.instant("began", NY) == datetime(2026, 11, 28, 1, 20, tzinfo=UTC)
    assert reader.instant("ended", NY) is None
    assert reader.instant("odd", NY) is None
    assert set(reader.wrong) == {"odd"}
