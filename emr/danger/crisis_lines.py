"""Who helps at once: crisis lines, as reference data with their sources."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated

from pydantic import Field

from emr.shared import reference_files
from emr.shared.validation import NeededText


@dataclass(frozen=True, slots=True)
class HelpLine:
    """One place to turn to. `call` and `text` are numbers to dial or write to; `text` is "" when there is none."""

    id: NeededText
    name: NeededText
    words: NeededText
    call: NeededText
    text: str
    url: str
    source: NeededText


@dataclass(frozen=True, slots=True)
class Now:
    """The least that stands on every page of a patient: the lifeline, and who comes when somebody is in danger."""

    lifeline: HelpLine
    emergency: HelpLine


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What who calls from another place than the patient's must know."""

    words: NeededText
    source: NeededText


EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class _File:
    """The reference file."""

    lines: Annotated[tuple[HelpLine, ...], Field(min_length=1)]
    from_elsewhere: Elsewhere

    def __post_init__(self) -> None:
        if not self.lines[0].text or EMERGENCY not in {line.id for line in self.lines}:
            raise ValueError("the first line takes texts too, and one line is for emergencies")


@cache
def _read() -> _File:
    return reference_files.read("crisis.yaml", _File)


def from_elsewhere() -> Elsewhere:
    """Raises `BadFile`."""
    return _read().from_elsewhere


def now() -> Now:
    """Whom to turn to at once. Raises `BadFile`."""
    found = lines()
    return Now(found[0], next(line for line in found if line.id == EMERGENCY))


def lines() -> tuple[HelpLine, ...]:
    """In the order to be shown; the first is the one for every page. Raises `BadFile`."""
    return _read().lines
