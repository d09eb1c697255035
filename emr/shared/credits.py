"""What the sources of the reference data ask to be said wherever it is used (`reference/credits.yaml`)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from emr.shared import reference_files
from emr.shared.reference_files import BadReference

_FILE = "credits.yaml"


@dataclass(frozen=True, slots=True)
class Notice:
    """Whose data (`short`), what of it is used (`name`), and the notice word for word."""

    short: str
    name: str
    text: str


@cache
def notices() -> tuple[Notice, ...]:
    """In the order of the file. Raises `BadReference` for a row without one of its texts."""
    rows = reference_files.read(_FILE).get("notices") or []
    try:
        return tuple(Notice(*(row[key].strip() for key in ("short", "name", "text"))) for row in rows)
    except (KeyError, TypeError, AttributeError) as error:
        raise BadReference(f"{_FILE}: each notice has the texts short, name and text ({error})") from error
