"""The other tabs of the panel: Overview, Symptoms, and what stands above them all: safety alerts and who is present."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from visit_ui.pages.visit.chart import ChartView
from visit_ui.pages.visit.danger import AlertNote
from visit_ui.pages.visit.medicines import MedicineRow
from visit_ui.pages.visit.parts import StatedPlace, VisitContext


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One thing that changed since the last visit: "PHQ-9 unchanged at 9", "It had been falling. Self-harm item: 0".

    `icon` is one of the sprite's: minus (same), plus (new), arrow-up, arrow-down, clock, pill.
    """

    icon: str
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """A question the patient wrote before the visit, in their words, and when."""

    text: str
    written_on: date


@dataclass(frozen=True, slots=True)
class OverviewPanel:
    """GET `/overview`. `since` None: no visit before this one. `changes`: those to be read at a glance; `more_changes`:
    the rest, behind a word. `chart` None: nothing to draw yet (no scores, no doses)."""

    template: ClassVar[str] = "visit/_overview.html"
    visit: VisitContext
    since: date | None
    changes: tuple[ChangeLine, ...]
    agenda: tuple[AgendaItem, ...]
    chart: ChartView | None
    medicines: tuple[MedicineRow, ...]
    none_confirmed: bool
    may_prescribe: bool = True
    more_changes: tuple[ChangeLine, ...] = ()


class RequestState(StrEnum):
    """Whether a scale is asked for in this visit, and whether the patient has answered."""

    NOT_ASKED = "not_asked"
    REQUESTED = "requested"
    STARTED = "started"
    ANSWERED = "answered"
    ANSWERED_BEFORE = "answered_before"  # asked for in this visit, and answered before it began


@dataclass(frozen=True, slots=True)
class ItemAnswer:
    """One item as answered: question, answer in words, score; `safety` marks the self-harm item."""

    question: str
    answer: str
    score: int
    is_safety: bool = False


@dataclass(frozen=True, slots=True)
class ScaleResult:
    """The last complete answers of one scale. `highest` is the scale's maximum."""

    total: int
    highest: int
    severity: str
    answered_at: datetime
    items: tuple[ItemAnswer, ...]


@dataclass(frozen=True, slots=True)
class ScaleCard:
    """One scale: its id in addresses ("phq9"), name, what it measures, its curve, last answers, and the request's
    state."""

    scale: str
    name: str
    about: str
    chart: ChartView | None
    latest: ScaleResult | None
    request: RequestState
    requested_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SymptomsPanel:
    """GET `/symptoms`; re-read at `titrate:symptoms`. POST `/scales/<scale>/request` answers with this fragment.

    `may_request` False: the visit has ended.
    """

    template: ClassVar[str] = "visit/_symptoms.html"
    visit: VisitContext
    scales: tuple[ScaleCard, ...]
    may_request: bool = True


@dataclass(frozen=True, slots=True)
class SafetyAlert:
    """A safety item answered: which item, the answer in words, when, and why it was left open so far (`told`)."""

    alert_id: str
    scale_name: str
    question: str
    answer: str
    answered_at: datetime
    told: tuple[AlertNote, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertStrip:
    """GET `/alerts`; re-read at `titrate:alerts`. Open alerts only; none: an empty region that stays in the page.

    POST `/alerts/<alert>/acknowledge` posts `what_was_done` (words, required) and answers with this fragment.
    `typed`: of which alert a refused form was, and what it held.
    """

    template: ClassVar[str] = "visit/_alerts.html"
    visit: VisitContext
    alerts: tuple[SafetyAlert, ...]
    location: StatedPlace | None
    call_back: str | None
    error: str | None = None
    typed: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Present:
    """Someone who belongs to the visit and whether they are in the call now; `participant` as in the roster."""

    participant: str
    name: str
    short_name: str
    initials: str
    part: str
    is_here: bool
    is_self: bool = False


@dataclass(frozen=True, slots=True)
class PeoplePresent:
    """GET `/people`; re-read at `titrate:presence`. The call's tiles take their names from it."""

    template: ClassVar[str] = "visit/_people.html"
    visit: VisitContext
    people: tuple[Present, ...]


@dataclass(frozen=True, slots=True)
class Invitable:
    """Someone who may be added to the visit: form value and words ("Ilse Lindqvist, guardian")."""

    person: str
    words: str


@dataclass(frozen=True, slots=True)
class Invited:
    """Someone who may join; `part` in words ("guardian")."""

    person: str
    name: str
    part: str


@dataclass(frozen=True, slots=True)
class InviteValues:
    """What was typed into a refused form: one of `candidates` or a full name, and the part."""

    person: str = ""
    name: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class InviteForm:
    """Posts `person` or `name` (one of them), and `part` (guest_guardian, guest_interpreter, guest_family, supervisor)
    to `/participants`, and to `/participants/<person>/withdraw`; both answer with this.

    `candidates`: guests of this patient's visits and the prescriber's supervisors; anybody else is named in full.
    `said`: what was done just now; `error` is a remedy in words.
    """

    template: ClassVar[str] = "visit/_invite.html"
    visit: VisitContext
    invited: tuple[Invited, ...]
    candidates: tuple[Invitable, ...]
    said: str | None = None
    error: str | None = None
    typed: InviteValues = InviteValues()
