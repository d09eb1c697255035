"""Finds what a written name means: generic names, brands and the substances that the interaction rules know."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from emr.formulary.contents import Contents
from emr.formulary.entries import Medicine, MedicineId

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
NEAR = 0.8
"""How alike two names are for one to be taken for a slip of the other: one letter of five, two of ten.

Twice the letters that both have in the same order, of all letters of the two (Indel similarity)."""
SHORTEST_NEAR = 4
_AMOUNT = re.compile(r"\d+(mg|mcg|ml|hr|h)?")


@dataclass(frozen=True, slots=True)
class Recognized:
    """What a written name was found to mean. Nothing in `medicines` and `substances`: it means nothing to us.

    `medicines`: the rows that it may stand for (without "XL" for every formulation, with it for that one).
    `substances`: names that only the interaction rules know (ibuprofen), lower case.
    `complete`: no word of it was left over. A combination of which one part is unknown is not complete.
    """

    medicines: tuple[MedicineId, ...]
    substances: tuple[str, ...]
    complete: bool

    @property
    def known(self) -> bool:
        return bool(self.medicines or self.substances)


def words(text: str) -> tuple[str, ...]:
    """The words of a text in lower case, apostrophes dropped: "St John's wort" is st, johns, wort."""
    plain = text.lower().replace("'", "").replace("’", "")
    return tuple(_WORD.findall(plain))


def meaning_words(text: str, said_besides: frozenset[str]) -> tuple[str, ...]:
    """The words that say what it is: without numbers and the words `said_besides` it (`Contents.said_besides`)."""
    return tuple(word for word in words(text) if word not in said_besides and not _AMOUNT.fullmatch(word))


class Names:
    """An index over every name that the reference data has."""

    def __init__(self, contents: Contents) -> None:
        self._medicines: dict[tuple[str, ...], list[MedicineId]] = defaultdict(list)
        self._substances: dict[tuple[str, ...], str] = {}
        self._said_besides = contents.said_besides
        for medicine in contents.medicines.values():
            for name in dict.fromkeys(filter(None, _names_of(medicine, self._said_besides))):
                self._medicines[name].append(medicine.id)
        for members in contents.tags.values():
            for member in members - contents.medicines.keys():
                self._substances[words(member)] = member
        self._longest = max(map(len, (*self._medicines, *self._substances)))

    def recognize(self, text: str) -> Recognized:
        """Reads a name from left to right, the longest known name first."""
        medicines: dict[MedicineId, None] = {}
        substances: dict[str, None] = {}
        left_over = False
        rest = words(text)
        while rest:
            size = self._known_prefix(rest)
            name = rest[:size]
            medicines |= dict.fromkeys(self._medicines.get(name, ()))
            if name in self._substances:
                substances[self._substances[name]] = None
            if not size and meaning_words(rest[0], self._said_besides):
                left_over = True
            rest = rest[max(size, 1) :]
        found = bool(medicines or substances)
        return Recognized(self._of_that_release(medicines, text), tuple(substances), found and not left_over)

    def _of_that_release(self, medicines: Iterable[MedicineId], text: str) -> tuple[MedicineId, ...]:
        """Those whose id ends with a release that the text names ("bupropion_xl" for XL); all, when none does."""
        said = self._said_besides.intersection(words(text))
        every = tuple(medicines)
        return tuple(one for one in every if one.rpartition("_")[2] in said) or every

    def _known_prefix(self, rest: tuple[str, ...]) -> int:
        for size in range(min(self._longest, len(rest)), 0, -1):
            if rest[:size] in self._medicines or rest[:size] in self._substances:
                return size
        return 0


def _names_of(medicine: Medicine, said_besides: frozenset[str]) -> Iterable[tuple[str, ...]]:
    """The names that mean this medicine, as words. A part of a combination alone does not mean the combination."""
    yield words(re.sub(r"\(.*?\)", "", medicine.name))
    yield words(medicine.name)
    yield meaning_words(re.sub(r"\(.*?\)", "", medicine.name), said_besides)
    if len(medicine.ingredients) == 1:
        yield words(medicine.ingredients[0].name)
    for brand in medicine.brands:
        yield words(brand)


def matches(query: str, contents: Contents) -> list[Medicine]:
    """Medicines of which every typed word begins some word of a name or brand; best first, then by name."""
    typed = meaning_words(query, contents.said_besides)
    if not typed:
        return []
    ranked = []
    for medicine in contents.medicines.values():
        names = [words(medicine.name), *(words(brand) for brand in medicine.brands)]
        every = {word for name in names for word in name}
        if all(any(word.startswith(part) for word in every) for part in typed):
            rank = -1 if words(query) in names else _rank(typed, names)
            ranked.append((rank, medicine.name, medicine))
    return [medicine for _, _, medicine in sorted(ranked, key=lambda entry: entry[:2])]


def near(query: str, contents: Contents) -> list[tuple[Medicine, str]]:
    """Medicines with a name or brand that is written almost like `query`, and that name; nearest first.

    A medicine has one place, by its nearest name; of several formulations of one medicine the first stands for all.
    """
    typed = "".join(meaning_words(query, contents.said_besides))
    if len(typed) < SHORTEST_NEAR:
        return []
    found: dict[str, tuple[float, Medicine, str]] = {}
    for medicine in contents.medicines.values():
        for name in (medicine.plain_name, *medicine.brands):
            plain = "".join(meaning_words(name, contents.said_besides))
            letters = len(typed) + len(plain)
            likeness = (letters - Indel.distance(typed, plain)) / letters  # whole numbers: 12 of 15 is 0.8
            known = found.get(medicine.plain_name)
            if likeness >= NEAR and (known is None or known[0] < likeness):
                found[medicine.plain_name] = (likeness, medicine, name)
    ranked = sorted(found.values(), key=lambda entry: (-entry[0], entry[2].lower()))
    return [(medicine, name) for _, medicine, name in ranked]


def _rank(typed: tuple[str, ...], names: list[tuple[str, ...]]) -> int:
    if any(name == typed for name in names):
        return 0
    if any(name[: len(typed)] == typed for name in names):
        return 1
    return 2 if any(name and name[0].startswith(typed[0]) for name in names) else 3
