"""A medicine from elsewhere, as the patient tells of it: an order that nobody here prescribed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from emr.formulary.entries import MedicineId
from emr.medications.model import Act, ChainId, Order, OrderOrigin, OrderStatus, Signed, same_ingredients
from emr.shared.errors import Refused
from emr.shared.ids import PersonId
from emr.shared.quantity import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicationStatement:
    """A medicine that somebody else prescribed, or that the patient takes on their own.

    `sentence` as told ("0.5 mg at night"). `daily_total` None: not known, and the checks that need it will say so.
    """

    kind: OrderOrigin
    medicine: MedicineId | None
    name: str
    ingredients: tuple[str, ...]
    sentence: str
    daily_total: Quantity | None
    as_needed: bool
    since: date
    indication: str = ""
    prescriber: str | None = None


def report(told: MedicationStatement, patient: PersonId, signed: Signed, current: Order | None = None) -> Order:
    """What was told about a medicine not prescribed here; with `current`, what is told now instead.

    Refused: `current` is prescribed here, was stopped, or is another medicine.
    """
    if current is not None:
        if current.kind is OrderOrigin.PRESCRIBED_HERE:
            raise Refused("prescribed_here", "This medicine is prescribed here. Use Adjust to change it.")
        if current.status is OrderStatus.STOPPED:
            raise Refused("already_stopped", "This medicine was recorded as no longer taken. Report it again.")
        same_ingredients(current, told.ingredients)
    return Order(
        id=signed.id,
        chain=current.chain if current else ChainId(signed.id),
        replaces=current.id if current else None,
        patient=patient,
        kind=told.kind,
        act=Act.REPORTED,
        status=OrderStatus.ACTIVE,
        medicine=told.medicine,
        name=told.name,
        ingredients=tuple(sorted(told.ingredients)),
        dose=None,
        daily_total=told.daily_total,
        as_needed=told.as_needed,
        sentence=told.sentence,
        sig=told.sentence,
        indication=told.indication,
        reason="",
        starts_on=told.since,
        author=signed.author,
        written_at=signed.now,
        visit=signed.visit,
        prescriber_elsewhere=told.prescriber,
    )
