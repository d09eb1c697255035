"""What the patient does before the call: device check, where they are, waiting room, scales."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from visit_ui.pages.patient.my_safety import MySafety
from visit_ui.pages.shell.frame import Frame, HelpNow
from visit_ui.pages.shell.parts import Option
from visit_ui.pages.visit.call import MyScales
from visit_ui.pages.visit.parts import CallSetup, VisitContext, VisitEnding


@dataclass(frozen=True, slots=True)
class DeviceCheckPage:
    """GET `/visits/<visit>/prepare`.

    `call` is a ticket for a room of one (the network test). `next_words` names what follows ("Go to the waiting
    room"). `opens_words`: "You can join in 9 minutes." or None when joining is open.
    """

    template: ClassVar[str] = "patient/device_check.html"
    frame: Frame
    visit: VisitContext
    with_name: str
    starts_at: datetime
    call: CallSetup
    next_words: str
    opens_words: str | None = None
    help_phone: str | None = None


@dataclass(frozen=True, slots=True)
class LastPlace:
    """Where the patient was last time: offered as one tap. The fields are what the form posts."""

    words: str
    line: str
    city: str
    state: str
    postal: str


@dataclass(frozen=True, slots=True)
class ArrivePage:
    """GET and POST `/visits/<visit>/arrive`. Posts `line`, `city`, `state` (two letters), `postal`, `call_back`.

    `closed_why`: it cannot be said now, and nothing is asked; `opens_at` when it can be later. `last` None: no earlier
    visit. `states` are the values of the select; `errors` a remedy per field.
    """

    template: ClassVar[str] = "patient/arrive.html"
    frame: Frame
    visit: VisitContext
    last: LastPlace | None
    states: tuple[Option, ...]
    line: str = ""
    city: str = ""
    state: str = ""
    postal: str = ""
    call_back: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    opens_at: datetime | None = None
    closed_why: str | None = None


@dataclass(frozen=True, slots=True)
class WaitingPlace:
    """GET `/waiting/place`; re-read at `titrate:queue` and `titrate:visit`.

    `before`: how many people are seen first. `late_minutes` None: on time; they are counted on from `starts_at`.
    `may_start` when it may begin, None: unknown; `any_minute` True: that time is here, and naming it would say nothing.
    `admitted` True: the visit has begun, and the page goes there with a soft chime. `over`: why nobody waits any more,
    None while somebody does.
    """

    template: ClassVar[str] = "patient/_waiting_place.html"
    visit: VisitContext
    with_short: str
    before: int
    late_minutes: int | None
    may_start: datetime | None
    admitted: bool = False
    over: VisitEnding | None = None
    any_minute: bool = False
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """GET `/visits/<visit>/waiting`. `place_words`: "Home, Tampa FL" (empty for a guest), confirmed at arrival.
    `agenda`: the
    patient's own questions."""

    template: ClassVar[str] = "patient/waiting.html"
    frame: Frame
    visit: VisitContext
    place: WaitingPlace
    with_name: str
    with_role: str
    with_initials: str
    minutes: int
    scales: MyScales
    safety: MySafety
    place_words: str
    call_back: str
    confirmed_at: datetime
    agenda: tuple[str, ...] = ()
    sound_only: bool = False
    help_phone: str | None = None


@dataclass(frozen=True, slots=True)
class ScaleQuestion:
    """One question: `item` names its field (`item-<item>`), `options` value and label, `chosen` what is answered
    so far.

    `safety_from`: for a safety item, the lowest value that calls for help (data from the scale's reference); None:
    no safety item.
    """

    item: str
    text: str
    options: tuple[Option, ...]
    chosen: str | None = None
    safety_from: int | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class ScaleForm:
    """GET and POST `/visits/<visit>/scales/<scale>`: all questions on one page, nothing advances by itself.

    Posts `item-<item>` per question. A safety item is also posted at once, alone, with `now` = `safety`; that answer is
    `SafetyTold`. `errors` by item: which question is still open. `sees` "Dr. Marsh".

    In the call (`in_call`, asked for by htmx: header `HX-Request`) this fragment is the answer to GET, and the
    answer to POST is
    `ScaleSent`, or this fragment with `errors` and 422. Outside it, GET answers with `ScalePage` and POST redirects.
    """

    template: ClassVar[str] = "patient/_scale_form.html"
    visit: VisitContext
    scale: str
    title: str
    stem: str
    questions: tuple[ScaleQuestion, ...]
    sees: str
    help_now: HelpNow
    in_call: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScalePage:
    """The form as a page of its own; `back_url` leads where the patient came from."""

    template: ClassVar[str] = "patient/scale.html"
    frame: Frame
    visit: VisitContext
    form: ScaleForm
    title: str
    back_url: str


@dataclass(frozen=True, slots=True)
class ScaleSent:
    """What stands in place of the form in the call once it is sent; the view and the focus go there."""

    template: ClassVar[str] = "patient/_scale_sent.html"
    visit: VisitContext
    title: str
    sees: str


@dataclass(frozen=True, slots=True)
class SafetyTold:
    """What the patient reads after a safety answer reached the clinic: `told` True once the prescriber is alerted."""

    template: ClassVar[str] = "patient/_safety_told.html"
    visit: VisitContext
    sees: str
    told: bool
