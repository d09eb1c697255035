"""The same rules over larger check lists that are not part of the project; TITRATE_CHECK_DATA names their folder.

The project's own cases (traps.toml) always run; these only add names that nobody who wrote the rules chose.
"""

import csv
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from compliance.shared.vocabulary import Schedule
from compliance.substances.resolver import FEDERAL_ONLY, Resolution
from server.application import references

FOLDER = os.environ.get("TITRATE_CHECK_DATA")
pytestmark = pytest.mark.skipif(not FOLDER, reason="TITRATE_CHECK_DATA does not name the folder of the check lists")

TODAY = date(2026, 11, 22)
SUBSTANCES = references.load().substances


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (Path(FOLDER or "") / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _resolve(name: str, code: str | None = None) -> Resolution:
    return SUBSTANCES.resolve(name, on=TODAY, state=FEDERAL_ONLY, code=code)


def test_no_trap_is_missed() -> None:
    wrong: list[str] = []
    blocked = 0
    rows = list(_rows("traps.csv"))
    for row in rows:
        name, expected = list(row.values())[:2]
        found = _resolve(name).schedule
        controlled = found is not None and found.controlled
        if (expected in {"Y", "BLOCK"} and found is Schedule.NONE) or (expected == "N" and controlled):
            wrong.append(f"{name}: {found}")
        blocked += expected == "N" and found is None
    assert wrong == []
    assert blocked <= len(rows) // 100, "too many uncontrolled medicines are not known"


def test_no_controlled_product_passes_by_name_or_code() -> None:
    rows = list(_rows("controlled_products.csv"))
    passed = [row["name"] for row in rows if _resolve(row["name"]).schedule is Schedule.NONE]
    passed += [row["rxcui"] for row in rows if _resolve(f"rxcui {row['rxcui']}").schedule is Schedule.NONE]
    unknown = [row["name"] for row in rows if _resolve(row["name"]).schedule is None]
    assert passed == []
    assert len(unknown) <= len(rows) // 100, "too many controlled products are not read"


def test_no_known_drug_is_taken_for_the_other_kind() -> None:
    wrong: list[str] = []
    for row in _rows("known_drugs.csv"):
        found = _resolve(row["name"]).schedule
        if found is not None and found.controlled != (row["controlled"] == "Y"):
            wrong.append(f"{row['name']}: {found}")
        by_code = _resolve(f"rxcui {row['rxcui']}").schedule if row["rxcui"] else None
        if by_code is not None and by_code.controlled != (row["controlled"] == "Y"):
            wrong.append(f"{row['rxcui']} {row['name']}: {by_code}")
    assert wrong == []
