"""Values that several pages of a visit share: whose visit it is, who is in the call, what one finding or block says.

Every form of these pages posts `csrf_token` and `patient` (the patient the page is for: the wrong-patient guard).
Ids are strings here; times are aware and are printed in `zone`.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from visit_ui.pages.shell.parts import FindingView


@dataclass(frozen=True, slots=True)
class Pronouns:
    """How sentences speak of a person: she/her/her/is. Unknown pronouns are they/them/their/are."""

    subject: str = "they"
    object: str = "them"
    possessive: str = "their"
    be: str = "are"


_PRONOUNS = {
    "she": Pronouns("she", "her", "her", "is"),
    "he": Pronouns("he", "him", "his", "is"),
}


def pronouns_of(text: str | None) -> Pronouns:
    """Reads the first word of "she/her"; anything else is they/them."""
    return _PRONOUNS.get((text or "").split("/")[0].strip().lower(), Pronouns())


@dataclass(frozen=True, slots=True)
class VisitContext:
    """What every fragment of one visit needs.

    `first_name` is how the patient is called in sentences; `csrf_token` and `patient_id` go into every form;
    `zone` is the viewer's IANA time zone, `today` the date in it: instants are told by them. `patients_day` is today
    where the patient lives, by which doses begin and end; None: the same.
    """

    visit_id: str
    patient_id: str
    first_name: str
    csrf_token: str
    zone: str
    today: date
    pronouns: Pronouns = field(default_factory=Pronouns)
    patients_day: date | None = None

    @property
    def day(self) -> date:
        """Today by the patient's calendar."""
        return self.patients_day or self.today

    @property
    def base(self) -> str:
        """The path every address of this visit begins with."""
        return f"/visits/{self.visit_id}"


@dataclass(frozen=True, slots=True)
class StatedPlace:
    """Where the patient said they are: "Home, Tampa FL", with the time they said it; `address` in full for 911."""

    words: str
    address: str
    confirmed_at: datetime


@dataclass(frozen=True, slots=True)
class CallPerson:
    """Someone who may be in the call. `participant` is the id the roster carries on the wire; `part` in words."""

    participant: str
    name: str
    short_name: str
    initials: str
    part: str


@dataclass(frozen=True, slots=True)
class TurnServer:
    """A TURN server with credentials that end after some hours, for networks that let no UDP through."""

    url: str
    user: str
    password: str


@dataclass(frozen=True, slots=True)
class CallSetup:
    """What the browser needs to join: address of the socket, room, ticket, who this is, and the names behind
    roster ids.

    `started_at` None: the visit has not begun; `minutes` is the booked length.
    `turn` None: the clinic has no TURN server. `sound_only`: a phone visit; nobody is asked for a camera.
    """

    socket_url: str
    room: str
    ticket: str
    participant: str
    people: tuple[CallPerson, ...]
    started_at: datetime | None
    minutes: int
    turn: TurnServer | None = None
    sound_only: bool = False


@dataclass(frozen=True, slots=True)
class Checks:
    """All findings of one proposal and what they ran over ("3 medicines, data 2026-11-21")."""

    findings: tuple[FindingView, ...]
    over: str

    @property
    def count_words(self) -> str:
        """ "3 findings over 3 medicines, data 2026-11-21"."""
        number = len(self.findings)
        noun = "finding" if number == 1 else "findings"
        return f"{number or 'no'} {noun} over {self.over}"


@dataclass(frozen=True, slots=True)
class Missing:
    """Something still to do before signing: words and the id of the field that wants it."""

    words: str
    target: str


@dataclass(frozen=True, slots=True)
class BlockRow:
    """One fact of a block: "Rule", "Citation", "Lifting it", "Recorded"; `href` None: no link."""

    label: str
    text: str
    href: str | None = None
    href_words: str = "Read"


class VisitEnding(StrEnum):
    """How a visit came to its end: held, called off before it, or nobody came."""

    ENDED = "ended"
    CANCELLED = "cancelled"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class WayOption:
    """A medicine offered as information: its name and a word on it ("takes 25 mg").

    `url` opens its form by POST; `find`: the name to post along, None where the address says it all.
    """

    name: str
    detail: str
    url: str
    find: str | None = None


@dataclass(frozen=True, slots=True)
class WayForward:
    """A way forward after a block; `icon` names a sprite icon. `act_url` None: words only."""

    icon: str
    title: str
    detail: str
    act_words: str | None = None
    act_url: str | None = None
    options: tuple[WayOption, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A prescription that policy stopped: what, why, by which rule, who may lift it, what to do instead."""

    title: str
    why: str
    rows: tuple[BlockRow, ...]
    ways: tuple[WayForward, ...]
    still_possible: str
