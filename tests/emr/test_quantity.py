"""Quantities: exact, with units, and written so that nobody misreads them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emr.shared.quantity import Quantity, Unit, UnitMismatch, mg, parse

amounts = st.decimals(min_value=0, max_value=100_000, places=4, allow_nan=False, allow_infinity=False).map(mg)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("100", "100 mg"),
        ("100.00", "100 mg"),
        ("0.50", "0.5 mg"),
        ("12.5", "12.5 mg"),
        ("1E+3", "1000 mg"),
        ("0", "0 mg"),
    ],
)
def test_a_quantity_is_a_number_a_space_and_a_unit_without_trailing_zero(written: str, shown: str) -> None:
    assert str(Quantity(Decimal(written), Unit.MG)) == shown


def test_micrograms_are_never_written_as_ug() -> None:
    assert str(Quantity(Decimal(25), Unit.UG)) == "25 mcg"


def test_equal_amounts_are_equal_however_they_were_written() -> None:
    assert mg("2.50") == mg("2.5")
    assert hash(mg("2.50")) == hash(mg("2.5"))


@settings(deadline=None)
@given(amounts, amounts)
def test_what_is_added_can_be_taken_away_again(a: Quantity, b: Quantity) -> None:
    assert (a + b) - b == a
    assert a + b == b + a


@settings(deadline=None)
@given(amounts, st.integers(min_value=1, max_value=6))
def test_so_many_times_is_so_many_added(amount: Quantity, times: int) -> None:
    assert amount * times == sum([amount] * times, start=mg(0))


@settings(deadline=None)
@given(amounts)
def test_mass_keeps_its_worth_in_every_unit_of_mass(amount: Quantity) -> None:
    assert amount.to(Unit.UG).to(Unit.G).to(Unit.MG) == amount


@settings(deadline=None)
@given(amounts)
def test_what_is_shown_can_be_read_again(amount: Quantity) -> None:
    assert parse(str(amount).removesuffix(" mg"), Unit.MG) == amount


@pytest.mark.parametrize("other", [Unit.ML, Unit.UG, Unit.MG_PER_H])
def test_units_are_never_mixed_silently(other: Unit) -> None:
    with pytest.raises(UnitMismatch):
        mg(1) + Quantity(Decimal(1), other)
    with pytest.raises(UnitMismatch):
        _ = mg(1) < Quantity(Decimal(1), other)
    assert mg(1) != Quantity(Decimal(1), other)


def test_a_volume_does_not_become_a_mass() -> None:
    with pytest.raises(UnitMismatch):
        Quantity(Decimal(5), Unit.ML).to(Unit.MG)


def test_there_is_no_less_than_nothing() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        mg(1) - mg(2)
    with pytest.raises(ValueError, match="finite"):
        mg("NaN")


def test_a_salt_counts_as_its_ingredient() -> None:
    assert mg(174).scaled(Fraction(150, 174)) == mg(150)
    assert mg(522).scaled(Fraction(150, 174)) == mg(450)


@pytest.mark.parametrize("text", ["", "  ", "-5", "1e3", "5 mg", "1,5", "NaN", "1.2.3", ".", "٥"])
def test_what_is_not_a_plain_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write a number"):
        parse(text, Unit.MG)
