"""What help needs to know, in words: where the patient is, whom to call, who checked it, and what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from emr.danger.model import CrisisEntry, CrisisFact, CrisisStep
from emr.danger.towns import same_town, town_of
from emr.people.model import Patient
from emr.shared import contact
from emr.shared.contact import StatedContact
from emr.shared.ids import PersonId
from server.presenters.visit_parts import stated_place
from visit_ui.pages.visit.danger import HelpFact
from visit_ui.pages.visit.parts import Pronouns, StatedPlace, pronouns_of

STEP_WORDS: Final = {
    CrisisStep.CALLED_911: "Called {emergency}",
    CrisisStep.CALLED_DISPATCH: "Called local dispatch",
    CrisisStep.CALLED_BACK: "Called the patient",
    CrisisStep.CALLED_CONTACT: "Called the emergency contact",
    CrisisStep.SAID: "What was said",
}
_CALLED: Final = {CrisisStep.CALLED_DISPATCH: CrisisFact.DISPATCH, CrisisStep.CALLED_CONTACT: CrisisFact.CONTACT}


@dataclass(frozen=True, slots=True)
class CrisisHelp:
    """What is known for help: what was entered, and what the patient stated. `names`: who entered it."""

    patient: Patient
    known: Mapping[CrisisFact, CrisisEntry]
    stated: StatedContact | None
    names: Mapping[PersonId, str]

    @property
    def spoken(self) -> Pronouns:
        """How sentences speak of the patient."""
        return pronouns_of(self.patient.person.pronouns)

    def entered(self, kind: CrisisFact) -> CrisisEntry | None:
        """The newest entry of that kind; None when there is none, or the patient has stated another one since."""
        found = self.known.get(kind)
        own = kind in (CrisisFact.PLACE, CrisisFact.CALL_BACK) and self.stated is not None
        return None if found and own and self.stated and self.stated.at > found.at else found

    @property
    def place(self) -> StatedPlace | None:
        """Where the patient is, for a dispatcher; None: not known."""
        entry = self.entered(CrisisFact.PLACE)
        if entry is not None and entry.name:
            return StatedPlace(entry.name, entry.name, entry.at)
        return stated_place(self.stated) if self.stated else None

    @property
    def town(self) -> str | None:
        """The place that a dispatch center answers for: "Tampa FL"; the whole address where its town cannot be told."""
        entry = self.entered(CrisisFact.PLACE)
        if entry is not None and entry.name:
            town = town_of(entry.name)
            return " ".join(town) if town else entry.name
        return f"{self.stated.statement.city} {self.stated.statement.state}" if self.stated else None

    def number(self, step: CrisisStep, emergency: str) -> str | None:
        """The number that is called in a step, as known now."""
        match step:
            case CrisisStep.CALLED_911:
                return emergency
            case CrisisStep.CALLED_BACK:
                entry = self.entered(CrisisFact.CALL_BACK)
                own = self.stated.statement.call_back if self.stated else self.patient.phone
                return entry.phone if entry else own
            case CrisisStep.SAID:
                return None
            case _:
                known = self.known.get(_CALLED[step])
                return known.phone if known else None


def facts(known: CrisisHelp, emergency: str) -> tuple[HelpFact, ...]:
    """Place, local dispatch, call-back number and emergency contact, each with who checked it, or what is missing."""
    return _place(known, emergency), _dispatch(known), _call_back(known), _contact(known)


def _fact(
    known: CrisisHelp, kind: CrisisFact, title: str, missing: str, *, name: str | None, phone: str | None
) -> HelpFact:
    """A fact with what was entered, or with what to do about it. `name`, `phone`: labels of its fields."""
    empty = HelpFact(kind.value, title, None, None, None, None, missing, name, phone)
    entry = known.entered(kind)
    if entry is None:
        return empty
    number = contact.phone_words(entry.phone) if entry.phone else None
    return replace(
        empty,
        words=entry.name,
        phone=number,
        by=known.names[entry.by],
        at=entry.at,
        missing=None,
        name=entry.name or "",
        number=number or "",
    )


def _place(known: CrisisHelp, emergency: str) -> HelpFact:
    spoken, here = known.spoken, known.place
    label = "Street and number, city, state, ZIP code"
    fact = _fact(
        known,
        CrisisFact.PLACE,
        f"Where {spoken.subject} {spoken.be} now",
        f"Not stated. Ask {spoken.object} now.",
        name=label,
        phone=None,
    )
    if fact.missing and here is not None:
        by = known.patient.person.given_name
        fact = replace(fact, words=here.address, by=by, at=here.confirmed_at, missing=None, name=here.address)
    return replace(fact, step=CrisisStep.CALLED_911.value, act=f"I called {emergency}")


def _dispatch(known: CrisisHelp) -> HelpFact:
    spoken, town = known.spoken, known.town
    fact = _fact(
        known,
        CrisisFact.DISPATCH,
        "Local dispatch",
        f"No number. Look it up for {town or f'where {spoken.subject} {spoken.be}'}.",
        name="Dispatch center",
        phone="Its ten-digit phone number",
    )
    entry = known.entered(CrisisFact.DISPATCH)
    about = entry.about if entry is not None else None
    moved = about is not None and town is not None and not same_town(about, town)
    warn = f"Verified for {about}; the patient is now in {town}. Verify it again." if moved else None
    return replace(fact, warn=warn, step=CrisisStep.CALLED_DISPATCH.value, act="I called dispatch")


def _call_back(known: CrisisHelp) -> HelpFact:
    spoken = known.spoken
    fact = _fact(
        known,
        CrisisFact.CALL_BACK,
        f"Call {spoken.object} back",
        f"No number. Ask {spoken.object} now.",
        name=None,
        phone="Number",
    )
    own = known.number(CrisisStep.CALLED_BACK, "")
    if fact.missing and own:
        number = contact.phone_words(own)
        by = known.patient.person.given_name if known.stated else None
        at = known.stated.at if known.stated else None
        fact = replace(fact, phone=number, number=number, by=by, at=at, missing=None)
    return replace(fact, step=CrisisStep.CALLED_BACK.value, act=f"I called {spoken.object}")


def _contact(known: CrisisHelp) -> HelpFact:
    spoken = known.spoken
    fact = _fact(
        known,
        CrisisFact.CONTACT,
        "Emergency contact",
        f"None entered. Ask who can be with {spoken.object}.",
        name="Name and relationship to the patient",
        phone="Number",
    )
    return replace(fact, step=CrisisStep.CALLED_CONTACT.value, act="I called them")
