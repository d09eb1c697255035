"""Somebody is in danger: open safety answers that are asked about, and the crisis path with what was done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from visit_ui.pages.shell.frame import Frame
from visit_ui.pages.visit.parts import VisitContext


@dataclass(frozen=True, slots=True)
class AlertAsked:
    """An open safety answer of which somebody must say what was done. `answer` as it was given ("Several days").

    `how` ("done" or "not_addressed"), `words`: as they were typed into a refused form; `error`: the remedy, or None.
    """

    alert_id: str
    scale_name: str
    question: str
    answer: str
    answered_at: datetime
    how: str = "done"
    words: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class OpenAlerts:
    """GET `/note/open-alerts` and `/end/open-alerts`; re-read at `titrate:alerts`. Part of the form that signs or ends.

    Posts `how-<alert>` and `alert-<alert>` (words) for each. None open: an empty region that stays. `where`: "note"
    or "end", which keeps the ids of the two apart. `safety`: the title of the part of the note that takes the words
    when it is empty, None outside a note.
    """

    template: ClassVar[str] = "visit/_open_alerts.html"
    visit: VisitContext
    where: str
    alerts: tuple[AlertAsked, ...]
    safety: str | None = None


@dataclass(frozen=True, slots=True)
class EndVisitPage:
    """In place of the answer to `/end`, with 422: the visit goes on, and something is asked first."""

    template: ClassVar[str] = "visit/end_visit.html"
    frame: Frame
    visit: VisitContext
    asked: OpenAlerts


@dataclass(frozen=True, slots=True)
class AlertNote:
    """Something that was said of an alert. `what`: "Done", "Not addressed because"; `by`: "Dr. Drew Marsh"."""

    what: str
    words: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AlertStory:
    """A safety answer of the visit and what became of it, oldest word first; none: nobody has said anything yet."""

    scale_name: str
    question: str
    answer: str
    answered_at: datetime
    told: tuple[AlertNote, ...]


@dataclass(frozen=True, slots=True)
class HelpFact:
    """One thing that help needs to know: "Emergency contact".

    `words`: address or name, None for none. `phone`: as printed; None: unknown, or nothing to call. `by`: "Ada" or
    "Dr. Marsh", with `at`; None: nobody entered it. `missing`: what to do while it is not known, None once it is.
    `warn`: why it may not hold any more. `step`, `act`: what the button records ("called_back", "I called her").
    `name_label`, `phone_label` None: no such field. `name`, `number`: what the fields hold; `errors`: remedies.
    """

    kind: str
    title: str
    words: str | None
    phone: str | None
    by: str | None
    at: datetime | None
    missing: str | None
    name_label: str | None
    phone_label: str | None
    warn: str | None = None
    step: str | None = None
    act: str = ""
    name: str = ""
    number: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StepTaken:
    """A step as it is on record: "Called 911", the address or number it was about, what was said."""

    what: str
    about: str | None
    said: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CrisisPath:
    """GET `/crisis-path`; re-read at `titrate:crisis`. POST `/crisis-path/facts` posts `kind`, `name`, `phone`; POST
    `/crisis-path/steps` posts `step` and `said`. Both answer with this fragment.

    `emergency`: the number that is given the place, the first of `facts`; `from_elsewhere` what to say there, with its
    source. `lines`: who else helps at once. `steps`: newest first. `said`: as typed into a refused form.
    """

    template: ClassVar[str] = "visit/_crisis_path.html"
    visit: VisitContext
    emergency: str
    from_elsewhere: str
    from_elsewhere_source: str
    facts: tuple[HelpFact, ...]
    lines: tuple[str, ...]
    steps: tuple[StepTaken, ...] = ()
    may_record: bool = True
    said: str = ""
    error: str | None = None
