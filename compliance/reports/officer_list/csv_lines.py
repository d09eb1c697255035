"""A list as comma-separated values (RFC 4180) that a spreadsheet takes for text. Pure.

A cell that a spreadsheet would run as a formula begins with an apostrophe instead (OWASP, CSV Injection).
"""

import csv
from collections.abc import Iterable
from io import StringIO
from typing import Final

BEGINS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def line(cells: Iterable[str]) -> str:
    """One record with its line end; quoted where it has to be."""
    written = StringIO()
    csv.writer(written, lineterminator="\r\n").writerow([harmless(one) for one in cells])
    return written.getvalue()


def harmless(cell: str) -> str:
    """The cell, so that no spreadsheet runs it: also one whose formula stands behind blanks."""
    return f"'{cell}" if cell.startswith(BEGINS_A_FORMULA) or cell.lstrip().startswith(BEGINS_A_FORMULA) else cell
