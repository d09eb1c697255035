"""Turns the reference files into entries, and refuses the whole set when rows contradict one another."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from emr.formulary.entries import (
    Adjustment,
    Allergen,
    Basis,
    Education,
    Indication,
    Ingredient,
    Interaction,
    Limits,
    Medicine,
    MedicineId,
    Monitor,
    PlainEffect,
    Product,
    ProductId,
    Verified,
    Washout,
    WithWhen,
)
from emr.formulary.reading import Row, read, read_when, read_yaml, rows
from emr.formulary.sources import Sources
from emr.shared.quantity import Quantity, Unit, mg
from emr.shared.reference_files import BadReference

_SEVERITIES = frozenset({"contraindicated", "major", "moderate"})
_NAME_WORD_KINDS = frozenset({"unit", "dose_form", "timing", "salt", "release", "filler"})
_PRODUCT_UNITS = {
    "mg": Unit.MG,
    "mg/ml": Unit.MG_PER_ML,
    "mg/hr": Unit.MG_PER_H,
    "mg/actuat": Unit.MG_PER_SPRAY,
}
_SCHEDULES = {"": "none", "II": "II", "III": "III", "IV": "IV", "V": "V"}
_DOSE_VERIFIED = {"see er_injectables.csv": "unverified"}


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything the reference files say, checked. `tags` maps a tag or class to its members: medicine ids, and
    the lower-case names of substances that are not in the formulary. `said_besides`: words of a written name that say
    how and not what (name_words.csv); a longer known name that holds one still counts: "Xanax XR" is no "Xanax".
    `forms_said`: what such a word asks of RxNorm's dose form in lower case, "xr" to "extended release".
    `once_a_day`: what RxNorm writes before a form of which one intake lasts the day ("24 HR")."""

    medicines: Mapping[MedicineId, Medicine]
    products: Mapping[ProductId, Product]
    tags: Mapping[str, frozenset[str]]
    interactions: tuple[Interaction, ...]
    washouts: tuple[Washout, ...]
    adjustments: tuple[Adjustment, ...]
    indications: tuple[Indication, ...]
    effects: tuple[PlainEffect, ...]
    education: Mapping[str, Education]
    allergens: tuple[Allergen, ...]
    monitors: tuple[Monitor, ...]
    said_besides: frozenset[str]
    forms_said: Mapping[str, str]
    once_a_day: frozenset[str]


def contents(sources: Sources) -> Contents:
    """All that the files hold. BadReference names the file and line of the first row that cannot be used."""
    medicines = _medicines(sources)
    tags = _tags(sources, medicines)
    rules = _Rules(medicines, frozenset(tags) | frozenset(medicines))
    told = ("source", "verified")
    return Contents(
        medicines,
        _products(sources, medicines),
        tags,
        read(sources, "interactions.csv", ("a", "b", "severity", "management", *told), rules.interaction),
        read(sources, "washouts.csv", ("from", "to", "days", "rule", *told), rules.washout),
        read(sources, "adjustments.csv", ("formulary_id", "applies_when", *told), rules.adjustment),
        read(sources, "indications.csv", ("formulary_id", "indication", "standing", *told), rules.indication),
        read(sources, "side_effects.csv", ("class", "level", "plain_language", "action", "source"), _effect),
        _education(sources, medicines),
        read(sources, "allergens.csv", ("name", "other_names", "source"), _allergen),
        read(sources, "monitoring.csv", ("medicine_or_class", "test", "loinc", "schedule", "source"), _monitor),
        frozenset(read(sources, "name_words.csv", ("word", "kind", "source"), _name_word)),
        dict(read(sources, "release_words.csv", ("word", "form", "source"), _release_word)),
        frozenset(read(sources, "release_durations.csv", ("release", "times_a_day", "source"), _once_a_day)),
    )


@dataclass(frozen=True, slots=True)
class _Rules:
    """Reads the rows that speak of medicines. `known`: what a side of a rule may name, medicines and tags."""

    medicines: Mapping[MedicineId, Medicine]
    known: frozenset[str]

    def interaction(self, row: Row) -> Interaction:
        return Interaction(
            self._side(row, "a"),
            self._side(row, "b"),
            row.one_of("severity", _SEVERITIES),
            row.needed("mechanism"),
            row.needed("effect"),
            row.needed("management"),
            row.needed("source"),
            row.verified(),
        )

    def washout(self, row: Row) -> Washout:
        days = row.whole("days")
        if not days:
            raise row.bad("days is empty or 0")
        before, after = self._side(row, "from"), self._side(row, "to")
        return Washout(before, after, days, row.needed("rule"), row.needed("source"), row.verified())

    def adjustment(self, row: Row) -> Adjustment:
        when = read_when(row, "applies_when")
        if isinstance(when, WithWhen):
            for tag in when.tags:
                if tag not in self.known:
                    raise row.bad(f"applies_when names no tag: {tag}")
        medicine, maximum = self._owner(row), row.amount("max_mg_per_day", Unit.MG)
        label = self.medicines[medicine].limits.label_max
        if maximum is not None and label is not None and maximum > label:
            raise row.bad("max_mg_per_day is above the label's maximum")
        return Adjustment(
            medicine,
            row.needed("factor"),
            row.needed("threshold"),
            when,
            row.needed("rule"),
            maximum,
            row.needed("source"),
            row.verified(),
        )

    def indication(self, row: Row) -> Indication:
        return Indication(
            self._owner(row),
            row.needed("indication"),
            row.one_of("standing", frozenset({"labelled", "off_label"})),
            row.text("note"),
            row.needed("source"),
            row.verified(),
        )

    def _side(self, row: Row, column: str) -> str:
        if (value := row.needed(column)) not in self.known:
            raise row.bad(f"{column} names neither a medicine nor a tag: {value}")
        return value

    def _owner(self, row: Row) -> MedicineId:
        if (value := MedicineId(row.needed("formulary_id"))) not in self.medicines:
            raise row.bad(f"no medicine is called {value}")
        return value


