"""What patients told, and what was measured, in the past tense: ids only."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from emr.shared.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class SideEffectReported(DomainEvent):
    side_effect: UUID
    course: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SideEffectFollowed(DomainEvent):
    side_effect: UUID
    course: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionWritten(DomainEvent):
    item: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionMarked(DomainEvent):
    item: UUID
    outcome: str
    mark: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdherenceReported(DomainEvent):
    adherence: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationRecorded(DomainEvent):
    observation: UUID
