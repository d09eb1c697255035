"""The front desk's day, and a check-in in its steps."""

from dataclasses import replace
from typing import Final

from visit_ui.pages.shell.frame import Page
from visit_ui.pages.shell.parts import FieldError, Option
from visit_ui.pages.staff.desk import (
    CheckIn,
    CheckInConfirm,
    CheckInDone,
    ConfirmValues,
    DeskCheckIn,
    DeskDay,
    DeskState,
    DeskVisit,
)
from visit_ui.samples.shell.cast import CALEB, NOW, VISIT, at, front_desk

_BASE = f"/desk/visits/{VISIT}"
_DREW = "Dr. Drew Marsh"
_TOMAS = "Dr. Tomás Beaulieu"
_YBOR = "Ybor clinic"
_FRAME = front_desk("Front desk", "Front desk")


def _visit(
    hour: int,
    minute: int,
    patient: str,
    code: str,
    prescriber: str = _DREW,
    state: DeskState = DeskState.EXPECTED,
    *,
    in_person: bool = False,
) -> DeskVisit:
    how, place = ("In person", _YBOR) if in_person else ("Video", None)
    may = f"{_BASE}/check-in" if in_person and state is DeskState.EXPECTED else None
    return DeskVisit(at(hour, minute), 30, patient, code, prescriber, how, state, place, check_in_href=may)


_CALEB = _visit(14, 0, "Caleb Stone", "P-3B1D", in_person=True)
_CHECKED_IN = DeskCheckIn(at(15, 30))
_VISITS = (
    _visit(8, 30, "Noor Haddad", "P-2A90", state=DeskState.ENDED),
    replace(_visit(9, 0, "Peter Valasek", "P-88C1", state=DeskState.MISSED), correct_href=f"/visits/{VISIT}/correct"),
    replace(
        _visit(9, 30, "Hanna Weiss", "P-04EE", _TOMAS, DeskState.IN_VISIT, in_person=True),
        check_in=DeskCheckIn(at(11, 0)),
    ),
    _visit(10, 0, "Ada Lindqvist", "P-7F2C", state=DeskState.WAITING),
    _visit(10, 30, "Marcus Oyelaran", "P-C44E"),
    _visit(11, 0, "Gwen Tadesse", "P-19A0", _TOMAS, DeskState.CANCELLED),
    _CALEB,
)

DAY: Final = DeskDay(
    frame=_FRAME,
    day=NOW,
    now=NOW,
    is_today=True,
    visits=_VISITS,
    previous_href="/desk?date=2026-11-23",
    today_href="/desk",
    next_href="/desk?date=2026-11-25",
    day_href="/desk?date=2026-11-24",
)
_LONG = replace(
    _visit(
        15,
        0,
        "María de los Ángeles Fernández-Etxeberria y Gutiérrez",
        "P-E830",
        "Dr. Bartholomew Featherstonehaugh-Cholmondeley",
        in_person=True,
    ),
    place="Centro comunitario de salud mental del condado de Hillsborough",
    check_in=DeskCheckIn(at(16, 30), void_why="Dr. Featherstonehaugh-Cholmondeley joined a call at 2:12 PM"),
)

CHECK_IN: Final = CheckIn(
    frame=front_desk("Check in", "Front desk", CALEB),
    action=f"{_BASE}/check-in",
    starts=at(14, 0),
    minutes=30,
    patient="Caleb Stone",
    patient_first="Caleb",
    patient_code="P-3B1D",
    prescriber=_DREW,
    prescriber_id="3b1f0a52-7c1e-4a53-9d0b-6f5c8f0e2d11",
    sites=(Option("s1", _YBOR, "Tampa FL"), Option("s2", "Seminole Heights clinic", "Tampa FL")),
    back_href="/desk?date=2026-11-24",
)
CONFIRM: Final = CheckInConfirm(
    frame=replace(front_desk("Check in", patient_id=CALEB), nav=(), live_url=None),
    action=f"{_BASE}/confirm",
    site_name=_YBOR,
    not_now_href=f"{_BASE}/not-now",
)
_DONE = CheckInDone(frame=CONFIRM.frame, until=at(15, 30), desk_href="/desk?date=2026-11-24")

SAMPLES: Final[dict[str, Page]] = {
    "desk": DAY,
    "desk.checked-in": replace(
        DAY,
        now=at(13, 57),
        visits=(
            *_VISITS[:-1],
            replace(_CALEB, state=DeskState.WAITING, check_in=_CHECKED_IN, check_in_href=None),
        ),
        said="Caleb Stone is checked in with Dr. Marsh until 3:30 PM.",
    ),
    "desk.void": replace(
        DAY,
        visits=(
            *_VISITS[:-1],
            replace(_CALEB, check_in=replace(_CHECKED_IN, void_why="Dr. Marsh joined a call at 2:12 PM")),
            replace(_CALEB, patient="Lena Fischer", patient_code="P-A01D", check_in=replace(_CHECKED_IN, over=True)),
        ),
    ),
    "desk.corrected": replace(
        DAY,
        visits=(_VISITS[0], replace(_VISITS[1], corrected="held"), *_VISITS[2:]),
        said="Peter Valasek, with Dr. Marsh: missed, corrected to held.",
    ),
    "desk.empty": replace(DAY, visits=(), is_today=False, day=at(9, 0, day=28)),
    "desk.long": replace(DAY, visits=(*_VISITS, _LONG)),
    "check-in": CHECK_IN,
    "check-in.errors": replace(
        CHECK_IN,
        patient_here=True,
        errors=(
            FieldError("site", "Choose the site where both are."),
            FieldError("prescriber_here", "Confirm that the prescriber is at this site now, then check this box."),
        ),
    ),
    "check-in.in-a-call": replace(
        CHECK_IN, refused="Dr. Marsh is in a video call right now. Check Caleb in once Dr. Marsh has left it."
    ),
    "check-in.no-site": replace(
        CHECK_IN, sites=(), refused="No site is open. An administrator can add one under Sites."
    ),
    "check-in.long": replace(CHECK_IN, patient=_LONG.patient, patient_first="María", prescriber=_LONG.prescriber),
    "check-in-confirm": CONFIRM,
    "check-in-confirm.errors": replace(
        CONFIRM,
        values=ConfirmValues("Caleb Stone", "2", "31", "1988"),
        errors=(FieldError("born", "There is no such day. Check the month and the day."),),
    ),
    "check-in-confirm.empty": replace(
        CONFIRM,
        errors=(
            FieldError("full_name", "Enter your first and last name."),
            FieldError("born", "Choose the month, then write the day and the year."),
        ),
    ),
    "check-in-confirm.mismatch": replace(CONFIRM, values=ConfirmValues("Kaleb Stone", "2", "3", "1988"), mismatch=True),
    "check-in-done": _DONE,
    "check-in-done.not-now": replace(_DONE, until=None, not_now=True),
    "check-in-done.refused": replace(_DONE, until=None),
    "check-in-done.no-match": replace(_DONE, until=None, no_match=True),
}
