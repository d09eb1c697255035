"""What happened to a visit, in the past tense: ids only."""

from __future__ import annotations

from dataclasses import dataclass

from emr.shared.events import DomainEvent
from emr.shared.ids import PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitBooked(DomainEvent):
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitCancelled(DomainEvent):
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitMissed(DomainEvent):
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantInvited(DomainEvent):
    person: PersonId
    part: str
    invitation: int
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantUninvited(DomainEvent):
    person: PersonId
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicesChecked(DomainEvent):
    outcome: str
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationStated(DomainEvent):
    statement: int
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientArrived(DomainEvent):
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientLeftQueue(DomainEvent):
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientAdmitted(DomainEvent):
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantJoined(DomainEvent):
    person: PersonId
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantLeft(DomainEvent):
    """`outcome`: "told" by the room, or "lost": found to be in no room any more."""

    person: PersonId
    event: int
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitEnded(DomainEvent):
    event: int
