"""The permission that a prescription is written under. Defined here, filled in by whoever decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from emr.medications.model import Action
from emr.shared.errors import Refused
from emr.shared.ids import AttendanceId, DecisionId, PersonId, VisitId

NOTHING = UUID(int=0)
"""Stands for "none" where a column may not be NULL: no check-in."""


@dataclass(frozen=True, slots=True)
class Clearance:
    """One allowing decision for one prescriber, patient, product, action and encounter; for one use, in time.

    `check_in_id` is `NOTHING` for what is not controlled. The database compares each of these with the decision
    itself, so a made-up clearance buys nothing.
    """

    decision_id: DecisionId
    outcome: Literal["allow"]
    action: str
    encounter_id: UUID
    modality: str
    schedule: str
    patient_id: PersonId
    prescriber_id: PersonId
    product: str
    valid_until: datetime
    audit_entry_id: int
    attendance_id: UUID
    check_in_id: UUID


@dataclass(frozen=True, slots=True)
class ClearanceRequest:
    """What is about to be prescribed, to be compared with a clearance. `attendance`: by which the prescriber treats."""

    action: Action
    visit: VisitId
    attendance: AttendanceId
    modality: str
    patient: PersonId
    prescriber: PersonId
    product: str


def require(clearance: Clearance, wanted: ClearanceRequest, now: datetime) -> None:
    """Refused unless the clearance is for exactly this, and still valid."""
    given = (
        clearance.action,
        clearance.encounter_id,
        clearance.attendance_id,
        clearance.modality,
        clearance.patient_id,
        clearance.prescriber_id,
        clearance.product,
    )
    asked = (
        wanted.action,
        wanted.visit,
        wanted.attendance,
        wanted.modality,
        wanted.patient,
        wanted.prescriber,
        wanted.product,
    )
    if clearance.outcome != "allow" or given != asked:
        raise Refused(
            "clearance_mismatch",
            "This change no longer matches the prescribing decision. Nothing was signed. Review the change and "
            "sign again.",
        )
    if now > clearance.valid_until:
        raise Refused(
            "clearance_expired",
            "The prescribing decision has expired. Nothing was signed. Review the change and sign again.",
        )
