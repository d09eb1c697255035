"""The Medicines tab: the one list, and the forms that stop, hold or report a medicine.

Addresses under `/visits/<visit>`: GET `/medicines`, GET and POST `/medicines/<order>/stop` and `/hold`, POST
`/medicines/report`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import ClassVar

from visit_ui.pages.visit.parts import VisitContext


class MedicineKind(StrEnum):
    """Where an entry of the one list comes from."""

    PRESCRIBED_HERE = "prescribed_here"
    PRESCRIBED_ELSEWHERE = "prescribed_elsewhere"
    SELF_REPORTED = "self_reported"


@dataclass(frozen=True, slots=True)
class DoseMove:
    """A neighboring dose offered beside the present one: "75 mg"; `total` is the value the Adjust form starts with."""

    label: str
    total: str


@dataclass(frozen=True, slots=True)
class MedicineRow:
    """One entry of the list.

    `sentence`: "100 mg each morning". `since` and `by` say since when and by whom ("Dr. Marsh", "her own report").
    `note`: "11 of 28 nights" or None. `ahead`: "150 mg each morning from Nov 25, Dr. Marsh", written and not taken
    yet, or None; whoever wrote that did not set today's dose, so `by` is None beside it.
    `now`, `down`, `up` are of today's dose; None: no such step. `adjustable` False: entries from elsewhere.
    `schedule`: "IV" for a controlled substance, None otherwise. `held_since` None: not on hold. `not_interpreted`
    True: the name
    was kept as written and no check can read it. `hand_off_href`: the sheet for a certified system, of a controlled
    substance ordered here; None for all others.
    """

    order_id: str
    name: str
    sentence: str
    since: date | None
    by: str | None
    kind: MedicineKind
    note: str | None = None
    now: str | None = None
    down: DoseMove | None = None
    up: DoseMove | None = None
    adjustable: bool = False
    schedule: str | None = None
    held_since: date | None = None
    not_interpreted: bool = False
    just_changed: bool = False
    ahead: str | None = None
    hand_off_href: str | None = None


@dataclass(frozen=True, slots=True)
class StoppedMedicine:
    """A medicine that ended: "Fluoxetine", "20 mg a day", when, and the reason given."""

    name: str
    sentence: str
    stopped_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class MedicinesPanel:
    """The list. `none_confirmed` True: asked, takes nothing; with an empty list and False: nobody has asked yet.

    `may_prescribe` False hides Adjust and Start, and `may_not_why` says the reason (for example a visit that has
    ended).
    `notice` is what just happened ("Sertraline is now 150 mg a day. Signed 10:24 AM."), announced politely;
    `signed`: the rest of what was signed, line by line.
    The report form posts `name`, `sentence`, `source` (`self_reported` or `prescribed_elsewhere`), `since` (ISO
    date or empty).
    """

    template: ClassVar[str] = "visit/_medicines.html"
    visit: VisitContext
    medicines: tuple[MedicineRow, ...]
    stopped: tuple[StoppedMedicine, ...]
    none_confirmed: bool
    may_prescribe: bool = True
    may_not_why: str | None = None
    notice: str | None = None
    report: "ReportValues | None" = None
    signed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportValues:
    """A report that was refused: what was typed, with the remedy per field. The form stays open."""

    name: str = ""
    sentence: str = ""
    source: str = "self_reported"
    since: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


class EndKind(StrEnum):
    """Whether the form stops a medicine or holds it."""

    STOP = "stop"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class EndPanel:
    """Stop or hold one medicine. Always possible, by video too: nothing is dispensed.

    Posts `reason`, `order` (the order shown, so that a change meanwhile is a conflict) and `agreement` = `not_asked`.
    `reasons`: short ones to pick, from the reference data.
    `shown`: stands for what is read back; posted with it, so that nothing else is signed.
    `advice` is the taper advice with its source, or None. `conflict`: why nothing was signed; `anew`: and what would be
    signed now stands here already.
    `sentence`: as it is taken today; `ahead`: "150 mg each morning from 25 Nov", written and not taken yet, or None.
    """

    template: ClassVar[str] = "visit/_end_medicine.html"
    visit: VisitContext
    kind: EndKind
    order_id: str
    name: str
    sentence: str
    advice: str | None
    advice_source: str | None
    reason: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    conflict: str | None = None
    ahead: str | None = None
    reasons: tuple[str, ...] = ()
    shown: str = ""
    anew: bool = False
