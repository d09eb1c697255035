"""The officer's second list: who was said to be where in person, who may say so, and days that deserve a look."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from visit_ui.pages.shell.frame import Frame
from visit_ui.pages.shell.parts import FieldError


class Standing(StrEnum):
    """What became of a check-in: a controlled substance was prescribed on it, it holds, its time passed, or void."""

    USED = "used"
    HOLDS = "holds"
    EXPIRED = "expired"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class CheckInRow:
    """One check-in. state: "FL". patient_code: a mask ("P-7F2C"), never a name. until: how long it was good for.

    void_why: with VOID, and with USED when it was voided later ("taken over by Dr. Beaulieu at 2:31 PM"); else None.
    """

    at: datetime
    site: str
    state: str
    patient_code: str
    prescriber: str
    by: str
    until: datetime
    standing: Standing
    void_why: str | None = None


@dataclass(frozen=True, slots=True)
class GrantRow:
    """The role front desk was given to somebody, or taken (`ended`)."""

    at: datetime
    person: str
    by: str
    ended: bool = False


@dataclass(frozen=True, slots=True)
class FlaggedOrder:
    """What was prescribed on a flagged day: "Start alprazolam 0.5 mg", schedule "IV" or "none", `/log/{decision}`."""

    asked: str
    schedule: str
    href: str


@dataclass(frozen=True, slots=True)
class FlaggedDay:
    """One patient by video, then in person, on the same day. prescribers: one name, or both ("D. Marsh, MD")."""

    patient_code: str
    prescribers: tuple[str, ...]
    video_at: datetime
    in_person_at: datetime
    orders: tuple[FlaggedOrder, ...]


@dataclass(frozen=True, slots=True)
class PresenceLog:
    """`/log/presence`. GET fields: `from`, `to` (days as typed, "" means all).

    All lists: newest first, within the period. zone_words: in the heads of time columns ("EST"). errors: of the
    filters. cut_words: said when a list was cut ("Only the newest 200 of each are shown."), None when all is there.
    """

    template: ClassVar[str] = "officer/presence_log.html"
    frame: Frame
    start: str
    end: str
    flagged: tuple[FlaggedDay, ...]
    check_ins: tuple[CheckInRow, ...]
    grants: tuple[GrantRow, ...]
    zone_words: str
    errors: tuple[FieldError, ...] = ()
    cut_words: str | None = None
    back_href: str = "/log"