def _medicines(sources: Sources) -> dict[MedicineId, Medicine]:
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


def _medicine(row: Row, ingredients: list[Ingredient]) -> Medicine:
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
        verified=Verified(_DOSE_VERIFIED.get(dose_verified, dose_verified)),
        source=row.needed("source"),
    )


def _limits(row: Row) -> Limits:
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


def _products(sources: Sources, medicines: Mapping[MedicineId, Medicine]) -> dict[ProductId, Product]:
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


def _product(row: Row, medicine: Medicine, unit: Unit) -> Product:
    strengths = []
    for part in row.needed("strength_value").split(" / "):
        single = Row(row.file, row.line, {"strength_value": part})
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


def _release(row: Row) -> str:
    found = _BEFORE.match(row.needed("name"))
    return found.group().strip() if found else ""


def _components(row: Row, expected: int) -> tuple[str, ...]:
    """ "24 HR fluoxetine 25 MG / olanzapine 3 MG Oral Capsule" holds fluoxetine and olanzapine."""
    parts = _BEFORE.sub("", row.needed("name"), count=1).split(" / ")
    matches = [re.match(r"(\D.*?) [\d.]+ MG", part, re.IGNORECASE) for part in parts]
    found = tuple(match.group(1) for match in matches if match)
    if len(found) != expected:
        raise row.bad(f"the name and strength_value do not tell the same components: {row.text('name')}")
    return found


def _counted(row: Row, medicine: Medicine, strengths: list[Quantity]) -> Quantity:
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


def _tags(sources: Sources, medicines: Mapping[MedicineId, Medicine]) -> dict[str, frozenset[str]]:
    members: dict[str, set[str]] = defaultdict(set)
    for each in medicines.values():
        members[each.drug_class].add(each.id)
    for row in rows(sources, "classes.csv", ("tag", "member", "member_kind", "source")):
        member = row.needed("member")
        kind = row.one_of("member_kind", frozenset({"formulary_id", "ingredient", "substance"}))
        if kind == "formulary_id" and member not in medicines:
            raise row.bad(f"no medicine is called {member}")
        members[row.needed("tag")].add(member if kind == "formulary_id" else member.lower())
    return {tag: frozenset(names) for tag, names in members.items()}


def _education(sources: Sources, medicines: Mapping[MedicineId, Medicine]) -> dict[str, Education]:
    classes = read_yaml(sources, "education.yaml").get("classes")
    if not isinstance(classes, dict):
        raise BadReference("education.yaml: no classes")
    found: dict[str, Education] = {}
    for name, fields in classes.items():
        try:
            texts = {key: str(fields[key]) for key in _EDUCATION}
        except (KeyError, TypeError):
            raise BadReference(f"education.yaml: {name} lacks one of {', '.join(_EDUCATION)}") from None
        found[str(name)] = Education(str(name), *texts.values())
    if missing := {each.drug_class for each in medicines.values()} - found.keys():
        raise BadReference(f"education.yaml: nothing for {min(missing)}")
    return found


_EDUCATION = (
    "title",
    "how_it_works",
    "how_to_take",
    "what_to_expect",
    "never_stop_suddenly",
    "alcohol_food_and_other_medicines",
    "get_urgent_help",
    "source",
)


def _name_word(row: Row) -> str:
    row.one_of("kind", _NAME_WORD_KINDS)
    row.needed("source")
    return row.needed("word")


def _release_word(row: Row) -> tuple[str, str]:
    row.needed("source")
    return row.needed("word"), row.needed("form")


def _once_a_day(row: Row) -> str:
    row.needed("source")
    row.one_of("times_a_day", frozenset({"1"}))
    return row.needed("release")


def _effect(row: Row) -> PlainEffect:
    return PlainEffect(
        row.needed("class"),
        row.one_of("level", frozenset({"common", "serious"})),
        row.needed("effect"),
        row.needed("plain_language"),
        row.needed("action"),
        row.needed("source"),
    )


def _allergen(row: Row) -> Allergen:
    row.needed("source")
    names = (row.needed("name"), *row.parts("other_names"))
    return Allergen(frozenset(name.lower() for name in names), row.text("source"))


def _monitor(row: Row) -> Monitor:
    return Monitor(
        row.needed("medicine_or_class"),
        row.needed("tag"),
        row.needed("test"),
        row.text("loinc") or None,
        row.text("baseline"),
        row.text("schedule"),
        row.text("schedule_phase"),
        row.text("unit_ucum"),
        row.text("note"),
        row.needed("source"),
    )
