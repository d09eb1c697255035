"""Parts that several pages show: the values the macros in `templates/components/` take."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Literal

Tone = Literal["plain", "stop", "warning", "information", "good", "unknown", "pending"]


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a select or a radio group. `note` stands below the label, smaller."""

    value: str
    label: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing to put right. `field` is the id of the control (its name); `message` says the remedy."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Badge:
    """A word with an icon; `tone` "unknown" and "pending" are dashed."""

    word: str
    tone: Tone = "plain"
    icon: str | None = None


class FindingSeverity(Enum):
    """How much a finding weighs; the value is also its CSS class."""

    STOP = "stop"
    WARNING = "warning"
    NOT_CHECKED = "not_checked"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class FindingView:
    """One answer of the checks.

    title: without the severity word, which the component puts before it ("two medicines can lengthen QT").
    answer: what the prescriber wrote; not None makes the finding one line, but the answer still travels.
    must_answer: shows the field `answer-<key>` (a stop, a warning or a check that could not run).
    error: why the answer was not accepted, or None.
    """

    key: str
    severity: FindingSeverity
    title: str
    what: str
    source: str
    review_status: str
    must_answer: bool
    answer: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One medicine as it now stands.

    sentence: dose and time in words ("100 mg each morning"); since: "since Oct 6"; by: "Dr. Marsh".
    state: None for an active order, else a badge such as "On hold" or "Taken as written".
    reported: True when the entry is the patient's word and not an order from here (dashed line).
    hand_off_href: the sheet for a certified system, of a controlled substance ordered here; None for all others.
    """

    name: str
    sentence: str
    since: str
    by: str
    state: Badge | None = None
    reported: bool = False
    hand_off_href: str | None = None


@dataclass(frozen=True, slots=True)
class LabeledFact:
    """A term and what it is."""

    term: str
    text: str


@dataclass(frozen=True, slots=True)
class BlockView:
    """Why an act was stopped. `unknown` is True when the name could not be resolved (dashed).

    facts: rule, citation, who may lift it, where it is recorded; in that order.
    """

    title: str
    what: str
    facts: tuple[LabeledFact, ...]
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """A way forward. With `href` it is an act, without one it is advice."""

    icon: str
    title: str
    what: str
    act: str | None = None
    href: str | None = None


@dataclass(frozen=True, slots=True)
class TabView:
    """One tab. `href` is a page of its own when JavaScript is missing."""

    label: str
    href: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class PatientBanner:
    """Who this is, always visible.

    age, pronouns: as read ("34 years", "she/her"); born: "Mar 14, 1992".
    allergies: None was never asked; empty asked and none known; else one phrase each ("Penicillin (rash)").
    location: confirmed for this visit ("Home, Tampa FL"); None not confirmed. confirmed_at belongs to it.
    place_heading: "Where she is now"; call_back: number confirmed or on record; None unknown.
    crisis_href: the crisis path; back_href: where the arrow leads; back_label its name.
    """

    name: str
    age: str
    pronouns: str | None
    born: str
    allergies: tuple[str, ...] | None
    location: str | None
    confirmed_at: datetime | None
    call_back: str | None
    crisis_href: str
    back_href: str
    back_label: str
    place_heading: str = "Where now"


@dataclass(frozen=True, slots=True)
class DoseStep:
    """One real daily total on the ladder.

    value: what the form posts; total: as printed ("150"); height: 1 (lowest) to 8, for the drawing only.
    is_now, is_new, is_max: told by word as well; why_not: why it can't be chosen, or None.
    """

    value: str
    total: str
    height: int
    is_now: bool = False
    is_new: bool = False
    is_max: bool = False
    why_not: str | None = None


@dataclass(frozen=True, slots=True)
class TabletChoice:
    """One way to make a total of real tablets. tablets: (count, strength) pairs; words: spelled out."""

    value: str
    tablets: tuple[tuple[int, str], ...]
    words: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Sparkline:
    """Recent values, oldest first, in a fixed range, so that rows can be compared.

    label: what they are, for those who don't see it ("PHQ-9 11, 9, 9").
    """

    values: tuple[float, ...]
    low: float
    high: float
    label: str
