"""An amount with its UCUM unit: exact decimals, and no arithmetic across units that nobody asked for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum
from fractions import Fraction
from functools import total_ordering


class Unit(Enum):
    """The units of this record, by UCUM code (https://ucum.org)."""

    MG = "mg"
    UG = "ug"
    G = "g"
    MG_PER_ML = "mg/mL"
    MG_PER_H = "mg/h"
    MG_PER_SPRAY = "mg/{actuation}"
    MEQ = "meq"
    ML = "mL"
    KG = "kg"
    MS = "ms"
    MG_PER_KG = "mg/kg"
    ML_PER_MIN_M2 = "mL/min/{1.73_m2}"


# What people read. "ug" is easily misread as "mg"; the ISMP list of error-prone abbreviations asks for "mcg".
_WORDS = {Unit.UG: "mcg", Unit.MG_PER_SPRAY: "mg per spray", Unit.ML_PER_MIN_M2: "mL/min/1.73 m²"}
_IN_MG = {Unit.UG: Fraction(1, 1000), Unit.MG: Fraction(1), Unit.G: Fraction(1000)}


class UnitMismatch(TypeError):
    """Two quantities of different units met. A mistake in the program, never a refusal to a person."""


@total_ordering
@dataclass(frozen=True, slots=True)
class Quantity:
    """A finite amount of 0 or more in one unit. Equal amounts are equal however written: 2.50 mg is 2.5 mg."""

    value: Decimal
    unit: Unit

    def __post_init__(self) -> None:
        if not self.value.is_finite() or self.value < 0:
            raise ValueError("a quantity is a finite number, 0 or more")

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(self.value + self._alike(other).value, self.unit)

    def __sub__(self, other: Quantity) -> Quantity:
        """What remains. ValueError when that would be less than nothing."""
        return Quantity(self.value - self._alike(other).value, self.unit)

    def __mul__(self, times: int | Decimal) -> Quantity:
        return Quantity(self.value * times, self.unit)

    def __lt__(self, other: Quantity) -> bool:
        return self.value < self._alike(other).value

    def _alike(self, other: Quantity) -> Quantity:
        if other.unit is not self.unit:
            raise UnitMismatch(f"{self.unit.value} and {other.unit.value} are not one unit")
        return other

    def scaled(self, factor: Fraction) -> Quantity:
        """This amount times a ratio, to a millionth: for salts (174 mg of one salt count as 150 mg of another)."""
        exact = Fraction(self.value) * factor
        return Quantity(Decimal(round(exact * 1_000_000)) / 1_000_000, self.unit)

    def to(self, unit: Unit) -> Quantity:
        """The same mass in another unit of mass (ug, mg, g). UnitMismatch for anything else."""
        if unit is self.unit:
            return self
        if unit not in _IN_MG or self.unit not in _IN_MG:
            raise UnitMismatch(f"{self.unit.value} cannot become {unit.value}")
        return Quantity(_exact(Fraction(self.value) * _IN_MG[self.unit] / _IN_MG[unit]), unit)

    def __str__(self) -> str:
        """Number, space, unit; a leading zero and never a trailing one: "0.5 mg", "100 mg", "25 mcg"."""
        return f"{number(self.value)} {unit_words(self.unit)}"


def mg(value: int | str | Decimal) -> Quantity:
    """So many milligrams."""
    return Quantity(Decimal(value), Unit.MG)


def parse(text: str, unit: Unit) -> Quantity:
    """The amount that `text` writes as a plain decimal number. ValueError on anything else, signs and exponents too."""
    plain = text.strip()
    if not plain or not all(letter in "0123456789." for letter in plain):
        raise ValueError("write a number such as 50 or 0.5")
    try:
        return Quantity(Decimal(plain), unit)
    except InvalidOperation:
        raise ValueError("write a number such as 50 or 0.5") from None


def number(value: Decimal) -> str:
    """A decimal as people write it: no exponent, no trailing zero."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def unit_words(unit: Unit) -> str:
    """The unit as people read it."""
    return _WORDS.get(unit, unit.value)


def _exact(value: Fraction) -> Decimal:
    # Powers of ten only: the division always ends.
    return Decimal(value.numerator) / Decimal(value.denominator)
