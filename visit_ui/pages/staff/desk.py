"""The front desk: the clinic's day, and checking in a patient who is here in person. Nothing clinical is on any of it.

Check-in takes two people at one screen. The desk states who is at which site (`CheckIn`), then turns the screen to the
patient, who confirms it without an account (`CheckInConfirm`) and gives it back (`CheckInDone`).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from visit_ui.pages.shell.frame import Frame
from visit_ui.pages.shell.parts import FieldError, Option


class DeskState(StrEnum):
    """Where a visit stands, as the desk needs to know it."""

    EXPECTED = "expected"
    WAITING = "waiting"
    IN_VISIT = "in_visit"
    ENDED = "ended"
    MISSED = "missed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class DeskCheckIn:
    """A check-in that was made: good until a time, or void.

    void_why: a few words ("joined a call at 2:12 PM"), None while it is not void. over: its time has passed.
    """

    until: datetime
    void_why: str | None = None
    over: bool = False


@dataclass(frozen=True, slots=True)
class DeskVisit:
    """One row. patient_code: "P-7F2C". how: "Video", "In person". place: the site's name or None.

    check_in: None for a visit nobody has checked in. check_in_href: set when the desk may check in now (again, after
    one that is void), else None. corrected: what became of it, where that was put right
    ("held"). correct_href: set once it is over, where the desk puts it right.
    """

    starts: datetime
    minutes: int
    patient: str
    patient_code: str
    prescriber: str
    how: str
    state: DeskState
    place: str | None = None
    check_in: DeskCheckIn | None = None
    check_in_href: str | None = None
    corrected: str | None = None
    correct_href: str | None = None


@dataclass(frozen=True, slots=True)
class DeskDay:
    """`/desk`. GET form field: `date` (YYYY-MM-DD). Every visit of the clinic on that day, by time, of all prescribers.

    It re-reads itself on the topics `queue` and `visit`. said: what was just done, or None.
    """

    template: ClassVar[str] = "staff/desk/day.html"
    frame: Frame
    day: datetime
    now: datetime
    is_today: bool
    visits: tuple[DeskVisit, ...]
    previous_href: str
    today_href: str
    next_href: str
    day_href: str
    book_href: str = "/desk/book"
    said: str | None = None


@dataclass(frozen=True, slots=True)
class CheckIn:
    """GET and POST `/desk/visits/{visit}/check-in` (`action`). Posts `csrf_token`, `patient`, `site`, `patient_here` =
    `yes`, `prescriber_here` = `prescriber_id`: who the desk says is here is who stood on its screen.

    frame.patient_id is the visit's patient. patient_first: as in sentences ("Caleb"). sites: those that are open.
    refused: why it can't be done now, in a sentence with what to do; then there is no form.
    """

    template: ClassVar[str] = "staff/desk/check_in.html"
    frame: Frame
    action: str
    starts: datetime
    minutes: int
    patient: str
    patient_first: str
    patient_code: str
    prescriber: str
    prescriber_id: str
    sites: tuple[Option, ...]
    back_href: str
    site: str = ""
    patient_here: bool = False
    prescriber_here: bool = False
    errors: tuple[FieldError, ...] = ()
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class ConfirmValues:
    """What the patient typed, as text. born_month is "1" to "12"."""

    full_name: str = ""
    born_month: str = ""
    born_day: str = ""
    born_year: str = ""


@dataclass(frozen=True, slots=True)
class CheckInConfirm:
    """GET and POST `/desk/visits/{visit}/confirm` (`action`): read by the patient on the desk's device.

    Posts `csrf_token`, `patient` (the id alone), `full_name`, `born_month`, `born_day`, `born_year`. Names nobody: what
    the clinic has on file is what the patient has to know. frame.title must not name the patient either.
    mismatch: what was typed is not what is on file; errors: a field that is empty or no date (`full_name`, `born`).
    not_now_href: leads to `CheckInDone` with nothing recorded, not to the day: the patient still holds the screen.
    """

    template: ClassVar[str] = "staff/desk/confirm.html"
    frame: Frame
    action: str
    site_name: str
    not_now_href: str
    values: ConfirmValues = ConfirmValues()
    errors: tuple[FieldError, ...] = ()
    mismatch: bool = False


@dataclass(frozen=True, slots=True)
class CheckInDone:
    """What stands on the screen while it goes back to the desk; names nobody. until: None when nothing was recorded.

    not_now: the patient chose so. no_match: they tried too often with what is not on file; the desk begins again.
    """

    template: ClassVar[str] = "staff/desk/done.html"
    frame: Frame
    until: datetime | None
    not_now: bool = False
    no_match: bool = False
    desk_href: str = "/desk"
