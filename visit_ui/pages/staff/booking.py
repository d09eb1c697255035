"""Book a visit."""

from dataclasses import dataclass
from typing import ClassVar

from visit_ui.pages.shell.frame import Frame
from visit_ui.pages.shell.parts import FieldError, Option


@dataclass(frozen=True, slots=True)
class BookingValues:
    """What was typed or is proposed, as text: the page gives it back unchanged."""

    patient: str = ""
    date: str = ""
    time: str = ""
    minutes: str = "30"
    kind: str = ""
    modality: str = "video"
    place: str = ""
    prescriber: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class BookVisit:
    """`/visits/new`. Posts `csrf_token`, `patient`, `date` and `time` (as typed, the viewer's zone), `minutes`,
    `kind`, `modality` (video, audio, in_person), `prescriber` (only where `prescribers` are offered), and for one in
    person `site` (optional) and `place` (optional; the room). Both travel with every modality, and count for that one.

    patient_name: when the visit is for one patient already chosen (then `frame.patient_id` names them and nothing is
    offered); None: `patients` are offered. zone_words: "Eastern time", beside the time. prescribers: when somebody
    books for another person; empty: the viewer's own visit. sites: open ones; empty: none is set up, and `place` alone
    says where. action: where the form posts.
    """

    template: ClassVar[str] = "staff/book_visit.html"
    frame: Frame
    values: BookingValues
    errors: tuple[FieldError, ...]
    patient_name: str | None
    patients: tuple[Option, ...]
    lengths: tuple[Option, ...]
    kinds: tuple[Option, ...]
    modalities: tuple[Option, ...]
    zone_words: str
    back_href: str
    sites: tuple[Option, ...] = ()
    prescribers: tuple[Option, ...] = ()
    action: str = "/visits/new"
