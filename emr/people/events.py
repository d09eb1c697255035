"""What happened to people and the relationships between them, in the past tense: ids only."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from emr.shared.events import DomainEvent
from emr.shared.ids import PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonAdded(DomainEvent):
    person: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientAdded(DomainEvent):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class AllergyRecorded(DomainEvent):
    allergy: UUID
    inquiry: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AllergiesAsked(DomainEvent):
    inquiry: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescriberAssigned(DomainEvent):
    person: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescriberReleased(DomainEvent):
    person: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionBegun(DomainEvent):
    supervisee: PersonId
    supervisor: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionEnded(DomainEvent):
    supervisee: PersonId
    supervisor: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class CareTeamJoined(DomainEvent):
    person: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class CareTeamLeft(DomainEvent):
    person: PersonId
