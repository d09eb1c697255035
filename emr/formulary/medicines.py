"""Medicines and their products, from the reference files: refused where rows contradict one another."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from emr.formulary.entries import (
    Basis,
    Ingredient,
    Limits,
    Medicine,
    MedicineId,
    Product,
    ProductId,
    SourceReview,
)
from emr.formulary.reading import CsvRow, rows
from emr.formulary.sources import Sources
from emr.shared.quantity import Quantity, Unit, mg
from emr.shared.reference_files import BadReference

_PRODUCT_UNITS = {
    "mg": Unit.MG,
    "mg/ml": Unit.MG_PER_ML,
    "mg/hr": Unit.MG_PER_H,
    "mg/actuat": Unit.MG_PER_SPRAY,
}

_SCHEDULES = {"": "none", "II": "II", "III": "III", "IV": "IV", "V": "V"}

_DOSE_VERIFIED = {"see er_injectables.csv": "unverified"}


def medicines_of(sources: Sources) -> dict[MedicineId, Medicine]:
    ingredients: dict[str, list[Ingredient]] = defaultdict(list)
    for row in rows(sources, "ingredients.csv", ("formulary_id", "ingredient", "same_as", "counts_as", "source")):
        row.needed("source")
        ingredients[row.needed("formulary_id")].append(
            Ingredient(row.needed("ingredient"), row.needed("same_as"), row.ratio("counts_as"))
        )
    medicines: dict[MedicineId, Medicine] = {}
    for row in rows(sources, "formulary.csv", ("id", "name", "dose_basis", "label_max_mg_per_day", "source")):
        if (each := _medicine(row, ingredients.pop(row.needed("id"), []))).id in medicines:
            raise row.bad(f"{each.id} is there twice")
        medicines[each.id] = each
    if ingredients:
        raise BadReference(f"ingredients.csv: no medicine is called {min(ingredients)}")
    return medicines


def _medicine(row: CsvRow, ingredients: list[Ingredient]) -> Medicine:
    if not ingredients:
        raise row.bad("ingredients.csv has no row for it")
    if (schedule := row.text("dea_schedule")) not in _SCHEDULES:
        raise row.bad(f"dea_schedule has an unknown value: {schedule}")
    dose_verified = row.needed("dose_verified")
    row.needed("source")
    basis = row.choice("dose_basis", Basis)
    limits = _limits(row)
    if basis is Basis.PER_DAY and (limits.usual_start is None or limits.usual_max is None):
        raise row.bad("a medicine dosed by the day needs a start and a usual maximum")
    return Medicine(
        id=MedicineId(row.needed("id")),
        name=row.needed("name"),
        ingredients=tuple(ingredients),
        brands=row.parts("brand_names"),
        drug_class=row.needed("class"),
        route=row.needed("route"),
        schedule=_SCHEDULES[schedule],
        basis=basis,
        dose_component=row.text("dose_component") or None,
        limits=limits,
        frequency=row.text("frequency"),
        dose_note=row.text("dose_note"),
        taper_needed=row.one_of("taper_needed", frozenset({"yes", "no"})) == "yes",
        stopping_risk=row.text("discontinuation_risk"),
        telehealth_flag=row.text("telehealth_flag"),
        verified=SourceReview(_DOSE_VERIFIED.get(dose_verified, dose_verified)),
        source=row.needed("source"),
    )


def _limits(row: CsvRow) -> Limits:
    limits = Limits(
        usual_start=row.amount("usual_start_adult_mg_per_day", Unit.MG),
        usual_min=row.amount("usual_min_mg_per_day", Unit.MG),
        usual_max=row.amount("usual_max_mg_per_day", Unit.MG),
        label_max=row.amount("label_max_mg_per_day", Unit.MG),
        label_max_per_kg=row.amount("label_max_mg_per_kg_per_day", Unit.MG_PER_KG),
        increment=row.amount("usual_increment_mg_per_day", Unit.MG),
        days_between_increases=row.whole("min_days_between_increases"),
        pace_from=row.text("increase_rule_basis"),
    )
    rising = [limits.usual_min, limits.usual_max, limits.label_max]
    known = [each for each in rising if each is not None]
    if known != sorted(known):
        raise row.bad("the usual minimum, usual maximum and label maximum do not rise")
    return limits


def products_of(sources: Sources, medicines: Mapping[MedicineId, Medicine]) -> dict[ProductId, Product]:
    found: dict[ProductId, Product] = {}
    for row in rows(sources, "products.csv", ("rxcui_scd", "name", "strength_value", "strength_unit", "dose_form")):
        medicine = MedicineId(row.needed("formulary_id"))
        if medicine not in medicines:
            raise row.bad(f"no medicine is called {medicine}")
        if (unit := _PRODUCT_UNITS.get(row.needed("strength_unit"))) is None:
            raise row.bad(f"strength_unit has an unknown value: {row.text('strength_unit')}")
        row.needed("source")
        product = _product(row, medicines[medicine], unit)
        if product.id in found:
            raise row.bad(f"{product.name} is there twice")
        found[product.id] = product
    return found


def _product(row: CsvRow, medicine: Medicine, unit: Unit) -> Product:
    strengths = []
    for part in row.needed("strength_value").split(" / "):
        single = CsvRow(row.file, row.line, {"strength_value": part})
        if (value := single.decimal("strength_value")) is None or value == 0:
            raise row.bad("strength_value is empty or 0")
        strengths.append(Quantity(value, unit))
    code, form = row.text("rxcui_scd"), row.needed("dose_form")
    made_up = f"{medicine.id}:{row.text('strength_value')}:{form}".replace(" ", "-").lower()
    return Product(
        id=ProductId(code or made_up),
        medicine=medicine.id,
        name=row.needed("name"),
        rxcui=code or None,
        strengths=tuple(strengths),
        components=_components(row, len(strengths)),
        counted=_counted(row, medicine, strengths),
        form=form,
        release=_release(row),
        common=row.whole("ndc_count_2025_10") or 0,
    )


# What RxNorm writes before the name: how long it works, the volume of a syringe, the kind of capsule. Products that
# differ in this are not interchangeable, so the words are kept as `Product.release`.
_BEFORE = re.compile(
    r"(?:(?:[\d.]+ (?:HR|ML)|\d+/\d+ Release|\d-Bead|Evening Dosing|Sprinkle|Once-Daily|PMDD|Smoking Cessation) )*"
)


def _release(row: CsvRow) -> str:
    found = _BEFORE.match(row.needed("name"))
    return found.group().strip() if found else ""


def _components(row: CsvRow, expected: int) -> tuple[str, ...]:
    """ "24 HR fluoxetine 25 MG / olanzapine 3 MG Oral Capsule" holds fluoxetine and olanzapine."""
    parts = _BEFORE.sub("", row.needed("name"), count=1).split(" / ")
    matches = [re.match(r"(\D.*?) [\d.]+ MG", part, re.IGNORECASE) for part in parts]
    found = tuple(match.group(1) for match in matches if match)
    if len(found) != expected:
        raise row.bad(f"the name and strength_value do not tell the same components: {row.text('name')}")
    return found


def _counted(row: CsvRow, medicine: Medicine, strengths: list[Quantity]) -> Quantity:
    """RxNorm codes patches per hour, rounded; over the wear the label rounds to a tenth (0.192 mg/h is 4.6 mg in 24 h).
    Salts of one substance (mixed amphetamine salts) are counted together."""
    if medicine.dose_component is not None:
        for name, each in zip(_components(row, len(strengths)), strengths, strict=True):
            if name.startswith(medicine.dose_component):
                return mg(each.value)
        raise row.bad(f"no component is called {medicine.dose_component}")
    if strengths[0].unit is Unit.MG_PER_H:
        if not (hours := re.fullmatch(r"(\d+) HR", row.text("prefilled_volume_or_duration"))):
            raise row.bad("prefilled_volume_or_duration does not tell how many hours a patch is worn")
        return mg((strengths[0].value * int(hours.group(1))).quantize(Decimal("0.1")))
    return mg(sum(each.value for each in strengths))
