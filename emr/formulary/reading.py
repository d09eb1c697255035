"""Reads the reference files row by row, and says which file and line is wrong when one is."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum
from fractions import Fraction
from typing import TypeVar

import yaml

from emr.formulary.entries import (
    AdviceWhen,
    AgeWhen,
    AsksWhen,
    Bounds,
    IndicationWhen,
    MeasuredWhen,
    SourceReview,
    When,
    WithWhen,
)
from emr.formulary.sources import Sources
from emr.shared.quantity import Quantity, Unit
from emr.shared.reference_files import BadReference, parsed

Made = TypeVar("Made")
Choice = TypeVar("Choice", bound=Enum)


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One line of a CSV file, by column name. Every accessor raises BadReference naming the file, line and column."""

    file: str
    line: int
    cells: dict[str, str]

    def bad(self, why: str) -> BadReference:
        return BadReference(f"{self.file} line {self.line}: {why}")

    def text(self, column: str) -> str:
        """The cell, which may be empty."""
        return self.cells[column].strip()

    def needed(self, column: str) -> str:
        """The cell, which may not be empty."""
        if not (value := self.text(column)):
            raise self.bad(f"{column} is empty")
        return value

    def parts(self, column: str) -> tuple[str, ...]:
        """The cell's parts between bars; () when it is empty."""
        return tuple(part.strip() for part in self.text(column).split("|") if part.strip())

    def decimal(self, column: str) -> Decimal | None:
        """The cell as a number of 0 or more; None when it is empty."""
        if not (value := self.text(column)):
            return None
        try:
            parsed = Decimal(value)
        except InvalidOperation:
            raise self.bad(f"{column} is not a number: {value}") from None
        if not parsed.is_finite() or parsed < 0:
            raise self.bad(f"{column} is not a number of 0 or more: {value}")
        return parsed

    def amount(self, column: str, unit: Unit) -> Quantity | None:
        """The cell as an amount of that unit; None when it is empty."""
        value = self.decimal(column)
        return None if value is None else Quantity(value, unit)

    def whole(self, column: str) -> int | None:
        """The cell as a whole number; None when it is empty."""
        value = self.decimal(column)
        if value is not None and value != int(value):
            raise self.bad(f"{column} is not a whole number: {value}")
        return None if value is None else int(value)

    def ratio(self, column: str) -> Fraction:
        """The cell as a ratio above 0, written "1" or "150/174"."""
        try:
            value = Fraction(self.needed(column))
        except (ValueError, ZeroDivisionError):
            raise self.bad(f"{column} is not a ratio: {self.text(column)}") from None
        if value <= 0:
            raise self.bad(f"{column} is not above 0")
        return value

    def choice(self, column: str, kind: type[Choice]) -> Choice:
        """The cell as a member of a closed list."""
        try:
            return kind(self.text(column))
        except ValueError:
            raise self.bad(f"{column} has an unknown value: {self.text(column) or 'empty'}") from None

    def one_of(self, column: str, allowed: frozenset[str]) -> str:
        """The cell, which must be one of these words."""
        value = self.text(column)
        if value not in allowed:
            raise self.bad(f"{column} has an unknown value: {value or 'empty'}")
        return value

    def verified(self) -> SourceReview:
        return self.choice("verified", SourceReview)


def rows(sources: Sources, file: str, columns: tuple[str, ...]) -> Iterator[CsvRow]:
    """Each row of a CSV file that has at least these columns, in order. A short, long or unreadable row is refused."""
    reader = csv.reader(sources.text(file).splitlines(keepends=True), strict=True)
    try:
        header = next(reader, [])
        if missing := [column for column in columns if column not in header]:
            raise BadReference(f"{file} line 1: no column {', '.join(missing)}")
        for cells in reader:
            row = CsvRow(file, reader.line_num, dict(zip(header, cells, strict=False)))
            if len(cells) != len(header):
                raise row.bad(f"{len(cells)} cells instead of {len(header)}")
            yield row
    except csv.Error as error:
        raise BadReference(f"{file} line {reader.line_num}: {error}") from error


def read(sources: Sources, file: str, columns: tuple[str, ...], make: Callable[[CsvRow], Made]) -> tuple[Made, ...]:
    """Every row of a file as what `make` makes of it."""
    return tuple(make(row) for row in rows(sources, file, columns))


def read_yaml(sources: Sources, file: str) -> dict[str, object]:
    """The mapping that a YAML file holds."""
    try:
        loaded = parsed(sources.text(file))
    except yaml.YAMLError as error:
        raise BadReference(f"{file} cannot be read: {error}") from error
    if not isinstance(loaded, dict):
        raise BadReference(f"{file}: not a mapping")
    return {str(key): value for key, value in loaded.items()}


_BOUND = re.compile(r"(egfr|qtc) (<=|>=|<|>) (\d+(?:\.\d+)?)")


def read_when(row: CsvRow, column: str) -> When:
    """The condition that a cell of `applies_when` writes; its grammar stands in reference/README.md."""
    text = row.needed(column)
    word, _, rest = text.partition(" ")
    options = tuple(part.strip() for part in rest.split("|"))
    match word:
        case "advice" if not rest:
            return AdviceWhen()
        case "asks" if rest:
            return AsksWhen(rest)
        case "with" if rest:
            return WithWhen(options)
        case "indication" if rest:
            return IndicationWhen(tuple(option.lower() for option in options))
        case "age" if match := re.fullmatch(r">= (\d+)", rest):
            return AgeWhen(int(match.group(1)))
        case "egfr" | "qtc":
            return _measured(row, word, text)
        case _:
            raise row.bad(f"{column} is not a condition: {text}")


def _measured(row: CsvRow, measure: str, text: str) -> MeasuredWhen:
    bounds = []
    for part in text.split("&"):
        match = _BOUND.fullmatch(part.strip())
        if match is None or match.group(1) != measure:
            raise row.bad(f"not a condition: {text}")
        bounds.append(Bounds(match.group(2), Decimal(match.group(3))))
    return MeasuredWhen(measure, tuple(bounds))
