"""The period that an officer's page asks for: two days as text, in the viewer's zone."""

from datetime import date, datetime

from emr.shared.clinic_time import typed
from emr.shared.clinic_time.days import after, begins
from visit_ui.pages.shell.parts import FieldError

REVERSED = "The From date is after the To date, so nothing is listed. Change one of them."


def period(start: str, end: str, zone: str) -> tuple[datetime | None, datetime | None, tuple[FieldError, ...]]:
    """From (inclusive) and until (exclusive), None where it is left open. What cannot be used is left open, and said.

    The errors are of the fields `from` and `to`. A period that ends before it begins comes back as it was asked for,
    with what is wrong: no moment is in it.
    """
    errors: list[FieldError] = []

    def day(text: str, field: str) -> date | None:
        found = typed.day(text)
        if text and found is None:
            errors.append(FieldError(field, typed.day_remedy()))
        return found

    since, last = day(start, "from"), day(end, "to")
    if since and last and last < since:
        errors.append(FieldError("from", REVERSED))
    until = begins(after(last), zone) if last else None
    return begins(since, zone) if since else None, until, tuple(errors)
