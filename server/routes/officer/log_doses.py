"""The dose a day that an officer's list is narrowed to: two numbers of an address become a range in mg, or an error."""

import re
from decimal import Decimal
from typing import Final

from visit_ui.pages.shell.parts import FieldError

FROM, TO = "dose-from", "dose-to"
_NUMBER: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,4})?")
NO_NUMBER: Final = "Enter the dose as a number of mg, such as 37.5. It was ignored."
REVERSED: Final = "The lower dose limit is above the upper one, so nothing is listed. Change one of them."
NOTHING_PRESCRIBED: Final = "Nothing is listed: a blocked attempt has no dose because nothing was prescribed."

Doses = tuple[Decimal | None, Decimal | None]


def doses(low: str, high: str) -> tuple[Doses, tuple[FieldError, ...]]:
    """From and to, both inclusive, None where it is left open. What is no number is left open, and said.

    A range from more to less comes back as it was asked for, with what is wrong: no dose is in it.
    """
    errors: list[FieldError] = []

    def dose(text: str, field: str) -> Decimal | None:
        found = Decimal(text) if _NUMBER.fullmatch(text) else None
        if text and found is None:
            errors.append(FieldError(field, NO_NUMBER))
        return found

    least, most = dose(low.strip(), FROM), dose(high.strip(), TO)
    if reversed_((least, most)):
        errors.append(FieldError(FROM, REVERSED))
    return (least, most), tuple(errors)


def reversed_(found: Doses) -> bool:
    """Whether no dose can be in it."""
    least, most = found
    return least is not None and most is not None and most < least
