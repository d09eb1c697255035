"""What happened to accounts, in the past tense: written to the same log as what happened to records."""

from dataclasses import dataclass

from emr.shared.events import DomainEvent
from emr.shared.ids import PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectLinked(DomainEvent):
    """A provider's subject signs in as this person from now on."""

    person: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGranted(DomainEvent):
    """A person holds a role from now on."""

    person: PersonId
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRevoked(DomainEvent):
    """A person holds a role no longer."""

    person: PersonId
    role: str
