"""Compliance decides the schedule alone; the formulary's own column must not tell a prescriber anything else."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from compliance.substances.resolver import FEDERAL_ONLY
from server.application import references

REFERENCE = Path(__file__).parents[2] / "emr" / "reference"
TODAY = date(2026, 11, 22)
SUBSTANCES = references.load().substances


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _schedule(text: str, code: str | None = None) -> str:
    found = SUBSTANCES.resolve(text, on=TODAY, state=FEDERAL_ONLY, code=code)
    return found.schedule.value if found.schedule else f"not known: {found.reasons[0].code}"


FORMULARY = {row["id"]: (row["name"], row["dea_schedule"] or "none") for row in _rows("formulary.csv")}
PRODUCTS = [(row["name"], row["rxcui_scd"], row["formulary_id"]) for row in _rows("products.csv")]


@pytest.mark.parametrize("name", FORMULARY)
def test_a_medicine_of_the_formulary_has_the_schedule_its_row_says(name: str) -> None:
    text, schedule = FORMULARY[name]
    assert _schedule(text) == schedule


def test_every_product_of_the_formulary_has_its_medicines_schedule_by_name_and_code() -> None:
    wrong = {
        name: (found, FORMULARY[medicine][1])
        for name, code, medicine in PRODUCTS
        if (found := _schedule(name, code or None)) != FORMULARY[medicine][1]
    }
    assert wrong == {}
