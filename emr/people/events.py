"""What happened to people and the ties between them, in the past tense: ids only."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from emr.shared.events import Fact
from emr.shared.ids import PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonAdded(Fact):
    person: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientAdded(Fact):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class AllergyRecorded(Fact):
    allergy: UUID
    inquiry: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AllergiesAsked(Fact):
    inquiry: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescriberAssigned(Fact):
    person: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescriberReleased(Fact):
    person: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionBegun(Fact):
    supervisee: PersonId
    supervisor: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionEnded(Fact):
    supervisee: PersonId
    supervisor: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class CareTeamJoined(Fact):
    person: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class CareTeamLeft(Fact):
    person: PersonId
