"""Turns the reference files into entries, and refuses the whole set when rows contradict one another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator

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
)
from emr.formulary.medicines import medicines_of, products_of
from emr.formulary.sources import Sources
from emr.shared.validation import NeededText, Problems, one_of, parts, yaml_value


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
    """All that the files hold. BadFile names each row of the first file with rows that cannot be used."""
    medicines = medicines_of(sources)
    tags = _tags(sources, medicines)
    known = {"medicines": medicines, "sides": tags.keys() | medicines.keys()}
    return Contents(
        medicines,
        products_of(sources, medicines),
        tags,
        tuple(sources.rows("interactions.csv", Interaction, known)),
        tuple(sources.rows("washouts.csv", Washout, known)),
        tuple(sources.rows("adjustments.csv", Adjustment, known)),
        tuple(sources.rows("indications.csv", Indication, known)),
        tuple(sources.rows("side_effects.csv", PlainEffect)),
        _education(sources, medicines),
        tuple(_allergen(row) for row in sources.rows("allergens.csv", _AllergenRow)),
        tuple(sources.rows("monitoring.csv", Monitor)),
        frozenset(row.word for row in sources.rows("name_words.csv", _NameWord)),
        {row.word: row.form for row in sources.rows("release_words.csv", _ReleaseWord)},
        frozenset(row.release for row in sources.rows("release_durations.csv", _OnceADay)),
    )


@dataclass(frozen=True, slots=True)
class _Member:
    """A row of classes.csv: what belongs to a tag."""

    line: int
    tag: NeededText
    member: NeededText
    member_kind: Annotated[str, one_of("formulary_id", "ingredient", "substance")]
    source: str


def _tags(sources: Sources, medicines: Mapping[MedicineId, Medicine]) -> dict[str, frozenset[str]]:
    members: dict[str, set[str]] = defaultdict(set)
    for each in medicines.values():
        members[each.drug_class].add(each.id)
    problems = Problems("classes.csv")
    for row in sources.rows("classes.csv", _Member):
        own = row.member_kind == "formulary_id"
        problems.need(not own or row.member in medicines, f"no medicine is called {row.member!r}", row.line, "member")
        members[row.tag].add(row.member if own else row.member.lower())
    problems.check()
    return {tag: frozenset(names) for tag, names in members.items()}


def _named(classes: object) -> object:
    """Each class with its own name as a field."""
    if not isinstance(classes, dict):
        return classes
    return {name: {**told, "drug_class": name} if isinstance(told, dict) else told for name, told in classes.items()}


@dataclass(frozen=True, slots=True)
class _EducationFile:
    """education.yaml."""

    classes: Annotated[dict[str, Education], BeforeValidator(_named)]


def _education(sources: Sources, medicines: Mapping[MedicineId, Medicine]) -> dict[str, Education]:
    name = "education.yaml"
    found = yaml_value(name, sources.text(name), _EducationFile).classes
    problems = Problems(name)
    for missing in sorted({each.drug_class for each in medicines.values()} - found.keys()):
        problems.add(0, f"nothing for {missing}")
    problems.check()
    return found


@dataclass(frozen=True, slots=True)
class _NameWord:
    """A row of name_words.csv."""

    word: NeededText
    kind: Annotated[str, one_of("unit", "dose_form", "timing", "salt", "release", "filler")]
    source: NeededText


@dataclass(frozen=True, slots=True)
class _ReleaseWord:
    """A row of release_words.csv."""

    word: NeededText
    form: NeededText
    source: NeededText


@dataclass(frozen=True, slots=True)
class _OnceADay:
    """A row of release_durations.csv."""

    release: NeededText
    times_a_day: Annotated[str, one_of("1")]
    source: NeededText


@dataclass(frozen=True, slots=True)
class _AllergenRow:
    """A row of allergens.csv."""

    name: NeededText
    other_names: Annotated[tuple[str, ...], parts("|")]
    source: NeededText


def _allergen(row: _AllergenRow) -> Allergen:
    return Allergen(frozenset(name.lower() for name in (row.name, *row.other_names)), row.source)
