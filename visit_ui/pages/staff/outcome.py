"""What became of a visit, where the record had it wrong: how a correction is shown, and the form that makes one."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from visit_ui.pages.shell.frame import Frame
from visit_ui.pages.shell.parts import FieldError, Option


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction in words: "Missed, corrected to held by Noa Reyes on Nov 24: ...".

    was: what the record says ("Missed"). to: what it was ("held", "broken off"). times: "10:02 AM to
    10:31 AM", or None.
    """

    was: str
    to: str
    by: str
    at: datetime
    reason: str
    times: str | None = None


@dataclass(frozen=True, slots=True)
class OutcomeValues:
    """What was typed, or what stands now, as text. started and ended: a day and a time, in the viewer's zone."""

    outcome: str = ""
    started: str = ""
    ended: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CorrectOutcome:
    """GET and POST `/visits/{visit}/correct` (`action`). Posts `csrf_token`, `patient`, `outcome`, `started`, `ended`
    (both optional), `reason`.

    was: what the record says ("Missed"). recorded: its times ("10:02 AM to 10:31 AM"), or None. earlier: corrections
    made before, newest first. refused: why it cannot be done, in a sentence; then there is no form. book_href: set
    while the visit's time has not come: a visit that is over stays over, so another one is booked.
    """

    template: ClassVar[str] = "staff/correct.html"
    frame: Frame
    action: str
    patient: str
    prescriber: str
    starts: datetime
    minutes: int
    was: str
    recorded: str | None
    outcomes: tuple[Option, ...]
    zone_words: str
    back_href: str
    values: OutcomeValues = OutcomeValues()
    errors: tuple[FieldError, ...] = ()
    earlier: tuple[Corrected, ...] = ()
    refused: str | None = None
    book_href: str | None = None
