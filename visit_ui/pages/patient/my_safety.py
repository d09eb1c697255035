"""What a patient reads once a safety answer of theirs has reached the clinic: help, and who has seen it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from visit_ui.pages.shell.frame import HelpNow
from visit_ui.pages.visit.parts import VisitContext


@dataclass(frozen=True, slots=True)
class Seen:
    """Who of the clinic acknowledged the answer, and when. `by`: "Dr. Marsh"."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MySafety:
    """GET `/my-safety`; re-read at `titrate:alerts`. Help stays in the page after the form is gone.

    `answered` False: there was no safety answer in this visit, and the region is empty. `sees`: who is told of it
    ("Dr. Marsh"). `seen` None: nobody has said yet that they have seen it. What was answered is not repeated.
    """

    template: ClassVar[str] = "patient/_my_safety.html"
    visit: VisitContext
    help_now: HelpNow
    sees: str
    answered: bool
    seen: Seen | None = None
