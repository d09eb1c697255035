"""What happened to the medicine list, in the past tense: ids only."""

from __future__ import annotations

from dataclasses import dataclass

from emr.shared.events import DomainEvent
from emr.shared.ids import DecisionId, OrderId, PrescriptionId


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicationStarted(DomainEvent):
    """A medicine was prescribed for the first time here."""

    order: OrderId
    prescription: PrescriptionId
    decision: DecisionId


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseRevised(DomainEvent):
    """A medicine's dose was changed: `order` replaces `replaced`."""

    order: OrderId
    replaced: OrderId
    prescription: PrescriptionId
    decision: DecisionId


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicationRenewed(DomainEvent):
    """More of a medicine was prescribed, unchanged."""

    order: OrderId
    replaced: OrderId
    prescription: PrescriptionId
    decision: DecisionId


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicationHeld(DomainEvent):
    """A medicine is not to be taken for now."""

    order: OrderId
    replaced: OrderId


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicationStopped(DomainEvent):
    """A medicine was stopped; or one not prescribed here is no longer taken."""

    order: OrderId
    replaced: OrderId


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicationReported(DomainEvent):
    """A medicine not prescribed here was put on the list; with `replaced`, told anew."""

    order: OrderId
    replaced: OrderId | None
