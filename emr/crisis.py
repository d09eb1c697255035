"""Who helps at once: crisis lines, as reference data with their sources."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from emr import reference_files
from emr.reference_files import BadReference


@dataclass(frozen=True, slots=True)
class Line:
    """One place to turn to. `call` and `text` are numbers to dial or write to, "" when there is none."""

    id: str
    name: str
    words: str
    call: str
    text: str
    url: str
    source: str


@cache
def lines() -> tuple[Line, ...]:
    """In the order to be shown; the first is the one for every page's foot. Raises `BadReference`."""
    rows = reference_files.read("crisis.yaml")["lines"]
    found = tuple(
        Line(row["id"], row["name"], row["words"], row["call"], row["text"], row["url"], row["source"]) for row in rows
    )
    if not found or not all(line.call and line.source for line in found):
        raise BadReference("crisis.yaml: every line needs a number to call and a source")
    return found
