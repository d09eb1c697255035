"""Open safety answers and what is said of them; the crisis path: whom to reach, and what was done. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from emr.questionnaires.alert import Alert
from emr.shared import contact
from emr.shared import text as words
from emr.shared.errors import Invalid
from emr.shared.ids import AlertId, PersonId, VisitId

DONE_MOST, WHY_MOST, SAID_MOST, NAME_MOST, PLACE_MOST = 2000, 1000, 4000, 200, 400


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """Somebody signed or ended a visit and said why a safety answer was not addressed in it. The alert stays open."""

    alert: AlertId
    visit: VisitId
    by: PersonId
    at: datetime
    reason: str


class AlertDisposition(StrEnum):
    """What somebody says of an open alert: it was addressed, or not in this visit."""

    DONE = "done"
    NOT_ADDRESSED = "not_addressed"


@dataclass(frozen=True, slots=True)
class AlertResponse:
    """How, and in which words: what was done, or why it was not."""

    how: AlertDisposition
    words: str


def to_ask(alerts: Sequence[Alert], left: Collection[LeftOpen], visit: VisitId) -> tuple[Alert, ...]:
    """The open alerts of which nobody has said anything in that visit, in their order. Each is asked once a visit."""
    said = {one.alert for one in left if one.visit == visit}
    return tuple(alert for alert in alerts if alert.acknowledged is None and alert.id not in said)


def checked(asked: Sequence[Alert], given: Mapping[AlertId, AlertResponse]) -> Mapping[AlertId, AlertResponse]:
    """What is said of each alert asked about, as it is kept. Raises `Invalid` by the alert's id, for all at once."""
    wrong: dict[str, str] = {}
    kept: dict[AlertId, AlertResponse] = {}
    for alert in asked:
        said = given.get(alert.id)
        most = WHY_MOST if said is not None and said.how is AlertDisposition.NOT_ADDRESSED else DONE_MOST
        text = words.prose(said.words, most) if said is not None else None
        if said is None or not said.words.strip():
            wrong[str(alert.id)] = "Say what was done, or why it was not addressed."
        elif text is None:
            wrong[str(alert.id)] = f"Shorten this to {most} characters and remove unprintable characters."
        else:
            kept[alert.id] = AlertResponse(said.how, text)
    if wrong:
        raise Invalid(wrong)
    return kept


class CrisisFact(StrEnum):
    """What help needs to know. PLACE and CALL_BACK hold for one visit; the others stay with the patient."""

    PLACE = "place"
    CALL_BACK = "call_back"
    CONTACT = "contact"
    DISPATCH = "dispatch"


OF_ONE_VISIT = frozenset({CrisisFact.PLACE, CrisisFact.CALL_BACK})


@dataclass(frozen=True, slots=True)
class CrisisEntry:
    """Something that was entered on the crisis path, by whom and when: who enters a number has checked it.

    `name`: the address (PLACE), the person and what they are to the patient (CONTACT), the dispatch center (DISPATCH).
    `phone`: E.164; None for a place. `about`: the place for which a dispatch number was checked; None: not known.
    """

    kind: CrisisFact
    name: str | None
    phone: str | None
    about: str | None
    visit: VisitId
    by: PersonId
    at: datetime


class CrisisStep(StrEnum):
    """What is done in a crisis. SAID: what was said, without a call."""

    CALLED_911 = "called_911"
    CALLED_DISPATCH = "called_dispatch"
    CALLED_BACK = "called_back"
    CALLED_CONTACT = "called_contact"
    SAID = "said"


@dataclass(frozen=True, slots=True)
class TakenStep:
    """A step that was taken. `number` called and `place` given, as they stood then; `said` or None."""

    step: CrisisStep
    said: str | None
    number: str | None
    place: str | None
    by: PersonId
    at: datetime


@dataclass(frozen=True, slots=True)
class CrisisRecord:
    """The crisis path of a visit: the newest entry of each kind that holds in it, and the steps, oldest first."""

    known: Mapping[CrisisFact, CrisisEntry]
    steps: tuple[TakenStep, ...]


def standing(entries: Sequence[CrisisEntry], visit: VisitId) -> Mapping[CrisisFact, CrisisEntry]:
    """Of entries, oldest first, the newest of each kind that holds in that visit."""
    return {one.kind: one for one in entries if one.kind not in OF_ONE_VISIT or one.visit == visit}


@dataclass(frozen=True, slots=True)
class Typed:
    """An entry as it was typed."""

    kind: CrisisFact
    name: str = ""
    phone: str = ""


_NAME_REMEDY: Mapping[CrisisFact, str] = {
    CrisisFact.PLACE: "Enter the address a dispatcher needs: number, street, city, and state.",
    CrisisFact.CONTACT: "Enter the person's name and relationship to the patient, for example Ilse Lindqvist, mother.",
    CrisisFact.DISPATCH: "Enter the name of the dispatch center, or shorten it.",
}
_PHONE_REMEDY = "Enter a U.S. phone number with area code, for example (813) 555-0142."
_DISPATCH_REMEDY = "Enter the ten-digit number of the dispatch center for the patient's location."


def read(typed: Typed) -> tuple[str | None, str | None]:
    """Name and phone as they are kept. Raises `Invalid` for `name` and `phone`."""
    wrong: dict[str, str] = {}
    name, phone = words.line(typed.name, PLACE_MOST if typed.kind is CrisisFact.PLACE else NAME_MOST), None
    optional = typed.kind is CrisisFact.CALL_BACK or (typed.kind is CrisisFact.DISPATCH and not typed.name.strip())
    if name is None and not optional:
        wrong["name"] = _NAME_REMEDY[typed.kind]
    if typed.kind is not CrisisFact.PLACE:
        phone = contact.phone(typed.phone)
        if phone is None:
            wrong["phone"] = _DISPATCH_REMEDY if typed.kind is CrisisFact.DISPATCH else _PHONE_REMEDY
    if wrong:
        raise Invalid(wrong)
    return (None if typed.kind is CrisisFact.CALL_BACK else name), phone
