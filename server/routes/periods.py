"""The period that an officer's page asks for: two days as text, in the viewer's zone."""

from datetime import date, datetime

from clinic_time import typed
from clinic_time.days import after, begins
from visit_ui.pages.parts import FieldError


def period(start: str, end: str, zone: str) -> tuple[datetime | None, datetime | None, tuple[FieldError, ...]]:
    """From (inclusive) and until (exclusive), None where it is left open. What cannot be used is left open, and said.

    The errors are of the fields `from` and `to`.
    """
    errors: list[FieldError] = []

    def day(text: str, field: str) -> date | None:
        found = typed.day(text)
        if text and found is None:
            errors.append(FieldError(field, typed.day_remedy()))
        return found

    since, last = day(start, "from"), day(end, "to")
    if since and last and last < since:
        errors.append(FieldError("from", "The first day must not be after the last."))
    until = begins(after(last), zone) if last else None
    return begins(since, zone) if since else None, until, tuple(errors)
