"""What a number in a name may say besides a strength: a grade, or the strength of a medicine that is not written.

"Tylenol #3" is acetaminophen with codeine; "APAP 10/325" has two strengths for the one medicine it names. Here a number
is taken for such unless the text shows that it measures or counts something. So is a connector behind which nothing
comes ("promethazine with"). Pure.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from compliance.shared.errors import BadReference
from compliance.substances.reference import Files, Several, Source
from compliance.substances.text import Part, Token
from emr.shared.validation import NeededText, Problems, exactly, parts

KindOf = Callable[[str], str]
"""The kind of a word that may stand beside a name (words.csv), or "" for any other."""

MG_IN: Mapping[str, float] = {"mg": 1.0, "mgs": 1.0, "g": 1000.0, "gm": 1000.0, "mcg": 0.001, "ug": 0.001}
_MARK = re.compile(r"(#|\b(?:no|nr|num|number|grade)\b\.?)[\s\"(\[]*$")
_JOINED = re.compile(r"[-/+&]\s*$|\bx\s*$")
_OPEN_END = re.compile(r"[/&+][\s,]*$")
_SAME = 0.01


@dataclass(frozen=True, slots=True)
class HalfWritten:
    """A combination with a controlled substance: strengths in mg of the other ingredient, and of the controlled one."""

    substance: str
    strengths: tuple[float, ...]
    controlled: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Numbers:
    """The reference data about numbers. `grades`: substance -> numbers and numerals that grade it."""

    grades: Mapping[str, frozenset[str]]
    combinations: tuple[HalfWritten, ...]

    def may_grade(self, word: str, substances: Collection[str]) -> bool:
        """Whether a word is a number that grades one of these substances: "3", "3.0", "iii"."""
        number = _plain(word)
        return any(number in self.grades.get(one, frozenset()) for one in substances)

    def say_more(self, parts: Sequence[Part], substances: Collection[str], names: int, kind_of: KindOf) -> bool:
        """Whether numbers, or an open end, may stand for a controlled ingredient of a text in which `names` names are
        written, none of them controlled.
        """
        if any(_OPEN_END.search(part.text) or kind_of(part.tokens[-1].text) == "connector" for part in parts):
            return True
        return any(
            self.may_grade(token.text, substances) and not counts(part, at, kind_of)
            for part in parts
            for at, token in enumerate(part.tokens)
        ) or self._half_written(parts, substances, names, kind_of)

    def _half_written(self, parts: Sequence[Part], substances: Collection[str], names: int, kind_of: KindOf) -> bool:
        strengths = [mg for part in parts for mg in _strengths(part, kind_of)]
        if len(strengths) <= names:
            return False
        return any(
            _is_one_of(mg, row.strengths) and _is_one_of(other, row.controlled)
            for row in self.combinations
            if row.substance in substances
            for place, mg in enumerate(strengths)
            for other in (*strengths[:place], *strengths[place + 1 :])
        )


def counts(part: Part, at: int, kind_of: KindOf) -> bool:
    """Whether the text shows that the number at this token measures an amount or counts something taken.

    A unit of mass or volume behind it; a verb of taking before it ("take 1-2 tablets"); a period behind it and not the
    name, a form or nothing before it ("for 3 days"). A form alone shows nothing: "Tylenol 3 tablets" is either.
    """
    if is_marked(part, at):
        return False
    words = [token.text for token in part.tokens]
    first = at - 1 if at and part.tokens[at - 1].is_number else at
    last = at + 1 if at + 1 < len(words) and part.tokens[at + 1].is_number else at
    after = kind_of(words[at + 1]) if at + 1 < len(words) else ""
    behind = kind_of(words[last + 1]) if last + 1 < len(words) else ""
    if after == "unit":
        return True
    if first and kind_of(words[first - 1]) == "intake":
        return behind in {"form", "route", "direction", "frequency", "period"}
    before = kind_of(words[at - 1]) if at else ""
    taken = any(kind_of(word) == "intake" for word in words[:at])
    return after == "period" and (taken or before not in {"", "form", "population"})


def is_marked(part: Part, at: int) -> bool:
    """Whether "#", "no." or "number" stands before the token."""
    return bool(_MARK.search(part.text[: part.tokens[at].start]))


def _plain(word: str) -> str:
    """A number without leading zeros and a decimal part of zeros only; other words as they are."""
    found = re.fullmatch(r"0*(\d+)(?:[.,]0*)*", word)
    return found[1] if found else word


def _strengths(part: Part, kind_of: KindOf) -> Iterator[float]:
    """The numbers of a part that may be strengths, in mg: all but volumes, counts and periods."""
    tokens = part.tokens
    for at, token in enumerate(tokens):
        if not token.is_number or is_marked(part, at):
            continue
        after = tokens[at + 1].text if at + 1 < len(tokens) else ""
        unit = kind_of(after) == "unit"
        if unit and after not in MG_IN:
            continue
        if not unit and _is_count(part, at, kind_of(after), kind_of):
            continue
        yield _value(token) * (MG_IN[after] if unit else 1.0)


def _is_count(part: Part, at: int, after: str, kind_of: KindOf) -> bool:
    """Whether a number without a unit counts pieces or a period: "325 mg, 30 tablets", "every 10 days"."""
    if after == "period":
        return True
    if after != "form" or _JOINED.search(part.text[: part.tokens[at].start]):
        return False
    before = kind_of(part.tokens[at - 1].text) if at else ""
    return before in {"intake", "unit"}


def _value(token: Token) -> float:
    """The number of a token; a comma parts thousands when three digits follow it."""
    text = re.sub(r",(?=\d{3}(?:\D|$))", "", token.text).replace(",", ".")
    return float(".".join(text.split(".")[:2]))


def _is_one_of(mg: float, strengths: Sequence[float]) -> bool:
    return any(abs(mg - one) <= _SAME * one for one in strengths)


_Strengths = Annotated[tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...], parts(";"), Field(min_length=1)]


@exactly
@dataclass(frozen=True, slots=True)
class _GradeRow:
    """A row of numbered_names.csv."""

    substance: NeededText
    numbers: Several
    could_be: NeededText
    source: Source


@exactly
@dataclass(frozen=True, slots=True)
class _CombinationRow:
    """A row of combination_strengths.csv."""

    line: int
    substance: NeededText
    strengths: _Strengths
    controlled: NeededText
    controlled_strengths: _Strengths
    source: Source


def load(files: Files, keys: frozenset[str], is_controlled: Callable[[str], bool]) -> Numbers:
    """Reads grades and strengths of combinations; `is_controlled` says what the schedules say of a substance."""
    grades = {row.substance: frozenset(row.numbers) for row in files.rows("numbered_names.csv", _GradeRow, keys)}
    rows = files.rows("combination_strengths.csv", _CombinationRow, keys)
    problems = Problems("combination_strengths.csv", refusal=BadReference)
    for row in rows:
        fits = not is_controlled(row.substance) and is_controlled(row.controlled)
        problems.need(fits, "'substance' must be uncontrolled and 'controlled' controlled", row.line)
    problems.check()
    return Numbers(grades, tuple(HalfWritten(row.substance, row.strengths, row.controlled_strengths) for row in rows))
