"""The officer's list of check-ins."""

from dataclasses import replace
from typing import Final

from visit_ui.pages.officer.presence_log import CheckInRow, FlaggedDay, FlaggedOrder, GrantRow, PresenceLog, Standing
from visit_ui.pages.shell.frame import Page
from visit_ui.pages.shell.parts import FieldError
from visit_ui.samples.shell.cast import at, officer

_DREW = "D. Marsh, MD"
_TOMAS = "T. Beaulieu, DO"
_NOA = "Noa Reyes"
_YBOR = "Ybor clinic"

PRESENCE: Final = PresenceLog(
    frame=officer("Presence and check-ins"),
    start="11/01/2026",
    end="11/24/2026",
    flagged=(
        FlaggedDay(
            "P-7F2C",
            (_DREW,),
            at(10, 2),
            at(13, 45),
            (
                FlaggedOrder("Start alprazolam 0.5 mg", "IV", "/log/48231"),
                FlaggedOrder("Raise sertraline to 150 mg", "none", "/log/48229"),
            ),
        ),
        FlaggedDay("P-2B67", (_DREW, _TOMAS), at(9, 0, day=19), at(11, 30, day=19), ()),
    ),
    check_ins=(
        CheckInRow(at(14, 40), _YBOR, "FL", "P-04EE", _TOMAS, _NOA, at(16, 0), Standing.HOLDS),
        CheckInRow(at(13, 57), _YBOR, "FL", "P-3B1D", _DREW, _NOA, at(15, 30), Standing.USED),
        CheckInRow(
            at(9, 12, day=23), _YBOR, "FL", "P-19A0", _DREW, _NOA, at(10, 30, day=23), Standing.VOID,
            "D. Marsh joined a call at 9:20 AM",
        ),
        CheckInRow(
            at(9, 2, day=20), _YBOR, "FL", "P-C44E", _TOMAS, _NOA, at(10, 30, day=20), Standing.USED,
            "taken over by D. Marsh at 9:31 AM",
        ),
        CheckInRow(at(8, 55, day=20), _YBOR, "FL", "P-90FA", _TOMAS, _NOA, at(10, 0, day=20), Standing.EXPIRED),
    ),
    grants=(
        GrantRow(at(17, 2, day=18), "Lee Park", "Carla Winn", ended=True),
        GrantRow(at(9, 0, day=2), _NOA, "Carla Winn"),
    ),
    zone_words="EST",
)  # fmt: skip

SAMPLES: Final[dict[str, Page]] = {
    "presence-log": PRESENCE,
    "presence-log.empty": replace(PRESENCE, flagged=(), check_ins=(), grants=()),
    "presence-log.bad-date": replace(
        PRESENCE, errors=(FieldError("from", "The From date is after the To date, so nothing is listed."),)
    ),
    "presence-log.cut": replace(PRESENCE, start="", end="", cut_words="Only the newest 200 of each list are shown."),
    "presence-log.long": replace(
        PRESENCE,
        check_ins=(
            CheckInRow(
                at(14, 40),
                "Centro comunitario de salud mental del condado de Hillsborough",
                "FL",
                "P-04EE",
                "B. Featherstonehaugh-Cholmondeley, PMHNP",
                "María de los Ángeles Fernández-Etxeberria y Gutiérrez",
                at(16, 0),
                Standing.VOID,
                "B. Featherstonehaugh-Cholmondeley joined a call at 2:52 PM",
            ),
        ),
    ),
}
