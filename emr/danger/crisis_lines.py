"""Who helps at once: crisis lines, as reference data with their sources."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from emr.shared import reference_files
from emr.shared.reference_files import BadReference


@dataclass(frozen=True, slots=True)
class HelpLine:
    """One place to turn to. `call` and `text` are numbers to dial or write to, "" when there is none."""

    id: str
    name: str
    words: str
    call: str
    text: str
    url: str
    source: str


@dataclass(frozen=True, slots=True)
class Now:
    """The least that stands on every page of a patient: the lifeline, and who comes when somebody is in danger."""

    lifeline: HelpLine
    emergency: HelpLine


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What who calls from another place than the patient's must know."""

    words: str
    source: str


@cache
def from_elsewhere() -> Elsewhere:
    """Raises `BadReference`."""
    row = reference_files.read("crisis.yaml").get("from_elsewhere") or {}
    if not row.get("words") or not row.get("source"):
        raise BadReference("crisis.yaml: what to say when one calls from elsewhere needs words and a source")
    return Elsewhere(row["words"].strip(), row["source"])


EMERGENCY = "emergency"


def now() -> Now:
    """Whom to turn to at once. Raises `BadReference`."""
    found = lines()
    return Now(found[0], next(line for line in found if line.id == EMERGENCY))


@cache
def lines() -> tuple[HelpLine, ...]:
    """In the order to be shown; the first is the one for every page. Raises `BadReference`."""
    rows = reference_files.read("crisis.yaml")["lines"]
    found = tuple(
        HelpLine(row["id"], row["name"], row["words"], row["call"], row["text"], row["url"], row["source"])
        for row in rows
    )
    if not found or not all(line.call and line.source for line in found):
        raise BadReference("crisis.yaml: every line needs a number to call and a source")
    if not found[0].text or EMERGENCY not in {line.id for line in found}:
        raise BadReference("crisis.yaml: the first line takes texts too, and one line is for emergencies")
    return found
