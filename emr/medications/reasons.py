"""Short reasons to pick for a change of a medicine: words of a reference file with a source, never of a record."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from emr.dosing.proposal import Proposal
from emr.medications import model as medication
from emr.medications.model import Order, OrderStatus
from emr.shared import reference_files
from emr.shared.reference_files import BadReference

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


@cache
def short() -> Mapping[ChangeKind, tuple[str, ...]]:
    """The reasons of each kind, in the order of the file. Raises `BadReference`."""
    found: dict[ChangeKind, list[str]] = {kind: [] for kind in ChangeKind}
    for row in reference_files.read(FILE)["reasons"]:
        words = row["words"]
        if not row["source"] or not row["kinds"] or not 0 < len(words) <= LONGEST:
            raise BadReference(f"{FILE}: {words!r} needs a source, a kind, and at most {LONGEST} characters")
        for kind in row["kinds"]:
            found[ChangeKind(kind)].append(words)
    if not all(found.values()):
        raise BadReference(f"{FILE}: every kind needs a reason")
    return {kind: tuple(words) for kind, words in found.items()}


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
