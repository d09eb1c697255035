"""The ladder of a medicine: daily totals that real tablets, patches and liquids can make, and how they make them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import combinations_with_replacement

from emr.dosing.forms import CombinableProducts, NoLadder, form_of, forms
from emr.dosing.model import CountingUnit, Dose, Piece, TimeOfDay, even, pieces_of, pieces_words, total
from emr.formulary.entries import Basis, Medicine, MedicineId, Product, ProductId
from emr.formulary.model import Formulary
from emr.shared.errors import Invalid, NotFound
from emr.shared.quantity import Quantity

# More than three pieces at a time is more than most people take willingly, and the ladder stays readable.
MOST_PIECES = 3
MOST_CHOICES = 3
# Bars that fit the panel at 1280 px. Longer ladders keep the single strengths and the usual steps.
MOST_RUNGS = 10
# An oral syringe is marked to a tenth of a millilitre.
_SYRINGE = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to make an amount at one intake. `key` is what a form posts back."""

    key: str
    pieces: tuple[Piece, ...]

    @property
    def words(self) -> str:
        """ "one 100 mg and one 50 mg tablet"."""
        return pieces_words(self.pieces)

    @property
    def amount(self) -> Quantity:
        return total(piece.amount for piece in self.pieces)

    def dose(self, moments: Sequence[TimeOfDay], *, as_needed: bool = False) -> Dose:
        """These pieces at each of these moments."""
        return even(self.pieces, moments, as_needed=as_needed)


@dataclass(frozen=True, slots=True)
class Rung:
    """A daily total and up to three ways to make each of its equal intakes, fewest pieces first.

    `choices` is empty only for the present dose when no real pieces of this form make it.
    """

    total: Quantity
    choices: tuple[Choice, ...]
    now: bool
    new: bool
    max: bool
    above_usual: bool


@dataclass(frozen=True, slots=True)
class Ladder:
    """Daily totals, rising. `label_max` None: the label sets no daily maximum."""

    medicine: Medicine
    form: CombinableProducts
    times_a_day: int
    rungs: tuple[Rung, ...]
    label_max: Quantity | None

    def rung(self, amount: Quantity) -> Rung | None:
        """The rung of that daily total."""
        return next((each for each in self.rungs if each.total == amount), None)


@dataclass(frozen=True, slots=True)
class Neighbors:
    """The next real step down and up from the present dose; None: there is none."""

    down: Rung | None
    up: Rung | None


def ladder(
    formulary: Formulary,
    medicine: MedicineId,
    *,
    form: CombinableProducts | None = None,
    times_a_day: int = 1,
    now: Quantity | None = None,
    new: Quantity | None = None,
) -> Ladder | NoLadder:
    """The daily totals that this form can make in so many equal intakes. `now`, `new`: daily totals to be marked.

    `form` None: the most common one. Nothing above the label's maximum (where there is none: the usual one) is offered.
    """
    return _made(formulary, medicine, form, times_a_day, now, new)


@lru_cache(maxsize=1_024)  # a long list has a ladder in each line, and the same ones with every look
def _made(
    formulary: Formulary,
    medicine: MedicineId,
    form: CombinableProducts | None,
    times_a_day: int,
    now: Quantity | None,
    new: Quantity | None,
) -> Ladder | NoLadder:
    what = formulary.medicine(medicine)
    known = forms(formulary, medicine)
    if (refusal := _no_ladder(what, known)) is not None:
        return refusal
    chosen = form or known[0]
    ceiling = what.limits.label_max or what.limits.usual_max
    made: dict[Quantity, list[Choice]] = defaultdict(list)
    for choice in _choices(chosen, what, times_a_day):
        made[choice.amount * times_a_day].append(choice)
    within = {each for each in made if ceiling is None or each <= ceiling}
    marked = {each for each in (now, new) if each is not None}
    kept = _thinned(within, what, chosen, times_a_day, marked) | ({now} if now is not None else set())
    rungs = tuple(_rung(each, made.get(each, []), what, now, new) for each in sorted(kept))
    return Ladder(what, chosen, times_a_day, rungs, what.limits.label_max)


def ladder_for(
    formulary: Formulary, medicine: MedicineId | None, dose: Dose | None, *, new: Quantity | None = None
) -> Ladder | NoLadder:
    """The ladder of a medicine as it is taken now: in the form of its dose, as often a day, `now` marked.

    None for either: it was reported and is not known so well. Say so rather than guess.
    """
    if medicine is None or dose is None or medicine not in formulary.contents.medicines:
        return NoLadder(
            "not_prescribed_here", "The exact product and dose are not on record, so no dose steps can be shown."
        )
    if dose.each is None:
        return NoLadder("uneven", "The doses through the day differ, so there is no single set of dose steps.")
    form = form_of(formulary, medicine, dose)
    if form is None:
        return NoLadder("form_unknown", "The products in this dose are no longer available in one form.")
    return ladder(formulary, medicine, form=form, times_a_day=dose.times_a_day, now=dose.daily_total, new=new)


