"""Who treats in a visit, whether the front desk checked the patient in, and the refusal of a second visit at once."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from visit_ui.pages.shell.frame import Frame
from visit_ui.pages.visit.parts import VisitContext


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """A check-in of this visit, the newest. site, by: names ("Ybor clinic", "Noa Reyes").

    void_why: in words ("Dr. Marsh joined a call at 10:20 AM"), None while it is not void. over: its time has passed.
    waits: stated by the front desk, and not yet confirmed by the patient.
    """

    at: datetime
    site: str
    by: str
    until: datetime
    void_why: str | None = None
    over: bool = False
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Attendance:
    """GET `/attendance`; re-read at `titrate:presence` and `titrate:visit`. POST `/take-over` posts `csrf_token` and
    `patient`, and answers with this fragment to htmx, else with a redirect to the visit.

    attended_by: "Dr. Beaulieu"; None: the visit has not begun. attended_by_me: then there is nothing to take over.
    apart: the viewer is not in the call, so that taking over loads the page anew, which joins them.
    in_person: only then is the check-in shown; check_in None: nobody has checked the patient in.
    """

    template: ClassVar[str] = "visit/_attendance.html"
    visit: VisitContext
    attended_by: str | None
    attended_by_me: bool = False
    may_take_over: bool = False
    apart: bool = False
    in_person: bool = False
    check_in: CheckedIn | None = None


@dataclass(frozen=True, slots=True)
class AnotherVisitOpen:
    """In place of the answer to `/admit`, with 409: the patient is in another visit now, and can be in one only.

    frame.patient_id is that patient: the button posts it. which: "video visit"; with_name: "Dr. Marsh", or "you".
    end_action takes POST with `csrf_token` and `patient`; None: the viewer may not end it, and `may_not_why` says who
    may. open_href: the other visit, None when the viewer may not open it. back_href: the visit that was refused.
    """

    template: ClassVar[str] = "staff/another_visit_open.html"
    frame: Frame
    patient_first: str
    which: str
    with_name: str
    since: datetime
    end_action: str | None
    open_href: str | None
    back_href: str
    may_not_why: str | None = None
