"""What a state schedules itself, what nobody may prescribe, and orders of the Federal Register that must be cited."""

import csv
from datetime import date

import pytest

from compliance import substances
from compliance.substances import FEDERAL_ONLY, NameStatus, Resolution
from compliance.substances_reference import DIRECTORY
from compliance.vocabulary import Schedule

TODAY = date(2026, 12, 1)
SUBSTANCES = substances.load()

DESIGNER_BENZODIAZEPINES = ("clonazolam", "diclazepam", "etizolam", "flualprazolam", "flubromazolam")


def _resolve(name: str, state: str | None = FEDERAL_ONLY, on: date = TODAY) -> Resolution:
    found = SUBSTANCES.resolve(name, on=on, state=state)
    assert found.status is NameStatus.KNOWN
    return found


def _rows(file: str) -> list[dict[str, str]]:
    with (DIRECTORY / file).open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


@pytest.mark.parametrize("name", DESIGNER_BENZODIAZEPINES)
def test_a_benzodiazepine_of_the_order_of_2026_is_in_schedule_one_since_the_temporary_order(name: str) -> None:
    assert _resolve(name, on=date(2023, 7, 25)).schedule is Schedule.NONE
    for day in (date(2023, 7, 26), date(2026, 3, 31), date(2026, 4, 1), TODAY):
        found = _resolve(f"{name} 1 mg tablet", on=day)
        assert found.schedule is Schedule.I
        assert not found.prescribable


@pytest.mark.parametrize("name", DESIGNER_BENZODIAZEPINES)
def test_a_benzodiazepine_of_the_order_of_2026_cites_it(name: str) -> None:
    listed = [row["source"] for row in _rows("controlled_substances.csv") if row["substance"] == name]
    events = {row["citation"]: row["effective"] for row in _rows("rescheduling_events.csv") if row["substance"] == name}
    assert listed == ["91 FR 9985"]
    assert events == {"88 FR 48112": "2023-07-26", "91 FR 9985": "2026-04-01"}


PSEUDOEPHEDRINE_PRODUCTS = (
    "Sudafed",
    "Sudafed 12 Hour 120 mg tablet",
    "Sudafed Sinus Congestion",
    "Claritin-D 24 Hour",
    "Zyrtec-D 12 hour 5-120 mg",
    "Allegra-D 24 Hour",
    "Mucinex D Maximum Strength",
    "Advil Cold & Sinus",
    "Aleve-D Sinus and Cold",
    "Semprex-D",
    "pseudoephedrine hydrochloride 30 mg gelcap",
    "ibuprofen/pseudoephedrine 200-30 mg",
)


@pytest.mark.parametrize("name", PSEUDOEPHEDRINE_PRODUCTS)
def test_a_product_with_pseudoephedrine_is_known_by_its_brand_and_in_no_federal_schedule(name: str) -> None:
    found = _resolve(name)
    assert "pseudoephedrine" in found.ingredients
    assert found.schedule is Schedule.NONE


@pytest.mark.parametrize(
    "name", ["hCG 10,000 units", "human chorionic gonadotropin", "Novarel", "Pregnyl", "choriogonadotropin alfa"]
)
def test_hcg_is_known_by_its_brands_and_its_full_name(name: str) -> None:
    assert _resolve(name).ingredients == ("chorionic gonadotropin",)
