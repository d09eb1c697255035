"""What is checked against what: the proposed medicine, and each one that is or was taken, as the rules see them."""

from __future__ import annotations

from dataclasses import dataclass

from emr.chart.model import Chart, MedicationListEntry
from emr.dosing.proposal import Proposal
from emr.formulary.entries import Ingredient, Medicine, MedicineId, SourceReview
from emr.formulary.model import Formulary
from emr.medications.model import Order
from emr.safety.finding import Finding, Severity, slug
from emr.shared.errors import NotFound
from emr.shared.quantity import Quantity


@dataclass(frozen=True, slots=True)
class CurrentMedicine:
    """A medicine on the list as the rules see it.

    `members`: medicine ids and names of substances it stands for (several when a name without "XL" was told).
    `keys`: the sides of rules it stands on. `alike`: names under which its substances count as duplicates.
    `complete` False: some or all of its name means nothing to the reference data.
    """

    entry: MedicationListEntry
    members: frozenset[str]
    keys: frozenset[str]
    ingredients: tuple[Ingredient, ...]
    alike: frozenset[str]
    complete: bool

    @property
    def order(self) -> Order:
        return self.entry.current

    @property
    def name(self) -> str:
        return self.order.name


@dataclass(frozen=True, slots=True)
class CheckSubject:
    """A proposal and all that it is checked against. `replaced`: the line it would change; None: it is new."""

    chart: Chart
    proposal: Proposal
    formulary: Formulary
    medicine: Medicine
    replaced: MedicationListEntry | None
    others: tuple[CurrentMedicine, ...]
    stopped: tuple[CurrentMedicine, ...]
    keys: frozenset[str]
    alike: frozenset[str]

    @property
    def name(self) -> str:
        return self.medicine.plain_name

    @property
    def total(self) -> Quantity:
        return self.proposal.daily_total


def subject(chart: Chart, proposal: Proposal, formulary: Formulary) -> CheckSubject:
    """The proposal beside everything else on the patient's list. NotFound: see `safety.check`."""
    medicine = formulary.medicine(proposal.medicine)
    replaced = next((each for each in chart.entries if each.current.id == proposal.replaces), None)
    if proposal.replaces is not None and replaced is None:
        raise NotFound("no_such_order", "This is not a current order of this patient.")
    others = [entry for entry in chart.entries if entry is not replaced]
    return CheckSubject(
        chart,
        proposal,
        formulary,
        medicine,
        replaced,
        tuple(taken(entry, formulary) for entry in others),
        tuple(taken(entry, formulary) for entry in chart.stopped),
        formulary.keys(medicine.id),
        _alike(medicine.ingredients),
    )


def taken(entry: MedicationListEntry, formulary: Formulary) -> CurrentMedicine:
    """What the reference data makes of an entry. A name that it does not know has no keys and is not complete."""
    order = entry.current
    if order.medicine is not None and order.medicine in formulary.contents.medicines:
        medicines: tuple[MedicineId, ...] = (order.medicine,)
        substances: tuple[str, ...] = ()
        complete = True
    else:
        found = formulary.recognize(order.name)
        medicines, substances, complete = found.medicines, found.substances, found.complete
    ingredients = tuple(dict.fromkeys(each for one in medicines for each in formulary.medicine(one).ingredients))
    members = frozenset({*medicines, *substances})
    return CurrentMedicine(
        entry,
        members,
        frozenset(key for member in members for key in formulary.keys(member)),
        ingredients,
        _alike(ingredients) | frozenset(substances),
        complete,
    )


def finding(
    subject: CheckSubject,
    key: str,
    severity: Severity,
    title: str,
    what: str,
    *,
    source: str,
    verified: SourceReview,
    why: str = "",
    management: str = "",
) -> Finding:
    """A finding with the version of the data in use; the parts of its key, between colons, are made slugs."""
    return Finding(
        key=":".join(slug(part) for part in key.split(":")),
        severity=severity,
        title=title,
        what=what,
        why=why,
        management=management,
        source=source,
        verified=verified,
        data_version=subject.formulary.version,
    )


def _alike(ingredients: tuple[Ingredient, ...]) -> frozenset[str]:
    return frozenset(each.same_as for each in ingredients)
