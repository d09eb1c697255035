"""The form that puts right what became of a visit."""

from dataclasses import replace
from typing import Final

from visit_ui.pages.shell.frame import Page
from visit_ui.pages.shell.parts import FieldError, Option
from visit_ui.pages.staff.outcome import Corrected, CorrectOutcome, OutcomeValues
from visit_ui.samples.shell.cast import ADA, VISIT, at, front_desk, prescriber

_CORRECT: Final = CorrectOutcome(
    frame=front_desk("Correct an outcome", patient_id=ADA),
    action=f"/visits/{VISIT}/correct",
    patient="Ada Lindqvist",
    prescriber="Dr. Drew Marsh",
    starts=at(10, 0),
    minutes=30,
    was="Missed",
    recorded=None,
    outcomes=(
        Option("ended", "Held", "The visit took place and was completed."),
        Option("discontinued", "Broken off", "The visit started but was not completed."),
        Option("missed", "Missed", "The patient did not come."),
        Option("cancelled", "Cancelled", "The visit was called off. It does not count as missed."),
    ),
    zone_words="EST",
    back_href="/desk?date=2026-11-24",
)
_EARLIER: Final = Corrected(
    was="Missed",
    to="cancelled",
    by="Dr. Drew Marsh",
    at=at(11, 20),
    reason="A computer’s clock was three days ahead and marked tomorrow’s visits as missed.",
)

SAMPLES: Final[dict[str, Page]] = {
    "correct-outcome": _CORRECT,
    "correct-outcome.ahead": replace(
        _CORRECT, starts=at(10, 0, day=25), book_href=f"/desk/book?patient={ADA}&of={VISIT}"
    ),
    "correct-outcome.again": replace(
        _CORRECT,
        frame=prescriber("Correct an outcome", patient_id=ADA),
        was="Ended",
        recorded="10:03 AM to 10:32 AM",
        values=OutcomeValues("discontinued", "11/24/2026 10:03 AM", "11/24/2026 10:05 AM"),
        earlier=(
            replace(
                _EARLIER, was="Ended", to="ended early", by="Noa Reyes", at=at(12, 5), reason="The line broke. " * 20
            ),
            replace(_EARLIER, was="Ended", reason="Ended by mistake: nobody was there yet."),
        ),
    ),
    "correct-outcome.errors": replace(
        _CORRECT,
        values=OutcomeValues("ended", "11/24/2026 10:30 AM", "11/24/2026 10:05 AM"),
        errors=(
            FieldError("ended", "The end must come after the start. Check both times."),
            FieldError("reason", "Enter the reason in a few words: who told you, or what went wrong."),
        ),
    ),
    "correct-outcome.refused": replace(
        _CORRECT, was="Not over", refused="This visit is not over yet, so there is nothing to correct."
    ),
}
