"""Finds known names in the tokens of a text, longest first, and accounts for every other token. Pure.

Knows names and words, not schedules. Nothing is guessed: a token that is neither a known name nor a known word
beside one stays in `unread`, and the caller must not go on as if it were not there.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import OSA

from compliance.substances import numbers
from compliance.substances.numbers import Numbers
from compliance.substances.reference import Ambiguous, Filler, Name
from compliance.substances.schedule import Strength
from compliance.substances.text import Part, Token

Entry = Name | Filler | Ambiguous
"""What a run of tokens can be. A name wins over a word, an ambiguous name over both, longer over shorter."""

_LONGEST_BROKEN_NAME = 4
_NEAR_MIN_LENGTH = 6
_NEAR_TWO_LETTERS = 8
_AMOUNT = re.compile(
    r"(?P<mg>\d+(?:\.\d+)?)\s*(?P<unit>mg|mcg|ug|gm|g)\b(?:\s*(?:/|per|in)\s*(?P<per>\d+(?:\.\d+)?)?\s*ml\b)?"
)
_LIST = re.compile(
    r"(?<![\d.])(?P<list>\d+(?:\.\d+)?\s*(?:mg)?(?:\s*[-/]\s*\d+(?:\.\d+)?\s*(?:mg)?)+)(?P<ml>\s*ml\b|\s*/\s*ml\b)?"
)


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A known name in a part: the row of the name, where it stands, and the strength written for it, if any."""

    name: Name
    start: int
    end: int
    strength: Strength | None


@dataclass(frozen=True, slots=True)
class PartReading:
    """What one part says. `unread`: tokens nobody knows. `ambiguous`: what the ambiguous names could be."""

    found: tuple[NameMatch, ...]
    forms: frozenset[str]
    unread: tuple[str, ...]
    ambiguous: tuple[str, ...]

    @property
    def substances(self) -> frozenset[str]:
        """All ingredients named."""
        return frozenset(one for found in self.found for one in found.name.substances)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All names and words, by first token, longest first; the controlled ones written as one word; those of them that
    end with a grade.
    """

    entries: Mapping[str, Sequence[Entry]]
    controlled: Mapping[str, Name]
    graded: frozenset[tuple[str, ...]]

    def read(self, part: Part) -> PartReading:
        """Accounts for every token of a part."""
        found: list[tuple[Name, Token, Token]] = []
        forms: set[str] = set()
        unread: list[str] = []
        ambiguous: list[str] = []
        tokens = part.tokens
        at = 0
        while at < len(tokens):
            entry, width = self.entry(tokens, at, after_name=_follows(part, found, tokens[at]))
            match entry:
                case Name():
                    grade = self.grade(part, entry, at + width - 1)
                    if grade == "unsure":
                        ambiguous.append(entry.name)
                    if grade in {"unsure", "amount"}:
                        entry, width = self.known(entry.words[:-1]) or entry, width - 1
                    found.append((entry, tokens[at], tokens[at + width - 1]))
                case Filler():
                    forms.update({entry.form} - {""})
                case Ambiguous():
                    ambiguous.append(entry.could_be)
                case None:
                    if not tokens[at].is_number:
                        unread.append(tokens[at].text)
            at += width
        return PartReading(_with_strengths(part, found), frozenset(forms), tuple(unread), tuple(ambiguous))

    def is_controlled(self, name: Name) -> bool:
        """Whether the name is one of the controlled names' file."""
        return self.controlled.get("".join(name.words)) is name

    def near(self, word: str, *, ingredients_only: bool = False) -> Name | None:
        """The controlled name that an unknown word is likely a misspelling of, or None.

        One letter off (put in, left out, changed, or two neighbors swapped: optimal string alignment); two in words
        of eight letters and more. Brands and short words are left out for running text:
        there "fasting" is not Fastin, nor "herein" heroin.
        """
        if len(word) < _NEAR_MIN_LENGTH + ingredients_only or word.isdigit():
            return None
        limit = 1 if ingredients_only or len(word) < _NEAR_TWO_LETTERS else 2
        near = (
            (OSA.distance(word, joined, score_cutoff=limit), joined)
            for joined, name in self.controlled.items()
            if len(joined) >= _NEAR_MIN_LENGTH - 1
            and joined.isalpha()
            and (name.kind == "ingredient" or not ingredients_only)
        )
        best = min(near, default=(limit + 1, ""))
        return self.controlled[best[1]] if best[0] <= limit else None

    def entry(self, tokens: Sequence[Token], at: int, *, after_name: bool) -> tuple[Entry | None, int]:
        """The longest entry that starts here, or a controlled name broken in pieces, or None; and how long it is."""
        first = tokens[at].text
        fallback: Entry | None = None
        for entry in self.entries.get(first, ()):
            if all(a == b.text for a, b in zip(entry.words, tokens[at : at + len(entry.words)], strict=False)) and (
                at + len(entry.words) <= len(tokens)
            ):
                if after_name and len(entry.words) == 1 and isinstance(entry, Name) and not self.is_controlled(entry):
                    # "esomeprazole magnesium": here magnesium is the salt, not a second medicine.
                    fallback = entry
                    continue
                if fallback is not None and not (isinstance(entry, Filler) and entry.kind == "salt"):
                    break
                return entry, len(entry.words)
        return (fallback, len(fallback.words)) if fallback else self._broken(tokens, at)

    def _broken(self, tokens: Sequence[Token], at: int) -> tuple[Name | None, int]:
        """A controlled name written in pieces ("pre-gabalin"), and in how many."""
        joined = tokens[at].text
        for width in range(2, min(_LONGEST_BROKEN_NAME, len(tokens) - at) + 1):
            joined += tokens[at + width - 1].text
            if joined in self.controlled and joined.isalpha():
                return self.controlled[joined], width
        return None, 1

    def grade(self, part: Part, name: Name, last: int) -> Literal["none", "sure", "unsure", "amount"]:
        """What the number is that a controlled name ends with in a text ("Tylenol 3"), its token at `last`.

        "none": the name ends with no grade. "sure": the grade, for it is marked as a number, or nothing is written
        beside a brand that it could count. "amount": it has a unit ("Tylenol 2 g"), so the name is without it.
        """
        if name.words not in self.graded:
            return "none"
        if numbers.is_marked(part, last) or len(name.words) > 2:
            return "sure"
        if self.kind_of(part.tokens[last + 1].text if last + 1 < len(part.tokens) else "") == "unit":
            return "amount"
        # The number's own word is looked at, too: "Tylenol IV" may be given into a vein.
        unsure = name.kind != "brand" or any(self._takes_a_number(token.text) for token in part.tokens)
        return "unsure" if unsure else "sure"

    def _takes_a_number(self, word: str) -> bool:
        """Whether a number beside this word may count what is taken."""
        return self.kind_of(word) in {"form", "count", "frequency", "period", "direction", "intake", "route"}

    def known(self, words: tuple[str, ...]) -> Name | None:
        """The name that is written in exactly these words."""
        same = (one for one in self.entries.get(words[0], ()) if isinstance(one, Name) and one.words == words)
        return next(same, None)

    def kind_of(self, word: str) -> str:
        """The kind of a word of one token, or ""."""
        for entry in self.entries.get(word, ()):
            if isinstance(entry, Filler) and len(entry.words) == 1:
                return entry.kind
        return ""


