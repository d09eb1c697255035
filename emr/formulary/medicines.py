"""Medicines and their products, from the reference files: refused where rows contradict one another."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import Field

from emr.formulary.entries import (
    Basis,
    Ingredient,
    Limits,
    Medicine,
    MedicineId,
    Owner,
    Product,
    ProductId,
    SourceReview,
    amount,
)
from emr.formulary.sources import Sources
from emr.shared.quantity import Quantity, Unit, mg
from emr.shared.validation import NeededText, Problems, if_any, one_of, parts

_PRODUCT_UNITS = {
    "mg": Unit.MG,
    "mg/ml": Unit.MG_PER_ML,
    "mg/hr": Unit.MG_PER_H,
    "mg/actuat": Unit.MG_PER_SPRAY,
}

_DOSE_VERIFIED = {"see er_injectables.csv": SourceReview.UNVERIFIED, **{each.value: each for each in SourceReview}}

_Mg = Annotated[Quantity | None, amount(Unit.MG)]
_Count = Annotated[Annotated[int, Field(ge=0)] | None, if_any]


@dataclass(frozen=True, slots=True)
class _IngredientRow:
    """A row of ingredients.csv."""

    line: int
    formulary_id: NeededText
    ingredient: NeededText
    same_as: NeededText
    counts_as: Annotated[Fraction, Field(gt=0)]
    source: NeededText


@dataclass(frozen=True, slots=True)
class _MedicineRow:
    """A row of formulary.csv, as far as it is read."""

    line: int
    id: NeededText
    name: NeededText
    brand_names: Annotated[tuple[str, ...], parts("|")]
    drug_class: Annotated[NeededText, Field(alias="class")]
    route: NeededText
    dea_schedule: Annotated[str, one_of("", "II", "III", "IV", "V")]
    dose_basis: Basis
    dose_component: str
    usual_start: Annotated[_Mg, Field(alias="usual_start_adult_mg_per_day")]
    usual_min: Annotated[_Mg, Field(alias="usual_min_mg_per_day")]
    usual_max: Annotated[_Mg, Field(alias="usual_max_mg_per_day")]
    label_max: Annotated[_Mg, Field(alias="label_max_mg_per_day")]
    label_max_per_kg: Annotated[Quantity | None, amount(Unit.MG_PER_KG), Field(alias="label_max_mg_per_kg_per_day")]
    increment: Annotated[_Mg, Field(alias="usual_increment_mg_per_day")]
    days_between: Annotated[_Count, Field(alias="min_days_between_increases")]
    increase_rule_basis: str
    frequency: str
    dose_note: str
    taper_needed: Annotated[str, one_of("yes", "no")]
    discontinuation_risk: str
    telehealth_flag: str
    dose_verified: Annotated[str, one_of(*_DOSE_VERIFIED)]
    source: NeededText


def medicines_of(sources: Sources) -> dict[MedicineId, Medicine]:
    """The medicines by id. Raises BadFile with all that is wrong in one of the two files."""
    ingredients: dict[str, list[Ingredient]] = defaultdict(list)
    places: dict[str, int] = {}
    for one in sources.rows("ingredients.csv", _IngredientRow):
        ingredients[one.formulary_id].append(Ingredient(one.ingredient, one.same_as, one.counts_as))
        places[one.formulary_id] = one.line
    rows = sources.rows("formulary.csv", _MedicineRow)
    problems = Problems("formulary.csv")
    problems.twice(((row, row.id) for row in rows), "id")
    for row in rows:
        problems.need(row.id in ingredients, f"ingredients.csv has no row for {row.id!r}", row.line)
        problems.need(
            row.dose_basis is not Basis.PER_DAY or (row.usual_start is not None and row.usual_max is not None),
            "a medicine dosed by the day needs a start and a usual maximum",
            row.line,
        )
        rising = [each for each in (row.usual_min, row.usual_max, row.label_max) if each is not None]
        problems.need(
            rising == sorted(rising), "the usual minimum, usual maximum and label maximum do not rise", row.line
        )
    problems.check()
    without = Problems("ingredients.csv")
    for id in ingredients.keys() - {row.id for row in rows}:
        without.add(places[id], f"no medicine is called {id!r}", "formulary_id")
    without.check()
    return {MedicineId(row.id): _medicine(row, ingredients[row.id]) for row in rows}


def _medicine(row: _MedicineRow, ingredients: list[Ingredient]) -> Medicine:
    return Medicine(
        id=MedicineId(row.id),
        name=row.name,
        ingredients=tuple(ingredients),
        brands=row.brand_names,
        drug_class=row.drug_class,
        route=row.route,
        schedule=row.dea_schedule or "none",
        basis=row.dose_basis,
        dose_component=row.dose_component or None,
        limits=Limits(
            usual_start=row.usual_start,
            usual_min=row.usual_min,
            usual_max=row.usual_max,
            label_max=row.label_max,
            label_max_per_kg=row.label_max_per_kg,
            increment=row.increment,
            days_between_increases=row.days_between,
            pace_from=row.increase_rule_basis,
        ),
        frequency=row.frequency,
        dose_note=row.dose_note,
        taper_needed=row.taper_needed == "yes",
        stopping_risk=row.discontinuation_risk,
        telehealth_flag=row.telehealth_flag,
        verified=_DOSE_VERIFIED[row.dose_verified],
        source=row.source,
    )


@dataclass(frozen=True, slots=True)
class _ProductRow:
    """A row of products.csv, as far as it is read. `strengths`: one number of each component."""

    line: int
    rxcui_scd: str
    name: NeededText
    formulary_id: Owner
    strength_value: NeededText
    strengths: Annotated[tuple[Annotated[Decimal, Field(gt=0)], ...], parts(" / "), Field(alias="strength_value")]
    strength_unit: Annotated[str, one_of(*_PRODUCT_UNITS)]
    prefilled_volume_or_duration: str
    dose_form: NeededText
    ndc_count_2025_10: _Count
    source: NeededText


def products_of(sources: Sources, medicines: Mapping[MedicineId, Medicine]) -> dict[ProductId, Product]:
    """The products by id. Raises BadFile with all that is wrong in the file."""
    rows = sources.rows("products.csv", _ProductRow, {"medicines": medicines})
    problems = Problems("products.csv")
    found: list[Product] = []
    for row in rows:
        try:
            found.append(_product(row, medicines[row.formulary_id]))
        except ValueError as error:
            problems.add(row.line, str(error))
    problems.check()
    problems.twice(zip(rows, (product.id for product in found), strict=True))
    problems.check()
    return {product.id: product for product in found}


def _product(row: _ProductRow, medicine: Medicine) -> Product:
    strengths = tuple(Quantity(value, _PRODUCT_UNITS[row.strength_unit]) for value in row.strengths)
    made_up = f"{medicine.id}:{row.strength_value}:{row.dose_form}".replace(" ", "-").lower()
    components = _components(row.name, len(strengths))
    return Product(
        id=ProductId(row.rxcui_scd or made_up),
        medicine=medicine.id,
        name=row.name,
        rxcui=row.rxcui_scd or None,
        strengths=strengths,
        components=components,
        counted=_counted(row.prefilled_volume_or_duration, medicine, components, strengths),
        form=row.dose_form,
        release=_release(row.name),
        common=row.ndc_count_2025_10 or 0,
    )


# What RxNorm writes before the name: how long it works, the volume of a syringe, the kind of capsule. Products that
# differ in this are not interchangeable, so the words are kept as `Product.release`.
_BEFORE = re.compile(
    r"(?:(?:[\d.]+ (?:HR|ML)|\d+/\d+ Release|\d-Bead|Evening Dosing|Sprinkle|Once-Daily|PMDD|Smoking Cessation) )*"
)


def _release(name: str) -> str:
    found = _BEFORE.match(name)
    return found.group().strip() if found else ""


def _components(name: str, expected: int) -> tuple[str, ...]:
    """ "24 HR fluoxetine 25 MG / olanzapine 3 MG Oral Capsule" holds fluoxetine and olanzapine."""
    parts = _BEFORE.sub("", name, count=1).split(" / ")
    matches = [re.match(r"(\D.*?) [\d.]+ MG", part, re.IGNORECASE) for part in parts]
    found = tuple(match.group(1) for match in matches if match)
    if len(found) != expected:
        raise ValueError(f"the name and strength_value do not tell the same components: {name}")
    return found


def _counted(
    duration: str, medicine: Medicine, components: tuple[str, ...], strengths: tuple[Quantity, ...]
) -> Quantity:
    """RxNorm codes patches per hour, rounded; over the wear the label rounds to a tenth (0.192 mg/h is 4.6 mg in 24 h).
    Salts of one substance (mixed amphetamine salts) are counted together."""
    if medicine.dose_component is not None:
        for name, each in zip(components, strengths, strict=True):
            if name.startswith(medicine.dose_component):
                return mg(each.value)
        raise ValueError(f"no component is called {medicine.dose_component!r}")
    if strengths[0].unit is Unit.MG_PER_H:
        if not (hours := re.fullmatch(r"(\d+) HR", duration)):
            raise ValueError("prefilled_volume_or_duration does not tell how many hours a patch is worn")
        return mg((strengths[0].value * int(hours.group(1))).quantize(Decimal("0.1")))
    return mg(sum(each.value for each in strengths))
