"""What happened while somebody was in danger, in the past tense: ids and codes only."""

from __future__ import annotations

from dataclasses import dataclass

from emr.shared.events import DomainEvent
from emr.shared.ids import AlertId


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLeftOpen(DomainEvent):
    """Somebody said why a safety answer was not addressed in the visit."""

    alert: AlertId
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CrisisContactEntered(DomainEvent):
    """A place or a number that help needs was entered; `kind` by the code of `Known`."""

    entered: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CrisisStepTaken(DomainEvent):
    """A step of the crisis path was taken; `step` by its code."""

    taken: int
    step: str
