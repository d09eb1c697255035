"""Who acts, on what: the two values every unit of work begins with."""

from dataclasses import dataclass
from uuid import UUID

from compliance.shared.vocabulary import Action, Role
from emr.shared.ids import PersonId, VisitId


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody signed in, with the roles held at this moment (read anew for each request, never from the session)."""

    person_id: PersonId
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Subject:
    """What an action is about. Both empty: nobody's record. A visit brings its patient with it."""

    patient_id: PersonId | None = None
    visit_id: VisitId | None = None


def visit_key(visit_id: UUID) -> str:
    """The announcement key of everybody who looks at a visit."""
    return f"visit:{visit_id}"


def person_key(person_id: UUID) -> str:
    """The announcement key of one person's pages."""
    return f"person:{person_id}"


# The announcement key of the front desk's pages, whoever looks: they show the day of all prescribers.
DESK_KEY = "desk"


def listened_to(person_id: PersonId, subject: Subject, action: Action) -> tuple[str, ...]:
    """The keys that a page about ``subject`` listens to: the person's own pages, and the visit's or the desk's."""
    own = person_key(person_id)
    if action is Action.DESK_READ:
        return own, DESK_KEY
    return (own,) if subject.visit_id is None else (own, visit_key(subject.visit_id))
