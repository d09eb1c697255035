"""In which order a patient's medicines are named: the one a visit turns on first. Pure, but for the reference file.

The first of the list is the main medicine: prescribed here, taken every day rather than when needed, of a class that
treats by itself (`reference/list_order.yaml`), and of those the one taken longest. It is an order for reading and says
nothing of what anybody should take.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Annotated

from emr.chart.model import MedicationListEntry
from emr.formulary import model as formulary
from emr.medications.model import OrderOrigin, OrderStatus
from emr.shared import reference_files
from emr.shared.validation import among

_FILE = "list_order.yaml"
_KINDS = list(OrderOrigin)


def ordered(lines: Iterable[MedicationListEntry], beside: Collection[str]) -> tuple[MedicationListEntry, ...]:
    """Current lines first, the main medicine first of all; then those stopped, newest stop first.

    `beside`: ids of medicines that are usually given beside another one.
    """

    def place(line: MedicationListEntry) -> tuple[bool, int, bool, bool, bool, int, str]:
        order = line.current
        name = order.name.lower()
        if order.status is OrderStatus.STOPPED:
            return True, -order.starts_on.toordinal(), False, False, False, 0, name
        here = order.kind is OrderOrigin.PRESCRIBED_HERE
        return (
            False,
            _KINDS.index(order.kind),
            order.status is OrderStatus.HELD,
            order.as_needed,
            order.medicine in beside,
            line.started.toordinal() if here else 0,  # since when somebody else's is taken is known too seldom
            name,
        )

    return tuple(sorted(lines, key=place))


@dataclass(frozen=True, slots=True)
class _File:
    """The reference file."""

    beside: tuple[Annotated[str, among("classes", "is no class of formulary.csv")], ...]


@cache
def beside() -> frozenset[str]:
    """The medicines that the reference file names by their class. Raises `BadFile` for a class nobody knows."""
    known = formulary.load().contents.medicines.values()
    classes = reference_files.read(_FILE, _File, {"classes": {each.drug_class for each in known}}).beside
    return frozenset(each.id for each in known if each.drug_class in classes)
