"""What the sources of the reference data ask to be said wherever it is used (`reference/credits.yaml`)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from emr.shared import reference_files
from emr.shared.validation import NeededText

_FILE = "credits.yaml"


@dataclass(frozen=True, slots=True)
class Notice:
    """Whose data (`short`), what of it is used (`name`), and the notice word for word."""

    short: NeededText
    name: NeededText
    text: NeededText


@dataclass(frozen=True, slots=True)
class _Notices:
    """The reference file."""

    notices: tuple[Notice, ...]


@cache
def notices() -> tuple[Notice, ...]:
    """In the order of the file. Raises `BadFile` for a row without one of its texts."""
    return reference_files.read(_FILE, _Notices).notices
