"""Samples of who attends a visit, of its check-in, and of a second visit at once."""

from dataclasses import replace
from datetime import UTC, datetime

from visit_ui.pages.shell.frame import Page
from visit_ui.pages.visit.presence import AnotherVisitOpen, Attendance, CheckedIn
from visit_ui.samples.visit import cast

attended = Attendance(cast.visit, "Dr. Marsh", attended_by_me=True)
attended_by_other = replace(attended, attended_by="Dr. Beaulieu", attended_by_me=False, may_take_over=True)
_checked_in = CheckedIn(cast.CONFIRMED, "Ybor clinic", "Noa Reyes", datetime(2026, 11, 24, 16, 30, tzinfo=UTC))
ATTENDANCES = {
    "mine": attended,
    "other": attended_by_other,
    "other-only": replace(attended_by_other, may_take_over=False),
    "nobody-yet": Attendance(cast.visit, None, in_person=True),
    "not-checked-in": replace(attended, in_person=True),
    "checked-in": replace(attended, in_person=True, check_in=_checked_in),
    "other-checked-in": replace(attended_by_other, in_person=True, check_in=_checked_in),
    "void": replace(
        attended,
        in_person=True,
        check_in=replace(_checked_in, void_why="Dr. Marsh joined a call at 10:20 AM"),
    ),
    "waits": replace(attended, in_person=True, check_in=replace(_checked_in, waits=True)),
    "over": replace(attended, in_person=True, check_in=replace(_checked_in, over=True)),
    "long": replace(
        attended_by_other,
        attended_by="Dr. Bartholomew Featherstonehaugh-Cholmondeley",
        in_person=True,
        check_in=replace(_checked_in, site="Centro comunitario de salud mental del condado de Hillsborough"),
    ),
}
"""What `/attendance` answers, by state."""

another_visit_open = AnotherVisitOpen(
    frame=cast.drew_frame,
    patient_first="Ada",
    which="video visit",
    with_name="Dr. Marsh",
    since=cast.CONFIRMED,
    end_action=f"/visits/{cast.VISIT}/end",
    open_href=f"/visits/{cast.VISIT}",
    back_href="/day",
)
REFUSALS: dict[str, Page] = {
    "visit.another-open": another_visit_open,
    "visit.another-open-not-yours": replace(
        another_visit_open,
        with_name="Dr. Featherstonehaugh-Cholmondeley",
        end_action=None,
        open_href=None,
        may_not_why="A prescriber who treats Ada can end it.",
    ),
}
"""Whole pages in place of a visit, by name."""
