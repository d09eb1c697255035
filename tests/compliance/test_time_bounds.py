"""An entry stands between two signed times; whoever gives it another time is named."""

from datetime import UTC, datetime, timedelta

import pytest

from compliance.audit import canonical as leaf
from compliance.audit.checkpoint import Checkpoint
from compliance.audit.findings import Findings
from compliance.audit.time_bounds import TimeBounds, recorded_at

NINE = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


def head(size: int, seconds: float, complete: float | None = None) -> Checkpoint:
    complete_to = None if complete is None else NINE + timedelta(seconds=complete)
    return Checkpoint("titrate.example/log", size, bytes(32), NINE + timedelta(seconds=seconds), complete_to)


def at(seconds: float) -> str:
    return leaf.instant(NINE + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("second", "named"),
    [
        (10.5, []),
        (9, []),  # a clock that was set back by a second
        (7, [2]),  # before the first was complete
        (-86_400, [2]),
        (12, []),
        (71, []),  # clocks that differ
        (73, [2]),  # after the second was signed
        (86_400, [2]),
    ],
)
def test_an_entry_between_two_checkpoints_was_recorded_between_them(second: float, named: list[int]) -> None:
    found = Findings()
    bounds = TimeBounds(found)
    bounds.entered(at(5), 1)
    bounds.signed(head(1, 10, complete=10))
    bounds.entered(at(second), 2)
    bounds.entered(at(11), 3)
    bounds.signed(head(3, 12, complete=12))
    assert [one.entry_id for one in found.listed] == named


def test_checkpoints_without_times_bound_nothing() -> None:
    found = Findings()
    bounds = TimeBounds(found)
    bounds.entered(at(1_000), 1)
    bounds.signed(Checkpoint("titrate.example/log", 1, bytes(32)))
    bounds.entered(at(0), 2)
    bounds.signed(head(2, 1_000))
    assert found.listed == []


def test_the_time_is_read_from_the_field_and_from_no_value() -> None:
    fields = dict.fromkeys(leaf.METADATA_FIELDS, "x") | {"recorded_at": at(3), "patient_id": None}
    hostile = fields | {"action": ',"recorded_at":"1999-01-01T00:00:00.000000Z"'}
    assert recorded_at(leaf.metadata_bytes(fields).decode()) == at(3)
    assert recorded_at(leaf.metadata_bytes(hostile).decode()) == at(3)
    assert recorded_at("{}") == ""
