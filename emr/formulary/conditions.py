"""When a dose rule applies, as a cell of adjustments.csv writes it; the grammar stands in reference/README.md. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from pydantic import ValidationInfo

from emr.shared.validation import given

_BOUND = re.compile(r"(egfr|qtc) (<=|>=|<|>) (\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class AgeWhen:
    """Holds from this birthday on, in whole years."""

    at_least: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """One comparison: `relation` is '<', '<=', '>' or '>='."""

    relation: str
    limit: Decimal

    def holds(self, value: Decimal) -> bool:
        match self.relation:
            case "<":
                return value < self.limit
            case "<=":
                return value <= self.limit
            case ">":
                return value > self.limit
            case _:
                return value >= self.limit


@dataclass(frozen=True, slots=True)
class MeasuredWhen:
    """Holds when the newest value of this measure lies within all bounds. `measure`: 'egfr' or 'qtc'."""

    measure: str
    bounds: tuple[Bounds, ...]


@dataclass(frozen=True, slots=True)
class WithWhen:
    """Holds when another medicine now taken belongs to one of these tags."""

    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AsksWhen:
    """Cannot be answered from the record: the prescriber is asked. `topic`: 'liver', 'sex', 'pregnancy', a genotype."""

    topic: str


@dataclass(frozen=True, slots=True)
class IndicationWhen:
    """Holds when the stated indication contains one of these words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AdviceWhen:
    """Can never be decided by a program: told as information."""


When = AgeWhen | MeasuredWhen | WithWhen | AsksWhen | IndicationWhen | AdviceWhen


def read_when(text: str, info: ValidationInfo) -> When:
    """The condition that a cell writes. Raises ValueError for none, and for a tag that nobody knows."""
    word, _, rest = text.partition(" ")
    options = tuple(part.strip() for part in rest.split("|"))
    match word:
        case "advice" if not rest:
            return AdviceWhen()
        case "asks" if rest:
            return AsksWhen(rest)
        case "with" if rest:
            for tag in options:
                if tag not in given(info, "sides"):
                    raise ValueError(f"names no tag: {tag!r}")
            return WithWhen(options)
        case "indication" if rest:
            return IndicationWhen(tuple(option.lower() for option in options))
        case "age" if match := re.fullmatch(r">= (\d+)", rest):
            return AgeWhen(int(match.group(1)))
        case "egfr" | "qtc":
            return MeasuredWhen(word, tuple(_bounds(part.strip(), word, text) for part in text.split("&")))
        case _:
            raise ValueError(f"{text!r} is not a condition")


def _bounds(part: str, measure: str, text: str) -> Bounds:
    match = _BOUND.fullmatch(part)
    if match is None or match.group(1) != measure:
        raise ValueError(f"{text!r} is not a condition")
    return Bounds(match.group(2), Decimal(match.group(3)))
