"""In which forms a medicine is taken, and which of them was asked for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from emr.dosing.model import CountingUnit, Dose, kind_of
from emr.formulary.entries import MedicineId, Product
from emr.formulary.model import Formulary
from emr.formulary.names import words


@dataclass(frozen=True, slots=True)
class CombinableProducts:
    """Products of one medicine that may be combined: same form, same release, same salt. Strongest first."""

    key: str
    words: str
    kind: CountingUnit
    products: tuple[Product, ...]

    def __hash__(self) -> int:
        """By its key, which tells a medicine's forms apart: to hash all its products takes longer than a ladder."""
        return hash(self.key)


@dataclass(frozen=True, slots=True)
class NoLadder:
    """Why no ladder can be made. `code` for machines, `sentence` for the prescriber."""

    code: str
    sentence: str


@lru_cache(maxsize=512)
def forms(formulary: Formulary, medicine: MedicineId) -> tuple[CombinableProducts, ...]:
    """The forms that can be counted or poured at home, the most common first, liquids last; () for an injection."""
    groups: dict[tuple[str, str, str], list[Product]] = defaultdict(list)
    for product in formulary.products(medicine):
        if kind_of(product) is not CountingUnit.OTHER and not product.combination:
            groups[product.form, product.release, product.components[0]].append(product)
    made = [(_form(key, products), sum(each.common for each in products)) for key, products in groups.items()]
    return tuple(form for form, _ in sorted(made, key=lambda each: (each[0].kind is CountingUnit.LIQUID, -each[1])))


def _form(key: tuple[str, str, str], products: Iterable[Product]) -> CombinableProducts:
    form, release, salt = key
    # Two products of one strength differ in nothing that matters here: keep the more common one.
    distinct = {product.counted: product for product in sorted(products, key=lambda each: each.common)}
    ordered = tuple(sorted(distinct.values(), key=lambda each: each.counted, reverse=True))
    slug = re.sub(r"[^a-z0-9]+", "-", f"{form} {release} {salt}".lower()).strip("-")
    return CombinableProducts(slug, " ".join(filter(None, (release, form.lower()))), kind_of(ordered[0]), ordered)


def form_asked(formulary: Formulary, medicine: MedicineId, name: str) -> CombinableProducts | NoLadder | None:
    """The form that a written name asks for ("Seroquel XR"): the most common one of that release. None: it asks for
    none. NoLadder: there is no such form here, and another one must not take its place unsaid."""
    said = formulary.contents.forms_said
    asked = dict.fromkeys(said[word] for word in words(name) if word in said)
    if not asked:
        return None
    fitting = [each for each in forms(formulary, medicine) if all(one in each.words for one in asked)]
    if fitting:
        return fitting[0]
    plain = formulary.medicine(medicine).plain_name
    return NoLadder(
        "no_such_release", f"No {' '.join(asked)} form of {plain} is in the formulary. Choose another form."
    )


def form_of(formulary: Formulary, medicine: MedicineId, dose: Dose) -> CombinableProducts | None:
    """The form that a dose is taken in; None when its pieces are not of one form any more."""
    products = {piece.product for piece in dose.a_day()}
    fitting = (each for each in forms(formulary, medicine) if products <= {product.id for product in each.products})
    return next(fitting, None)
