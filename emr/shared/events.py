"""What happened, in the past tense: ids only, never clinical text, so that a fact can be audited.

A fact names each row that it wrote (`event` is the visit's event), so that the log can cover them.

Autosaves of a draft leave no fact: only starting a note and signing it do. A draft binds nobody, and an
entry every few seconds would bury what an auditor looks for.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from emr.shared.ids import AlertId, NoteId, PersonId, ResponseId, VisitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something happened to the record. `patient` or `visit` is None when it concerns none."""

    patient: PersonId | None
    visit: VisitId | None


# People


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


# Visits


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


# Scales


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleRequested(Fact):
    request: UUID
    scale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleItemAnswered(Fact):
    """One item was answered; which value stays in the record."""

    request: UUID
    scale: str
    item: str
    answer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleAnswered(Fact):
    """A whole scale was answered and scored."""

    response: ResponseId
    scale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyAlertRaised(Fact):
    alert: AlertId


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertAcknowledged(Fact):
    alert: AlertId


# Notes


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteStarted(Fact):
    note: NoteId


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSigned(Fact):
    note: NoteId
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddendumWritten(Fact):
    note: NoteId
    addendum: UUID
    sha256: str


# Diary and measurements


@dataclass(frozen=True, slots=True, kw_only=True)
class SideEffectReported(Fact):
    side_effect: UUID
    course: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SideEffectFollowed(Fact):
    side_effect: UUID
    course: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionWritten(Fact):
    item: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionMarked(Fact):
    item: UUID
    outcome: str
    mark: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdherenceReported(Fact):
    adherence: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationRecorded(Fact):
    observation: UUID
