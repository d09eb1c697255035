"""Turns the reference files into entries, and refuses the whole set when rows contradict one another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from emr.formulary.entries import (
    Adjustment,
    Allergen,
    Education,
    Indication,
    Interaction,
    Medicine,
    MedicineId,
    Monitor,
    PlainEffect,
    Product,
    ProductId,
    Washout,
    WithWhen,
)
from emr.formulary.medicines import medicines_of, products_of
from emr.formulary.reading import CsvRow, read, read_when, read_yaml, rows
from emr.formulary.sources import Sources
from emr.shared.quantity import Unit
from emr.shared.reference_files import BadReference

_SEVERITIES = frozenset({"contraindicated", "major", "moderate"})
_NAME_WORD_KINDS = frozenset({"unit", "dose_form", "timing", "salt", "release", "filler"})


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
    medicines = medicines_of(sources)
    tags = _tags(sources, medicines)
    rules = _Rules(medicines, frozenset(tags) | frozenset(medicines))
    told = ("source", "verified")
    return Contents(
        medicines,
        products_of(sources, medicines),
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

    def interaction(self, row: CsvRow) -> Interaction:
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

    def washout(self, row: CsvRow) -> Washout:
        days = row.whole("days")
        if not days:
            raise row.bad("days is empty or 0")
        before, after = self._side(row, "from"), self._side(row, "to")
        return Washout(before, after, days, row.needed("rule"), row.needed("source"), row.verified())

    def adjustment(self, row: CsvRow) -> Adjustment:
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

    def indication(self, row: CsvRow) -> Indication:
        return Indication(
            self._owner(row),
            row.needed("indication"),
            row.one_of("standing", frozenset({"labelled", "off_label"})),
            row.text("note"),
            row.needed("source"),
            row.verified(),
        )

    def _side(self, row: CsvRow, column: str) -> str:
        if (value := row.needed(column)) not in self.known:
            raise row.bad(f"{column} names neither a medicine nor a tag: {value}")
        return value

    def _owner(self, row: CsvRow) -> MedicineId:
        if (value := MedicineId(row.needed("formulary_id"))) not in self.medicines:
            raise row.bad(f"no medicine is called {value}")
        return value


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


def _name_word(row: CsvRow) -> str:
    row.one_of("kind", _NAME_WORD_KINDS)
    row.needed("source")
    return row.needed("word")


def _release_word(row: CsvRow) -> tuple[str, str]:
    row.needed("source")
    return row.needed("word"), row.needed("form")


def _once_a_day(row: CsvRow) -> str:
    row.needed("source")
    row.one_of("times_a_day", frozenset({"1"}))
    return row.needed("release")


def _effect(row: CsvRow) -> PlainEffect:
    return PlainEffect(
        row.needed("class"),
        row.one_of("level", frozenset({"common", "serious"})),
        row.needed("effect"),
        row.needed("plain_language"),
        row.needed("action"),
        row.needed("source"),
    )


def _allergen(row: CsvRow) -> Allergen:
    row.needed("source")
    names = (row.needed("name"), *row.parts("other_names"))
    return Allergen(frozenset(name.lower() for name in names), row.text("source"))


def _monitor(row: CsvRow) -> Monitor:
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