def neighbors(steps: Ladder, now: Quantity) -> Neighbors:
    """Down: the next lower rung. Up: the usual increment when it is a rung, else the next higher one."""
    real = [rung for rung in steps.rungs if rung.choices]
    lower = [rung for rung in real if rung.total < now]
    higher = [rung for rung in real if rung.total > now]
    increment = steps.medicine.limits.increment
    usual = [rung for rung in higher if increment is not None and rung.total == now + increment]
    up = usual or higher
    return Neighbors(lower[-1] if lower else None, up[0] if up else None)


def choice_of(formulary: Formulary, medicine: MedicineId, key: str) -> Choice:
    """The choice that a form posted: "<product>x<count>", joined by "+". Invalid (field `choice`) when it is not one
    of this medicine, mixes forms, or asks for more than can be taken."""
    bad = Invalid({"choice": "Choose one of the doses shown."})
    pieces = []
    for part in key.split("+"):
        match = re.fullmatch(r"([a-z0-9_:./-]+)x(\d{1,3}(?:\.\d)?)", part)
        if match is None:
            raise bad
        try:
            product = formulary.product(ProductId(match.group(1)))
        except NotFound:
            raise bad from None
        pieces.append(pieces_of(product, Decimal(match.group(2))))
    found = _choice(pieces)
    counts = sum(piece.count for piece in pieces)
    fits = form_of(formulary, medicine, even(found.pieces, [TimeOfDay.DAY]))
    if fits is None or not counts or (fits.kind is not CountingUnit.LIQUID and (counts > MOST_PIECES or counts % 1)):
        raise bad
    if found.key != key or len({piece.product for piece in pieces}) != len(pieces):
        raise bad
    return found


def _no_ladder(what: Medicine, known: Sequence[CombinableProducts]) -> NoLadder | None:
    if what.basis not in {Basis.PER_DAY, Basis.PER_COURSE_DAY}:
        return NoLadder("not_daily", f"{what.name} is not dosed daily, so there are no daily steps to choose from.")
    if what.dose_component is not None:
        return NoLadder(
            "combination", f"{what.name} is a fixed combination, so its components cannot be adjusted separately."
        )
    if not known:
        return NoLadder("no_pieces", f"No tablet, patch, or liquid of {what.name} is in the formulary.")
    return None


def _choices(form: CombinableProducts, what: Medicine, times: int) -> Iterator[Choice]:
    """Every way to make one intake, fewest pieces first."""
    match form.kind:
        case CountingUnit.LIQUID:
            yield from _poured(form, what, times)
        case CountingUnit.PATCH:
            yield from (_choice([pieces_of(product, 1)]) for product in reversed(form.products))
        case _:
            for size in range(1, MOST_PIECES + 1):
                ways = combinations_with_replacement(form.products, size)
                yield from sorted((_counted(way) for way in ways), key=lambda choice: len(choice.pieces))


def _counted(way: Sequence[Product]) -> Choice:
    return _choice([pieces_of(product, way.count(product)) for product in dict.fromkeys(way)])


def _poured(form: CombinableProducts, what: Medicine, times: int) -> Iterator[Choice]:
    """Whole steps of the usual increment, where a syringe can measure them."""
    limits = what.limits
    step, most = limits.increment or limits.usual_start, limits.label_max or limits.usual_max
    if step is None or most is None or not step.value:
        return
    wanted = {step * count for count in range(1, int(most.value / step.value) + 1)}
    wanted |= {each for each in (limits.usual_start, limits.usual_min, most) if each is not None}
    for product in form.products:
        for amount in sorted(wanted):
            volume = (amount.value / times / product.counted.value).quantize(_SYRINGE)
            if volume and volume * times * product.counted.value == amount.value:
                yield _choice([pieces_of(product, volume)])


def _choice(pieces: list[Piece]) -> Choice:
    ordered = tuple(sorted(pieces, key=lambda piece: piece.each, reverse=True))
    return Choice("+".join(f"{piece.product}x{_plain(piece.count)}" for piece in ordered), ordered)


def _plain(count: Decimal) -> str:
    return str(int(count)) if count == int(count) else str(count)


def _thinned(
    totals: set[Quantity], what: Medicine, form: CombinableProducts, times: int, marked: set[Quantity]
) -> set[Quantity]:
    """About ten rungs: when there are more, the single strengths, the landmarks, the usual step beside a marked dose,
    and whole multiples of the usual step, as fine as there is room for."""
    step = what.limits.increment
    if len(totals) <= MOST_RUNGS or step is None or not step.value:
        return totals
    kept = {what.limits.usual_start, what.limits.usual_max, what.limits.label_max} | marked
    if form.kind is not CountingUnit.LIQUID:
        kept |= {product.counted * times for product in form.products}
    for mark in marked:
        kept |= {mark + step, mark - step if mark > step else mark}
    for multiple in range(1, len(totals)):
        coarse = {each for each in totals if not each.value % (step.value * multiple)}
        if len(totals & (kept | coarse)) <= MOST_RUNGS + 2:
            return totals & (kept | coarse)
    return totals & kept


def _rung(amount: Quantity, choices: list[Choice], what: Medicine, now: Quantity | None, new: Quantity | None) -> Rung:
    usual = what.limits.usual_max
    return Rung(
        amount,
        tuple(choices[:MOST_CHOICES]),
        now=amount == now,
        new=amount == new,
        max=amount == what.limits.label_max,
        above_usual=usual is not None and amount > usual,
    )
