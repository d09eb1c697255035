"""The patient's first page, and help in a crisis."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import ClassVar

from visit_ui.pages.patient.my_safety import MySafety
from visit_ui.pages.shell.frame import Frame
from visit_ui.pages.visit.danger import HelpFact


class JoinState(Enum):
    """Whether the visit can be joined: not yet (opens 15 minutes before), now, or it is going on. AT_CLINIC: in person,
    there is no call to join.
    """

    CLOSED = "closed"
    OPEN = "open"
    WAITING = "waiting"
    GOING_ON = "going_on"
    AT_CLINIC = "at_clinic"


@dataclass(frozen=True, slots=True)
class ComingVisit:
    """A visit to come, in the patient's words.

    kind: "Video visit", "Visit in person". when: "Today", "Tomorrow" or "Thursday, December 3".
    opens_at: when the door opens; join_href: device check or, when going on, the call. place: of a visit in person.
    with_name, with_role: "Dr. Drew Marsh", "Psychiatrist". for_name: whose visit it is, when not the viewer's own.
    """

    starts: datetime
    minutes: int
    when: str
    kind: str
    with_name: str
    with_role: str
    with_initials: str
    join_state: JoinState
    opens_at: datetime
    join_href: str
    place: str | None = None
    for_name: str | None = None
    sound_only: bool = False


@dataclass(frozen=True, slots=True)
class TodoItem:
    """Something to do before the visit. done: told by word too."""

    title: str
    detail: str
    done: bool
    act: str | None = None
    href: str | None = None


@dataclass(frozen=True, slots=True)
class PlainMedicine:
    """A medicine in plain words: name, "100 mg each morning", "Since October 6, Dr. Marsh".

    `ahead`: "Starting tomorrow: 150 mg each morning", or None.
    """

    name: str
    how: str
    since: str
    state: str | None = None
    ahead: str | None = None


@dataclass(frozen=True, slots=True)
class PatientHome:
    """`/home` of a patient or a guest.

    first_name: how the page greets. visit: the next one, None when nothing is booked. later: those after it.
    cancelled: visits to come that were called off, in words ("Thursday, December 3, 10:30 AM, with Dr. Drew Marsh").
    medicines: None hides the list (a guest); empty: none on record. clinic_phone: as printed, or None.
    safety: of the next visit's check-in, None for a guest or without a visit.
    medicine_advice: one sentence under the list, from a reference with a source, or None.
    """

    template: ClassVar[str] = "patient/patient_home.html"
    frame: Frame
    first_name: str
    visit: ComingVisit | None
    todo: tuple[TodoItem, ...]
    later: tuple[ComingVisit, ...]
    medicines: tuple[PlainMedicine, ...] | None
    clinic_phone: str | None = None
    medicine_advice: str | None = None
    cancelled: tuple[str, ...] = ()
    safety: MySafety | None = None


@dataclass(frozen=True, slots=True)
class CrisisLine:
    """One way to get help now. href: `tel:` or `sms:` or an address."""

    title: str
    what: str
    act: str
    href: str


@dataclass(frozen=True, slots=True)
class CrisisPatient:
    """For a prescriber outside a visit: whom help is for, and what is known for it, which may not hold any more.

    `from_elsewhere`: what to say to 911, with its source. `record_href`: where calls are recorded, in the visit that
    began at `record_at`; None: nowhere yet, or not theirs to record.
    """

    name: str
    first_name: str
    facts: tuple[HelpFact, ...]
    from_elsewhere: str
    from_elsewhere_source: str
    record_href: str | None = None
    record_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Crisis:
    """`/crisis`, and for a clinician `/patients/{id}/crisis`. lines: most urgent first, from the reference file.

    patient: only for a clinician reading it. back_href: None when it was opened in a tab of its own.
    """

    template: ClassVar[str] = "shell/crisis.html"
    frame: Frame
    lines: tuple[CrisisLine, ...]
    patient: CrisisPatient | None = None
    back_href: str | None = None
    back_label: str = "Back"
