"""A list for a spreadsheet: RFC 4180, and nothing in it that a spreadsheet would run."""

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.reports.officer_list.csv_lines import BEGINS_A_FORMULA, line


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =HYPERLINK(1)", "=cmd|' /C calc'!A0"]
)
def test_no_cell_is_a_formula(cell: str) -> None:
    (read,) = csv.reader(StringIO(line([cell]), newline=""))
    assert read == [f"'{cell}"]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12), min_size=1))
def test_what_is_written_is_read_back_as_it_was(cells: list[str]) -> None:
    written = line(cells)
    assert written.endswith("\r\n")
    (read,) = csv.reader(StringIO(written, newline=""))
    assert [one.removeprefix("'") for one in read] == [one.removeprefix("'") for one in cells]
    assert not any(one.startswith(BEGINS_A_FORMULA) for one in read)


def test_commas_and_quotes_are_quoted_and_lines_end_as_the_standard_says() -> None:
    assert line(["48214", 'Start "Xanax", 0.5 mg', ""]) == '48214,"Start ""Xanax"", 0.5 mg",\r\n'
