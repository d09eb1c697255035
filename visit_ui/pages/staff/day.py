"""The prescriber's day: who is waiting, today's visits, what is left to finish."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from visit_ui.pages.shell.frame import Frame
from visit_ui.pages.shell.parts import Badge, Sparkline


@dataclass(frozen=True, slots=True)
class WaitingPerson:
    """Someone in the waiting room.

    detail: what is known, after time and kind ("came early. PHQ-9 16"); never where they are: a list is read by others.
    since: when they arrived. alert: a safety answer to be read before admitting ("PHQ-9 item 9: 1"), given
    `alert_at` ("9:41 AM"), with `alert_href` to read it; None: nothing of the kind.
    `admit_url` takes POST with `csrf_token` and `patient` (= patient_id).
    """

    patient_id: str
    name: str
    starts: datetime
    kind: str
    detail: str
    since: datetime
    waited_minutes: int
    admit_url: str
    alert: str | None = None
    alert_at: str | None = None
    alert_href: str | None = None


@dataclass(frozen=True, slots=True)
class SafetyAlert:
    """An unacknowledged answer that must be read. `href` leads to the answer."""

    patient_name: str
    what: str
    at: datetime
    href: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Fragment `/day/waiting`: people, longest wait last in the plan's order; alerts of patients who are not waiting.

    It re-reads itself on the topics `queue`, `alerts` and `presence`. `in_call_href`: a visit in whose call the
    prescriber is, so that nobody else can be admitted.
    """

    template: ClassVar[str] = "staff/_waiting.html"
    frame: Frame
    people: tuple[WaitingPerson, ...]
    alerts: tuple[SafetyAlert, ...] = ()
    in_call_href: str | None = None


@dataclass(frozen=True, slots=True)
class DayVisit:
    """One row of the day.

    about: "34, she/her". kind: "Follow-up, video". scores: recent totals of one scale; None: `no_scores` says
    why. before: what the patient did before the visit, None when `before_badge` says it. state: where the visit stands.
    act: word and address of the one thing to do ("Rejoin", "Finish note"), or None.
    """

    starts: datetime
    patient: str
    about: str
    patient_href: str
    kind: str
    scores: Sparkline | None = None
    no_scores: str = "no scores yet"
    before: str | None = None
    before_badge: Badge | None = None
    state: Badge | None = None
    act: str | None = None
    act_href: str | None = None


@dataclass(frozen=True, slots=True)
class UnfinishedNote:
    """A note that is not signed. `detail`: "Today 9:30 AM, draft saved 9:55 AM"."""

    patient: str
    detail: str
    href: str


@dataclass(frozen=True, slots=True)
class Day:
    """`/day`. GET form field: `date` (YYYY-MM-DD).

    day: any moment of the day shown. now: decides where the line of the present stands, when `is_today`.
    visits: by time. scale: the name over the small curves ("PHQ-9"). next_at: None when nothing is left.
    said: what was just done ("Booked: Ada Lindqvist, tomorrow, 10:30 AM."), or None.
    """

    template: ClassVar[str] = "staff/day.html"
    frame: Frame
    day: datetime
    now: datetime
    is_today: bool
    visits: tuple[DayVisit, ...]
    done: int
    next_at: datetime | None
    waiting: Waiting
    unfinished: tuple[UnfinishedNote, ...]
    previous_href: str
    today_href: str
    next_href: str
    book_href: str
    day_href: str
    scale: str = "PHQ-9"
    said: str | None = None
