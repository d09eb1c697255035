"""The period that an officer's page asks for: two days as text, in the viewer's zone."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from server.forms import calendar_day
from visit_ui.pages.parts import FieldError


def period(start: str, end: str, zone: ZoneInfo) -> tuple[datetime | None, datetime | None, tuple[FieldError, ...]]:
    """From (inclusive) and until (exclusive), None where it is left open. What cannot be used is left open, and said.

    The errors are of the fields `from` and `to`.
    """
    errors: list[FieldError] = []

    def day(text: str, field: str) -> datetime | None:
        found = calendar_day(text)
        if text and found is None:
            errors.append(FieldError(field, "Write a date such as 2026-11-24."))
        return datetime.combine(found, time(), zone) if found else None

    since, last = day(start, "from"), day(end, "to")
    if since and last and last < since:
        errors.append(FieldError("from", "The first day must not be after the last."))
    return since, last + timedelta(days=1) if last else None, tuple(errors)
