"""The prescriber's patients: find one, and read a chart outside a visit."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from visit_ui.pages.shell.frame import Frame
from visit_ui.pages.shell.parts import Badge, LabeledFact, OrderRow, PatientBanner
from visit_ui.pages.visit.chart import ChartView


@dataclass(frozen=True, slots=True)
class FoundPatient:
    """One line of the list. about: "34, she/her"; born: "Mar 14, 1992"; last_seen, next_visit: None for none."""

    name: str
    about: str
    born: str
    href: str
    medicines: str
    last_seen: datetime | None = None
    next_visit: datetime | None = None


@dataclass(frozen=True, slots=True)
class PatientSearch:
    """`/patients`. Posts `csrf_token`, `q`.

    q: what was asked, "" for all one's own patients. found: by name. total: how many there are, if more than shown.
    error: why nothing was searched, with the remedy.
    """

    template: ClassVar[str] = "staff/patient_search.html"
    frame: Frame
    q: str
    found: tuple[FoundPatient, ...]
    total: int
    search_url: str = "/patients"
    error: str | None = None


@dataclass(frozen=True, slots=True)
class LatestScore:
    """The last answer of one scale. severity: its word; change: "2 less than Oct 27", or "first answer"."""

    scale: str
    value: int
    severity: str
    at: datetime
    change: str
    alert: str | None = None


@dataclass(frozen=True, slots=True)
class ChartNote:
    """One note, newest version. sections: heading and text. addenda: heading (author and time) and text, oldest first.

    state: "Signed" with a lock, or "Draft" (dashed). open_href: where a draft is written, or None.
    """

    title: str
    at: datetime
    author: str
    state: Badge
    sections: tuple[LabeledFact, ...]
    addenda: tuple[LabeledFact, ...] = ()
    open_href: str | None = None


@dataclass(frozen=True, slots=True)
class VisitLine:
    """One visit. who: others who take part ("Ilse Lindqvist, guardian").

    href: the visit's page while it may be opened; of a visit to come, that is where people are invited to it.
    """

    starts: datetime
    kind: str
    prescriber: str
    state: Badge
    who: tuple[str, ...] = ()
    href: str | None = None


@dataclass(frozen=True, slots=True)
class PatientChart:
    """`/patients/{patient}`: the chart outside a visit, to read.

    medicines: current ones; past_medicines: stopped, newest first. visits, upcoming: newest first / soonest first.
    notes: None when the viewer may not read any, which is not the same as none. book_href: None: may not book.
    """

    template: ClassVar[str] = "staff/patient_chart.html"
    frame: Frame
    banner: PatientBanner
    charts: tuple[ChartView, ...]
    scores: tuple[LatestScore, ...]
    medicines: tuple[OrderRow, ...]
    past_medicines: tuple[OrderRow, ...]
    upcoming: tuple[VisitLine, ...]
    visits: tuple[VisitLine, ...]
    notes: tuple[ChartNote, ...] | None
    book_href: str | None
