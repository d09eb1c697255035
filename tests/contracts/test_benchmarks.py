"""What `make bench` prints for a figure: one JSON object with the fields that readers of it rely on."""

import json

import pytest

from tests.benchmarks.figures import Figure, json_line, middle, percentile, spread, table

BARE = middle("insert.bare", [2.0, 1.0, 3.0], "ms")


def test_a_figure_is_one_json_line_with_exactly_the_named_fields() -> None:
    line = json_line(middle("dose_change", [9.0, 7.0, 8.0], "ms").over(BARE))
    assert "\n" not in line
    fields = {"name": "dose_change", "value": 8.0, "unit": "ms", "against": "insert.bare", "ratio": 4.0}
    assert json.loads(line) == fields
    assert list(json.loads(line)) == list(fields)


def test_a_figure_that_stands_alone_says_so_by_null() -> None:
    alone = json.loads(json_line(Figure("resolve.rate", 12_345.6, "names/s")))
    assert alone == {"name": "resolve.rate", "value": 12346, "unit": "names/s", "against": None, "ratio": None}


def test_figures_of_different_units_are_not_compared() -> None:
    with pytest.raises(ValueError, match="ms"):
        Figure("relay", 40.0, "us/packet").over(BARE)


@pytest.mark.parametrize("value", [-0.1, float("nan")])
def test_a_figure_that_cannot_be_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        Figure("relay.packets_out", value, "1/s")


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(one) for one in range(1, 61)]
    assert percentile(values, 95) == 57.0
    assert percentile([4.0], 95) == 4.0
    low, high = spread("screen", values, "ms")
    assert (low.name, low.value, high.name, high.value) == ("screen.p50", 30.5, "screen.p95", 57.0)


def test_the_table_has_one_row_a_figure_in_order() -> None:
    rows = table([BARE, middle("dose_change", [8.0], "ms").over(BARE)]).splitlines()
    assert [row.split()[0] for row in rows[2:]] == ["insert.bare", "dose_change"]
    assert rows[3].split()[-2:] == ["4.0", "insert.bare"]
