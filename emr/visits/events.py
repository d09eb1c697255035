"""What happened to a visit, in the past tense: ids only."""

from __future__ import annotations

from dataclasses import dataclass

from emr.shared.events import Fact
from emr.shared.ids import PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitBooked(Fact):
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitCancelled(Fact):
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitMissed(Fact):
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantInvited(Fact):
    person: PersonId
    part: str
    invitation: int
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantUninvited(Fact):
    person: PersonId
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicesChecked(Fact):
    outcome: str
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationStated(Fact):
    statement: int
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientArrived(Fact):
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientLeftQueue(Fact):
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientAdmitted(Fact):
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantJoined(Fact):
    person: PersonId
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantLeft(Fact):
    """`outcome`: "told" by the room, or "lost": found to be in no room any more."""

    person: PersonId
    event: int
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitEnded(Fact):
    event: int
