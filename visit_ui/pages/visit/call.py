"""The pages that hold the call: the prescriber's with the chart beside it, the patient's, the guest's, and the
ends of all three."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from visit_ui.pages.patient.my_safety import MySafety
from visit_ui.pages.shell.frame import Frame, Page
from visit_ui.pages.shell.parts import PatientBanner
from visit_ui.pages.staff.outcome import Corrected
from visit_ui.pages.visit.danger import CrisisPath, OpenAlerts
from visit_ui.pages.visit.panels import AlertStrip, InviteForm, PeoplePresent
from visit_ui.pages.visit.parts import CallSetup, VisitContext, VisitEnding
from visit_ui.pages.visit.presence import Attendance


class CallStage(StrEnum):
    """What the left side holds: nobody yet, someone to admit, the call (or, for who is not in it, that it goes on), a
    visit in person, or one that is `VisitEnding`.
    """

    EXPECTED = "expected"
    WAITING = "waiting"
    CALL = "call"
    APART = "apart"
    IN_PERSON = "in_person"
    ENDED = "ended"
    CANCELLED = "cancelled"
    MISSED = "missed"


class Tab(StrEnum):
    """The panel's tabs; the value is the last part of the fragment's address."""

    OVERVIEW = "overview"
    SYMPTOMS = "symptoms"
    MEDICINES = "medicines"
    NOTES = "notes"


@dataclass(frozen=True, slots=True)
class NoteState:
    """What the server knows of the note: `empty`, `saved` (with its time) or `sealed`. The editor takes over once
    open."""

    state: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VisitPage:
    """GET `/visits/<visit>` for the prescriber.

    `panel` is the fragment of `tab`, rendered by its own template. `call` None unless `stage` is CALL. `waiting_since`
    with WAITING, `ended_words` ("29 minutes, 10:02 AM to 10:31 AM") with ENDED. Admit posts to `/admit`, End
    visit to `/end`.
    `began` False with IN_PERSON: booked, and begun by a button, since nobody waits in a browser; before `opens_at` and
    once its time `passed` the button says that it cannot. `in_call_href`: another visit in whose call the viewer is, so
    that this one cannot begin, nor Admit be pressed. `cancel`: whether there is a button that posts to `/cancel`.
    `presence`: who attends and, in person, the check-in; with CALL, APART and IN_PERSON. `may_end`: whether the viewer
    attends; nobody else ends the visit.
    `correction` and `correct_href` (None: the viewer cannot) once it is over; `book_href` books another like it.
    `open_alerts` are asked about when the visit is ended.
    """

    template: ClassVar[str] = "visit/visit.html"
    frame: Frame
    visit: VisitContext
    banner: PatientBanner
    stage: CallStage
    starts_at: datetime
    call: CallSetup | None
    people: PeoplePresent
    alerts: AlertStrip
    tab: Tab
    panel: Page
    medicine_count: int
    note: NoteState
    crisis: CrisisPath
    open_alerts: OpenAlerts
    invite: InviteForm | None = None
    call_back: str | None = None
    waiting_since: datetime | None = None
    ended_words: str | None = None
    began: bool = True
    opens_at: datetime | None = None
    passed: bool = False
    in_call_href: str | None = None
    cancel: bool = False
    presence: Attendance | None = None
    may_end: bool = True
    correction: Corrected | None = None
    correct_href: str | None = None
    book_href: str | None = None


@dataclass(frozen=True, slots=True)
class DoseAhead:
    """A dose that is signed and not taken yet. `when`: "Starting tomorrow"; `dose` and `how` as of `MyMedicine`."""

    when: str
    dose: str
    how: str


@dataclass(frozen=True, slots=True)
class MyMedicine:
    """One medicine in the patient's words.

    `dose`: "100 mg a day", today's; `how`: "Take one 100 mg tablet each morning". `why`: "for depression" or None.
    `change`: what just changed ("Was 100 mg a day until today"), only while it is new in this visit; `ahead` is shown
    in its place. `ended` True: it was stopped or held.
    """

    name: str
    dose: str
    how: str
    why: str | None = None
    change: str | None = None
    ended: bool = False
    ahead: DoseAhead | None = None


@dataclass(frozen=True, slots=True)
class MyMedicines:
    """GET `/my-medicines`; re-read at `titrate:medications`. `none_confirmed` False with no medicines: nobody has
    asked yet.

    `announce` is said politely when something has just changed ("Your sertraline is now 150 mg a day").
    """

    template: ClassVar[str] = "patient/_my_medicines.html"
    visit: VisitContext
    medicines: tuple[MyMedicine, ...]
    none_confirmed: bool
    announce: str | None = None


@dataclass(frozen=True, slots=True)
class DueScale:
    """A scale the patient is asked to answer: id in addresses, a plain title ("How you have been"), how long, done
    or not."""

    scale: str
    title: str
    length: str
    done: bool


@dataclass(frozen=True, slots=True)
class MyScales:
    """GET `/my-scales`; re-read at `titrate:symptoms`. Scales due or sent in the call; none: an empty region. In
    the call they open in place."""

    template: ClassVar[str] = "patient/_my_scales.html"
    visit: VisitContext
    scales: tuple[DueScale, ...]
    from_whom: str


@dataclass(frozen=True, slots=True)
class PatientVisitPage:
    """GET `/visits/<visit>` for the patient, once admitted. `with_name` "Dr. Drew Marsh"; `with_short` "Dr. Marsh"."""

    template: ClassVar[str] = "visit/visit_patient.html"
    frame: Frame
    visit: VisitContext
    call: CallSetup
    people: PeoplePresent
    with_name: str
    with_short: str
    medicines: MyMedicines
    scales: MyScales
    safety: MySafety
    help_phone: str | None = None


@dataclass(frozen=True, slots=True)
class GuestVisitPage:
    """GET `/visits/<visit>` for a guest: the call and nothing of the record. `why_here`: "You are here as Ada's
    guardian"."""

    template: ClassVar[str] = "visit/visit_guest.html"
    frame: Frame
    visit: VisitContext
    call: CallSetup
    people: PeoplePresent
    with_name: str
    why_here: str
    help_phone: str | None = None


@dataclass(frozen=True, slots=True)
class PatientEndedPage:
    """GET `/visits/<visit>` once it is over, in whatever way (`outcome`). `next_visit` in words or None; `rejoin_url`
    None once ended. `guest`: nothing of the patient's is shown, and nothing of it is given to the page.

    `correction`: what it was, where the record had it wrong; who corrected it and why stay in the clinic.
    With `rejoin_url` the person left and the visit goes on: the page then offers the way back.
    `safety` None for a guest.
    """

    template: ClassVar[str] = "patient/ended_patient.html"
    frame: Frame
    visit: VisitContext
    outcome: VisitEnding
    starts_at: datetime
    with_name: str
    length_words: str | None
    medicines: MyMedicines | None
    next_visit: str | None
    correction: Corrected | None = None
    rejoin_url: str | None = None
    help_phone: str | None = None
    safety: MySafety | None = None
    guest: bool = False
