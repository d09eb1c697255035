"""A proposed order: what would be prescribed, complete enough to be checked, decided upon and then written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from emr.dosing.ladder import Choice, choice_of
from emr.dosing.model import CountingUnit, Dose, Piece, TimeOfDay, listed, sentence, sig
from emr.formulary.entries import Medicine, MedicineId, Product
from emr.formulary.model import Formulary
from emr.shared.errors import Invalid
from emr.shared.ids import OrderId
from emr.shared.quantity import Quantity, number

MOST_DAYS = 90
MOST_REFILLS = 11
LONGEST_TEXT = 500

Agreement = Literal["not_asked_here"]
"""What is known of the patient's agreement. Until consent is asked in the call, only that it was not."""


@dataclass(frozen=True, slots=True)
class Supply:
    """How much of one product is handed out. `count`: pieces, or millilitres."""

    piece: Piece

    @property
    def words(self) -> str:
        """ "30 of 100 mg", "75 mL"."""
        if self.piece.kind is CountingUnit.LIQUID:
            return f"{number(self.piece.count)} mL"
        return f"{number(self.piece.count)} of {self.piece.each}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A medicine order that is not written yet. `replaces`: the order it would revise or renew; None: a new medicine.

    `product` is the text that compliance decides upon and that the prescription carries: the product's RxNorm name,
    or, of several strengths of one form, the name without strength. `code`: its RxNorm code when it is one product.
    """

    medicine: MedicineId
    name: str
    product: str
    code: str | None
    dose: Dose
    supply: tuple[Supply, ...]
    days_supply: int
    refills: int
    starts_on: date
    indication: str
    reason: str
    replaces: OrderId | None = None
    agreement: Agreement = "not_asked_here"

    @property
    def daily_total(self) -> Quantity:
        return self.dose.daily_total

    @property
    def dose_each(self) -> Quantity | None:
        """The amount of one intake; None when they differ."""
        return self.dose.each

    @property
    def times_a_day(self) -> int:
        return self.dose.times_a_day

    @property
    def sentence(self) -> str:
        """ "150 mg each morning"."""
        return sentence(self.dose)

    @property
    def sig(self) -> str:
        """ "Take one 100 mg and one 50 mg tablet by mouth each morning."."""
        return sig(self.dose)

    @property
    def supply_words(self) -> str:
        """ "30 days, 30 of each, 1 refill"."""
        return supplied(self.supply, self.days_supply, self.refills)


def supplied(supply: tuple[Supply, ...], days: int, refills: int) -> str:
    """What is supplied, in words: "30 days, 30 of each, 1 refill"."""
    counts = {each.piece.count for each in supply}
    if len(supply) > 1 and len(counts) == 1:
        amount = f"{number(counts.pop())} of each"
    else:
        amount = listed([each.words for each in supply])
    more = {0: "no refills", 1: "1 refill"}.get(refills, f"{refills} refills")
    return f"{days} {'day' if days == 1 else 'days'}, {amount}, {more}"


def propose(
    formulary: Formulary,
    medicine: MedicineId,
    *,
    choice: str,
    moments: Sequence[TimeOfDay],
    as_needed: bool,
    days_supply: int,
    refills: int,
    starts_on: date,
    indication: str,
    reason: str,
    replaces: OrderId | None = None,
) -> Proposal:
    """What a filled form proposes. Invalid names the fields `choice`, `moments`, `days_supply`, `refills`, `reason`,
    `indication`; NotFound when there is no such medicine."""
    what = formulary.medicine(medicine)
    picked = choice_of(formulary, medicine, choice)
    wrong = _wrong(moments, days_supply, refills, indication, reason)
    if wrong:
        raise Invalid(wrong)
    ordered = sorted(moments, key=list(TimeOfDay).index)
    dose = picked.dose(ordered, as_needed=as_needed)
    return Proposal(
        medicine=medicine,
        name=what.plain_name,
        product=product_text(formulary, picked),
        code=formulary.product(picked.pieces[0].product).rxcui if len(picked.pieces) == 1 else None,
        dose=dose,
        supply=supply_of(dose, days_supply),
        days_supply=days_supply,
        refills=refills,
        starts_on=starts_on,
        indication=indication.strip(),
        reason=reason.strip(),
        replaces=replaces,
    )


def supply_of(dose: Dose, days: int) -> tuple[Supply, ...]:
    """What so many days use up, by product."""
    return tuple(
        Supply(Piece(each.product, each.count * days, each.each, each.form, each.kind)) for each in dose.a_day()
    )


def product_text(formulary: Formulary, choice: Choice) -> str:
    """The name that is decided upon: "sertraline 50 MG Oral Tablet"; of several strengths "sertraline Oral Tablet"."""
    products = [formulary.product(piece.product) for piece in choice.pieces]
    if len(products) == 1:
        return products[0].name
    return _without_strength(products[0])


def product_texts(formulary: Formulary, medicine: MedicineId) -> tuple[str, ...]:
    """Every text that `product_text` can make of this medicine: its products' names, and those without strength."""
    products = formulary.products(medicine)
    bare = (_without_strength(product) for product in products)
    return tuple(dict.fromkeys([*(product.name for product in products), *bare]))


def _without_strength(product: Product) -> str:
    return " ".join(filter(None, (product.release, " / ".join(product.components), product.form)))


def suggested_moments(medicine: Medicine) -> tuple[TimeOfDay, ...]:
    """When it is usually taken, to begin the form with; the prescriber changes it. From the formulary's `frequency`."""
    words = medicine.frequency.lower()
    if words.startswith(("twice", "two ", "ir twice", "ir two")):
        return (TimeOfDay.MORNING, TimeOfDay.EVENING)
    if words.startswith("three"):
        return (TimeOfDay.MORNING, TimeOfDay.AFTERNOON, TimeOfDay.NIGHT)
    for part, moment in _USUALLY.items():
        if part in words:
            return (moment,)
    return (TimeOfDay.DAY,)


_USUALLY = {
    "morning": TimeOfDay.MORNING,
    "waking": TimeOfDay.MORNING,
    "evening": TimeOfDay.EVENING,
    "bedtime": TimeOfDay.NIGHT,
}


def _wrong(
    moments: Sequence[TimeOfDay], days_supply: int, refills: int, indication: str, reason: str
) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if not moments or len(moments) > 6:
        wrong["moments"] = "Choose when it is taken: one to six times a day."
    if not 1 <= days_supply <= MOST_DAYS:
        wrong["days_supply"] = f"Enter a number of days from 1 to {MOST_DAYS}."
    if not 0 <= refills <= MOST_REFILLS:
        wrong["refills"] = f"Enter a number of refills from 0 to {MOST_REFILLS}."
    for field, text in (("reason", reason), ("indication", indication)):
        if not text.strip():
            wrong[field] = "Enter the reason in a few words." if field == "reason" else "Enter the indication."
        elif len(text) > LONGEST_TEXT:
            wrong[field] = f"Use at most {LONGEST_TEXT} characters."
    return wrong
