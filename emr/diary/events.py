"""What patients told, and what was measured, in the past tense: ids only."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from emr.shared.events import Fact


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