def lexicon(
    controlled: Iterable[Name],
    known: Iterable[Name],
    fillers: Iterable[Filler],
    ambiguous: Iterable[Ambiguous],
    grades: Numbers,
) -> Lexicon:
    """Builds the index. Among entries of one length: ambiguous first, then names, then words."""
    controlled = tuple(controlled)
    entries: dict[str, list[Entry]] = {}
    everything: list[Entry] = [*ambiguous, *controlled, *known, *fillers]
    for entry in everything:
        entries.setdefault(entry.words[0], []).append(entry)
    for some in entries.values():
        some.sort(key=lambda entry: -len(entry.words))
    graded = (name.words for name in controlled if name.words[1:] and grades.may_grade(name.words[-1], name.substances))
    return Lexicon(entries, {"".join(name.words): name for name in controlled}, frozenset(graded))


def _follows(part: Part, found: Sequence[tuple[Name, Token, Token]], token: Token) -> bool:
    """Whether a token stands right behind a name, with blanks only between them."""
    return bool(found) and not part.text[found[-1][2].end : token.start].strip()


def _with_strengths(part: Part, found: Sequence[tuple[Name, Token, Token]]) -> tuple[NameMatch, ...]:
    """Gives each name the strength written for it: behind it, or by its place in a list like "100-10 mg/5 mL"."""
    positional = _positional(part.text, len(found))
    results: list[NameMatch] = []
    for place, (name, first, last) in enumerate(found):
        until = found[place + 1][1].start if place + 1 < len(found) else len(part.text)
        strength = positional[place] if positional else _amount(part.text[last.end : until])
        results.append(NameMatch(name, first.start, last.end, strength))
    return tuple(results)


def _amount(text: str) -> Strength | None:
    """The one amount in a stretch of text; None when there is none or more than one."""
    amounts = list(_AMOUNT.finditer(text))
    if len(amounts) != 1:
        return None
    found = amounts[0]
    per_ml: float | None = None
    if found.group().rstrip().endswith("ml"):
        per_ml = float(found["per"] or 1)
    return Strength(float(found["mg"]) * numbers.MG_IN[found["unit"]], per_ml or None)


def _positional(text: str, count: int) -> tuple[Strength, ...]:
    """The strengths of a list with as many places as there are names; empty when the text has no such list."""
    if count < 2:
        return ()
    for found in _LIST.finditer(text):
        numbers = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", found["list"])]
        per_ml: float | None = None
        if found["ml"]:
            per_ml = 1.0 if "/" in found["ml"] else numbers.pop()
        if len(numbers) == count and (per_ml is None or per_ml > 0):
            return tuple(Strength(number, per_ml) for number in numbers)
    return ()
