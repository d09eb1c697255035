"""What is asked for becomes a dose of real pieces: the ladder of the medicine, the rung meant, the proposal. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from emr.dosing import forms as dose_forms
from emr.dosing import ladder as dose_ladder
from emr.dosing import proposal as dose_proposal
from emr.dosing.forms import NoLadder
from emr.dosing.ladder import Choice, Ladder, Rung
from emr.dosing.proposal import Proposal
from emr.formulary.entries import MedicineId
from emr.formulary.model import Formulary
from emr.medications.model import Order
from emr.shared.errors import Invalid
from emr.shared.quantity import Quantity
from server.application.prescribe.parse import DOSE_ERROR, DoseRequest

# Stands in for a reason while it is still to be written: the checks do not depend on it, and nothing is signed with it.
NOT_WRITTEN: Final = "not entered yet"
_FIELDS: Final = {"days_supply": "days", "moments": "timing", "choice": "tablets"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicineTarget:
    """Which medicine it is about. `current`: the order to be replaced; None: a new medicine. `taken`: the order whose
    dose is taken today, when the current one begins later. `name`: a new medicine as it was written, which may ask for
    a form ("XR"). `renews`: more of the same is asked for.
    """

    medicine: MedicineId
    current: Order | None = None
    taken: Order | None = None
    name: str = ""
    renews: bool = False

    @property
    def now(self) -> Order | None:
        """The order whose dose is taken today; None: none is."""
        return self.taken or self.current


@dataclass(frozen=True, slots=True)
class Proposed:
    """The steps of the medicine, the one that is meant, the pieces that make it, and the proposal; each None while
    there is none. `errors`: by field, those of `DoseRequest` too.
    """

    ladder: Ladder | NoLadder
    rung: Rung | None
    picked: Choice | None
    proposal: Proposal | None
    errors: Mapping[str, str]


def propose(formulary: Formulary, about: MedicineTarget, asked: DoseRequest) -> Proposed:
    """What would be prescribed, as far as it can be said."""
    ladder = _ladder(formulary, about, asked)
    if isinstance(ladder, NoLadder):
        return Proposed(ladder, None, None, None, asked.errors)
    errors = dict(asked.errors)
    rung = next((rung for rung in ladder.rungs if rung.total.value == asked.total), None)
    picked = _picked(rung, asked.tablets)
    if asked.total is not None and picked is None:
        errors["total"] = DOSE_ERROR
    return Proposed(ladder, rung, picked, _proposal(formulary, about, asked, picked, errors), errors)


def _ladder(formulary: Formulary, about: MedicineTarget, asked: DoseRequest) -> Ladder | NoLadder:
    taken = about.now
    form = dose_forms.form_asked(formulary, about.medicine, about.name) if taken is None else None
    if isinstance(form, NoLadder):
        return form
    if taken is not None and taken.dose is not None and taken.medicine is not None:
        form = dose_forms.form_of(formulary, taken.medicine, taken.dose)
    now = taken.daily_total if taken else None
    return dose_ladder.ladder(
        formulary,
        about.medicine,
        form=form,
        times_a_day=len(asked.moments),
        now=now,
        new=_amount(formulary, about.medicine, asked, now),
    )


def _amount(formulary: Formulary, medicine: MedicineId, asked: DoseRequest, now: Quantity | None) -> Quantity | None:
    limits = formulary.medicine(medicine).limits
    like = now or limits.usual_start or limits.label_max
    return Quantity(asked.total, like.unit) if like is not None and asked.total is not None else None


def _picked(rung: Rung | None, tablets: str) -> Choice | None:
    if rung is None or not rung.choices:
        return None
    return next((choice for choice in rung.choices if choice.key == tablets), rung.choices[0])


def _proposal(
    formulary: Formulary, about: MedicineTarget, asked: DoseRequest, picked: Choice | None, errors: dict[str, str]
) -> Proposal | None:
    if picked is None:
        return None
    current = about.current
    try:
        return dose_proposal.propose(
            formulary,
            about.medicine,
            choice=picked.key,
            moments=asked.moments,
            as_needed=asked.as_needed,
            days_supply=asked.days,
            refills=asked.refills,
            starts_on=asked.starts,
            # An order keeps what it is for: the form that changes a dose does not show it.
            indication=(current.indication if current else asked.indication) or NOT_WRITTEN,
            reason=asked.reason or NOT_WRITTEN,
            replaces=current.id if current else None,
        )
    except Invalid as error:
        errors.update({_FIELDS.get(name, name): remedy for name, remedy in error.fields.items()})
        return None
