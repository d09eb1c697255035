"""What happened to scales and the alerts that their answers raise, in the past tense: ids only."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from emr.shared.events import DomainEvent
from emr.shared.ids import AlertId, ResponseId


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleRequested(DomainEvent):
    request: UUID
    scale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleItemAnswered(DomainEvent):
    """One item was answered; which value stays in the record."""

    request: UUID
    scale: str
    item: str
    answer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleAnswered(DomainEvent):
    """A whole scale was answered and scored."""

    response: ResponseId
    scale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyAlertRaised(DomainEvent):
    alert: AlertId


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertAcknowledged(DomainEvent):
    alert: AlertId
