"""How a dose form begins: as the medicine is taken now, or as it is usually started. Pure."""

from datetime import date
from typing import Final

from emr.dosing import forms as dose_forms
from emr.dosing import proposal as dose_proposal
from emr.dosing.model import TimeOfDay
from emr.formulary.entries import MedicineId
from emr.formulary.model import Formulary
from emr.medications.model import OrderStatus
from emr.shared.clinic_time import typed
from emr.shared.quantity import number
from server.application.prescribe.parse import DoseFormInput
from server.application.prescribe.propose import MedicineTarget

DAYS: Final = "30"
REFILLS: Final = 1


def at_first(
    formulary: Formulary, about: MedicineTarget, total: str, starts: date, most_refills: int | None
) -> DoseFormInput:
    """`total`: a daily total that was chosen already; empty: none. `most_refills`: what its schedule allows at most."""
    current = about.current
    moments = _usual(formulary, about.medicine, about.name)
    if current is not None and current.dose is not None:
        moments = tuple(intake.moment for intake in current.dose.intakes)
        if current.status is OrderStatus.HELD and current.daily_total is not None:  # as it was before the hold
            total = total or number(current.daily_total.value)
    elif not total and (usual := formulary.medicine(about.medicine).limits.usual_start) is not None:
        total = number(usual.value)
    return DoseFormInput(
        total=total,
        tablets="",
        timing="+".join(moment.value for moment in moments),
        as_needed=current.as_needed if current else False,
        starts=typed.write_day(starts),
        days=DAYS,
        refills=str(REFILLS if most_refills is None else min(REFILLS, most_refills)),
        reason="",
        indication="",
        answers={},
    )


def _usual(formulary: Formulary, medicine: MedicineId, name: str) -> tuple[TimeOfDay, ...]:
    asked = dose_forms.form_asked(formulary, medicine, name)
    if isinstance(asked, dose_forms.CombinableProducts) and asked.products[0].release in formulary.contents.once_a_day:
        return (TimeOfDay.DAY,)
    return dose_proposal.suggested_moments(formulary.medicine(medicine))
