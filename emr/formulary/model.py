"""The formulary: what is known of medicines, where it is from, and which version of it was used."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from emr.formulary.contents import Contents, contents
from emr.formulary.entries import Education, Medicine, MedicineId, PlainEffect, Product, ProductId, SourceReview
from emr.formulary.names import Names, Recognized, matches, near, words
from emr.formulary.sources import Sources
from emr.shared.errors import NotFound
from emr.shared.quantity import Quantity
from emr.shared.validation import BadFile, Problem


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One answer to a search. `strengths` for people, "25 mg, 50 mg, 100 mg"; `forms` most common first."""

    medicine: Medicine
    forms: tuple[str, ...]
    strengths: str
    usual_start: Quantity | None


@dataclass(frozen=True, slots=True)
class Alternative:
    """A medicine that is not federally controlled and is used for the same thing: information, not advice."""

    medicine: Medicine
    indication: str
    standing: str
    note: str
    source: str
    verified: SourceReview


class Formulary:
    """The checked reference data. Immutable; one for the whole program."""

    def __init__(self, read: Contents, version: str, sha256: str) -> None:
        self.contents = read
        self.version = version
        self.sha256 = sha256
        self._names = Names(read)
        self._products: dict[MedicineId, list[Product]] = defaultdict(list)
        for product in read.products.values():
            self._products[product.medicine].append(product)
        self._tags_of: dict[str, set[str]] = defaultdict(set)
        for tag, members in read.tags.items():
            for member in members:
                self._tags_of[member].add(tag)

    @property
    def released(self) -> date:
        """The day of the release, without the number of a second one on it."""
        return date.fromisoformat(self.version[:10])

    def medicine(self, medicine: MedicineId) -> Medicine:
        """A medicine by its id. NotFound when there is none."""
        if (found := self.contents.medicines.get(medicine)) is None:
            raise NotFound("no_such_medicine", "This medicine is not in the formulary.")
        return found

    def product(self, product: ProductId) -> Product:
        """A product by its id. NotFound when there is none."""
        if (found := self.contents.products.get(product)) is None:
            raise NotFound("no_such_product", "This product is not in the formulary.")
        return found

    def products(self, medicine: MedicineId) -> tuple[Product, ...]:
        """Its real products, most common first."""
        return tuple(sorted(self._products[medicine], key=lambda each: (-each.common, each.name)))

    def search(self, text: str, limit: int = 12) -> list[SearchResult]:
        """Medicines whose names or brands begin with the words typed; best first. Controlled ones too: whether they
        may be prescribed is not decided here. Strength and form words in the text are passed over."""
        return [self._found(medicine) for medicine in matches(text, self.contents)[:limit]]

    def recognize(self, text: str) -> Recognized:
        """What a written name means: see `Recognized`."""
        return self._names.recognize(text)

    def keys(self, member: str) -> frozenset[str]:
        """The sides of a rule that a medicine id, or a substance's lower-case name, stands on: itself and its tags."""
        return frozenset({member, *self._tags_of.get(member, ())})

    def members(self, key: str) -> frozenset[str]:
        """The members of a tag or class; of anything else, itself alone."""
        return self.contents.tags.get(key, frozenset({key}))

    def alternatives_for(self, medicine: MedicineId) -> tuple[Alternative, ...]:
        """Medicines for the same indications that carry no federal schedule and are not given on site, in the order
        of the file; () when nothing is known. A state may still schedule one: compliance decides when it is tried."""
        rows = self.contents.indications
        uses = {row.indication for row in rows if row.medicine == medicine}
        others = ((row, self.contents.medicines[row.medicine]) for row in rows if row.indication in uses)
        return tuple(
            Alternative(other, row.indication, row.standing, row.note, row.source, row.verified)
            for row, other in others
            if other.schedule == "none" and not other.telehealth_flag and other.id != medicine
        )

    def alternatives_named(self, ingredient: str) -> tuple[Alternative, ...]:
        """The same for a name as compliance resolved it ("alprazolam"); () when the formulary does not know it."""
        known = self.recognize(ingredient).medicines
        return self.alternatives_for(known[0]) if known else ()

    def near(self, text: str, limit: int = 3) -> tuple[tuple[Medicine, str], ...]:
        """What a name that means nothing may be a slip of, with the name that is near it; () when nothing is.

        Only medicines without a federal schedule: the others would be stopped in any case.
        """
        offered = [found for found in near(text, self.contents) if found[0].schedule == "none"]
        return tuple(offered[:limit])

    def education(self, medicine: MedicineId) -> Education:
        """What a patient is told about this kind of medicine."""
        return self.contents.education[self.medicine(medicine).drug_class]

    def effects(self, medicine: MedicineId) -> tuple[PlainEffect, ...]:
        """Side effects in plain words, serious ones first."""
        kind = self.medicine(medicine).drug_class
        found = [each for each in self.contents.effects if each.drug_class == kind]
        return tuple(sorted(found, key=lambda each: each.level != "serious"))

    def harmless_allergen(self, text: str) -> bool:
        """Whether this names an allergen that no medicine of the formulary contains."""
        name = " ".join(words(text))
        return any(name in {" ".join(words(known)) for known in allergen.names} for allergen in self.contents.allergens)

    def _found(self, medicine: Medicine) -> SearchResult:
        products = self.products(medicine.id)
        strengths = sorted({each.strengths for each in products}, key=lambda each: (each[0].unit.value, each))
        return SearchResult(
            medicine,
            tuple(dict.fromkeys(each.form for each in products)),
            ", ".join(" / ".join(str(part) for part in each) for each in strengths),
            medicine.limits.usual_start,
        )


def load_from(folder: Traversable) -> Formulary:
    """The formulary of a folder. BadFile for what cannot be used."""
    sources = Sources(folder)
    version = sources.text("VERSION").strip()
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}(\.\d+)?", version):
        raise BadFile([Problem("VERSION", 1, "", f"not a date: {version!r}")])
    return Formulary(contents(sources), version, sources.sha256)


@cache
def load() -> Formulary:
    """The formulary that this release ships, read and checked once. BadFile: the program must not start."""
    return load_from(files("emr") / "reference")
