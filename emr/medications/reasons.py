"""Short reasons to pick for a change of a medicine: words of a reference file with a source, never of a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated

from pydantic import Field

from emr.dosing.proposal import Proposal
from emr.medications import model as medication
from emr.medications.model import Order, OrderStatus
from emr.shared import reference_files
from emr.shared.validation import NeededText

FILE = "reasons.yaml"
LONGEST = 40


class ChangeKind(StrEnum):
    """What a change does."""

    START = "start"
    INCREASE = "increase"
    DECREASE = "decrease"
    SAME = "same"
    RESUME = "resume"
    HOLD = "hold"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class _Reason:
    """One row of the reference file."""

    words: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    source: NeededText
    kinds: Annotated[tuple[ChangeKind, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class _Reasons:
    """The reference file: every kind has a reason."""

    reasons: tuple[_Reason, ...]

    def __post_init__(self) -> None:
        if missing := set(ChangeKind) - {kind for one in self.reasons for kind in one.kinds}:
            raise ValueError(f"no reason for {', '.join(sorted(missing))}")


@cache
def short() -> Mapping[ChangeKind, tuple[str, ...]]:
    """The reasons of each kind, in the order of the file. Raises `BadFile`."""
    rows = reference_files.read(FILE, _Reasons).reasons
    return {kind: tuple(one.words for one in rows if kind in one.kinds) for kind in ChangeKind}


def kind_of(current: Order | None, proposal: Proposal) -> ChangeKind:
    """What signing this proposal would be; a medicine on hold is resumed at whatever dose."""
    if current is not None and current.status is OrderStatus.HELD:
        return ChangeKind.RESUME
    match medication.action(current, proposal):
        case "new":
            return ChangeKind.START
        case "increase":
            return ChangeKind.INCREASE
        case "decrease":
            return ChangeKind.DECREASE
        case _:
            return ChangeKind.SAME
