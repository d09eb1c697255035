"""What a prescriber takes along to the certified system in which a controlled substance is written."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from visit_ui.pages.shell.frame import Frame


@dataclass(frozen=True, slots=True)
class ObligationView:
    """An obligation of the decision: its sentence, and the source as cited ("21 CFR 1311.100(c)")."""

    sentence: str
    citation: str


@dataclass(frozen=True, slots=True)
class HandOffSheet:
    """GET `/visits/{visit}/medicines/{order}/hand-off`: one printed page. It is no prescription, and says so.

    All as read: born "Mar 2, 1988", prescriber with credential ("Dr. Drew Marsh, MD"), quantity "30 tablets",
    days_supply "30 days", refills "2" or "None", schedule "IV". address None: not stated. indication None: not given.
    decided: when it was signed; decision: its id; entry: its number in the log. checked_in: when, at `site` and by
    `checked_in_by`. not_valid_why: why nobody should write it any more ("Stopped on Nov 26, 2026."), or None.
    """

    template: ClassVar[str] = "staff/hand_off.html"
    frame: Frame
    patient: str
    born: str
    address: str | None
    prescriber: str
    medicine: str
    directions: str
    quantity: str
    days_supply: str
    refills: str
    indication: str | None
    schedule: str
    decided: datetime
    decision: str
    entry: int
    checked_in: datetime
    site: str
    checked_in_by: str
    duties: tuple[ObligationView, ...]
    back_href: str
    not_valid_why: str | None = None
