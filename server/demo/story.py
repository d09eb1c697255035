"""The words the demo's story is told in: visits, what is done in them, and what happens between them. Values only.

The parts that hold the story itself (``story_ada`` and the others) read like a chart; ``telling`` plays them through
the same use cases that the pages call.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from emr.diary.model import SideEffectSeverity
from emr.dosing.model import TimeOfDay as Taken
from emr.medications.model import OrderOrigin as ListKind
from emr.visits.model import Modality, VisitKind
from server.demo.when import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescribed:
    """A medicine with its daily total in mg, in equal parts at ``taken``.

    ``answers``: the beginning of a finding's key -> what the prescriber wrote. ``as_needed``: at most that much.
    """

    medicine: str
    total: str
    taken: tuple[Taken, ...]
    reason: str
    purpose: str = ""
    as_needed: bool = False
    days: int = 30
    refills: int = 1
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start(Prescribed):
    """Begin it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Prescribed):
    """Another dose of what is taken, or the same again after a hold."""


@dataclass(frozen=True, slots=True)
class Renew:
    """More of the same."""

    medicine: str
    reason: str
    days: int = 30
    refills: int = 1
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hold:
    medicine: str
    reason: str


@dataclass(frozen=True, slots=True)
class Stop:
    """``medicine``: its id, or the name under which it was told."""

    medicine: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Something taken that this clinic does not prescribe. ``since``: days before today."""

    name: str
    sentence: str
    since: int
    kind: ListKind = ListKind.SELF_REPORTED
    total: str = ""
    as_needed: bool = False
    purpose: str = ""
    prescriber: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """An intent to prescribe that policy blocks. ``product``: as typed; ``action``: a prescribing action's word."""

    product: str
    action: str = "new"


@dataclass(frozen=True, slots=True)
class Allergic:
    substance: str
    reaction: str


@dataclass(frozen=True, slots=True)
class NoAllergies:
    """Asked, and none known."""


Act = Start | Change | Renew | Hold | Stop | Report | Attempt | Allergic | NoAllergies


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What was written, by section of the template. ``later``: an addendum, hours after signing and its text."""

    said: Mapping[str, str]
    signed: bool = True
    later: tuple[int, str] | None = None


def note(*, signed: bool = True, later: tuple[int, str] | None = None, **said: str) -> Note:
    """A note whose sections are named as the template's are."""
    return Note(said=said, signed=signed, later=later)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the patient says they are, and the number to call back."""

    line: str
    city: str
    state: str
    postal: str
    call_back: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """A visit that is booked, and whatever has happened in it so far.

    ``phq9``, ``gad7``: one digit an item, as answered; "-": asked and still open; "": not asked. ``invited``: slug ->
    part. ``name`` tells this patient's visits apart for ever, so that their ids are the same on every machine.
    """

    name: str
    when: Moment
    by: str
    kind: VisitKind = VisitKind.FOLLOW_UP
    modality: Modality = Modality.VIDEO
    minutes: int = 20
    phq9: str = ""
    gad7: str = ""
    place: Place | None = None
    invited: Mapping[str, str] = field(default_factory=dict)
    booked_before: timedelta = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(Booked):
    """A visit that took place. ``taken_up``: what was done about the safety alert that its answers raised."""

    acts: tuple[Act, ...] = ()
    note: Note
    taken_up: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """A side effect that the patient tells of. ``since``: days before today."""

    when: Moment
    name: str
    severity: SideEffectSeverity
    since: int
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """How it is now; ``ended``: days before today when it was over, None: it goes on."""

    when: Moment
    name: str
    severity: SideEffectSeverity
    ended: int | None = None


@dataclass(frozen=True, slots=True)
class Wrote:
    """A question for the next visit."""

    when: Moment
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """Doses taken of those due, between two days before today."""

    when: Moment
    medicine: str
    since: int
    until: int
    due: int
    taken: int
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """A value of ``LABS``, entered by ``by`` some hours after it was measured."""

    when: Moment
    by: str
    what: str
    value: str


@dataclass(frozen=True, slots=True)
class OutOfHours:
    """An intent to prescribe outside any encounter, from the page of the ended visit ``visit``; always remote."""

    when: Moment
    by: str
    visit: str
    attempt: Attempt


Between = Noticed | Followed | Wrote | Took | Measured | OutOfHours


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientStory:
    """One patient's six months. ``prescribers``: slugs, the first one since the beginning; ``care_team``: likewise."""

    slug: str
    prescribers: tuple[str, ...]
    home: Place
    visits: tuple[Booked, ...]
    between: tuple[Between, ...] = ()
    care_team: tuple[str, ...] = ()

    @property
    def first(self) -> Moment:
        """When the first visit was."""
        return self.visits[0].when


@dataclass(frozen=True, slots=True)
class Lab:
    """A measurement: LOINC code, name, UCUM unit and source, as ``emr/reference/monitoring.csv`` has the codes."""

    code: str
    name: str
    unit: str
    source: str


_QUEST = "Tampa Bay Labs"
LABS: Mapping[str, Lab] = {
    "weight": Lab("29463-7", "Body weight", "kg", "Measured at the clinic"),
    "home weight": Lab("29463-7", "Body weight", "kg", "Patient's scale"),
    "systolic": Lab("8480-6", "Systolic blood pressure", "mm[Hg]", "Measured at the clinic"),
    "home systolic": Lab("8480-6", "Systolic blood pressure", "mm[Hg]", "Patient's cuff"),
    "pulse": Lab("8867-4", "Heart rate", "/min", "Measured at the clinic"),
    "lithium": Lab("14334-7", "Lithium level, 12 h", "mmol/L", _QUEST),
    "egfr": Lab("98979-8", "eGFR", "mL/min/{1.73_m2}", _QUEST),
    "tsh": Lab("3016-3", "TSH", "m[IU]/L", _QUEST),
    "calcium": Lab("17861-6", "Calcium", "mg/dL", _QUEST),
    "sodium": Lab("2951-2", "Sodium", "mmol/L", _QUEST),
    "ldl": Lab("13457-7", "LDL cholesterol", "mg/dL", _QUEST),
    "glucose": Lab("1558-6", "Fasting glucose", "mg/dL", _QUEST),
    "a1c": Lab("4548-4", "Hemoglobin A1c", "%", _QUEST),
    "qtc": Lab("8636-3", "QTc", "ms", "ECG at primary care"),
}
