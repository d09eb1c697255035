"""What a state schedules itself, what nobody may prescribe, and orders of the Federal Register that must be cited."""

import csv
from datetime import UTC, date, datetime, timedelta

import pytest

from compliance.prescribing import policy_packs
from compliance.prescribing.deciding import PrescribingRequest, decide
from compliance.prescribing.decision import Decision
from compliance.prescribing.policy_packs import STRICT_BLOCK
from compliance.shared.vocabulary import CheckInState, Modality, PrescribingAction, Schedule
from compliance.substances.reference import DIRECTORY
from compliance.substances.resolver import FEDERAL_ONLY, NameStatus, Resolution
from server.application import references

TODAY = date(2026, 12, 1)
SUBSTANCES = references.load().substances

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


PSEUDOEPHEDRINE_STATES = {
    "AR": Schedule.V,
    "IA": Schedule.V,
    "IL": Schedule.V,
    "KS": Schedule.V,
    "LA": Schedule.V,
    "MN": Schedule.V,
    "MO": Schedule.IV,
    "MS": Schedule.III,
    "NM": Schedule.V,
    "OK": Schedule.V,
    "OR": Schedule.V,
    "WI": Schedule.V,
    "WV": Schedule.V,
}


@pytest.mark.parametrize("name", PSEUDOEPHEDRINE_PRODUCTS)
def test_pseudoephedrine_has_the_schedule_of_the_state_and_none_elsewhere(name: str) -> None:
    found = {state: _resolve(name, state).schedule for state in SUBSTANCES.jurisdictions}
    assert {state: schedule for state, schedule in found.items() if schedule is not Schedule.NONE} == (
        PSEUDOEPHEDRINE_STATES
    )
    assert found["TX"] is Schedule.NONE


@pytest.mark.parametrize("state", [None, FEDERAL_ONLY])
def test_without_a_state_the_stricter_ones_are_listed(state: str | None) -> None:
    found = _resolve("Claritin-D", state)
    assert found.schedule is Schedule.NONE
    assert found.stricter_states == tuple(PSEUDOEPHEDRINE_STATES)


def test_oregon_moved_pseudoephedrine_and_ephedrine_from_three_to_five_in_2022() -> None:
    for name in ("Sudafed", "ephedrine 25 mg"):
        assert _resolve(name, "OR", date(2021, 12, 31)).schedule is Schedule.III
        assert _resolve(name, "OR", date(2022, 1, 1)).schedule is Schedule.V


def test_oklahoma_was_the_first_and_has_its_day() -> None:
    assert _resolve("Sudafed", "OK", date(2004, 4, 6)).schedule is Schedule.NONE
    assert _resolve("Sudafed", "OK", date(2004, 4, 7)).schedule is Schedule.V


def test_a_state_row_never_makes_a_stricter_federal_schedule_milder() -> None:
    assert _resolve("pseudoephedrine/hydrocodone", "IA").schedule is Schedule.II


HCG_STATES = ("CA", "CO", "CT", "MN", "NC", "NV", "NY", "PA", "RI")


@pytest.mark.parametrize("name", ["hCG 10,000 units", "Novarel", "Pregnyl 10,000 unit vial", "Ovidrel"])
def test_hcg_is_three_in_new_york_and_in_no_federal_schedule(name: str) -> None:
    assert _resolve(name, "NY").schedule is Schedule.III
    assert _resolve(name, "TX").schedule is Schedule.NONE
    assert _resolve(name, None).schedule is Schedule.NONE
    assert _resolve(name, None).stricter_states == HCG_STATES


NOT_PRESCRIBABLE = {
    "kratom 5 g powder": "mitragynine",
    "Mitragyna speciosa": "mitragynine",
    "mitragynine": "mitragynine",
    "7-OH 15 mg tablet": "7-hydroxymitragynine",
    "7-hydroxymitragynine": "7-hydroxymitragynine",
    "7-OH-mitragynine": "7-hydroxymitragynine",
    "tianeptine sodium 12.5 mg": "tianeptine",
    "Stablon": "tianeptine",
    "Coaxil 12.5 mg tablet": "tianeptine",
    "Zaza Red": "tianeptine",
}
STRICT = policy_packs.load().select(STRICT_BLOCK, TODAY)
NOW = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)


def _decide(name: str, action: PrescribingAction, modality: Modality, state: str = "TX") -> Decision:
    """Who asks attends, and in person both were checked in: only the name can be in the way."""
    met = CheckInState.HOLDS if modality is Modality.IN_PERSON else CheckInState.MISSING
    request = PrescribingRequest(action, modality, name, state=state, attends=True, check_in=met)
    return decide(request, STRICT, SUBSTANCES, NOW)


@pytest.mark.parametrize(("name", "substance"), NOT_PRESCRIBABLE.items())
def test_what_has_no_approved_product_is_known_and_not_called_controlled(name: str, substance: str) -> None:
    found = _resolve(name)
    assert found.ingredients == (substance,)
    assert found.schedule is Schedule.NONE
    assert not found.prescribable
    assert SUBSTANCES.controlled_names_in(f"she stopped {name} last week") == ()


@pytest.mark.parametrize("name", NOT_PRESCRIBABLE)
@pytest.mark.parametrize("modality", Modality)
def test_what_has_no_approved_product_is_prescribed_nowhere(name: str, modality: Modality) -> None:
    for action in PrescribingAction:
        found = _decide(name, action, modality)
        assert found.allowed is not action.dispenses
        if action.dispenses:
            assert [reason.code for reason in found.reasons] == ["not_prescribable"]


def test_a_combination_with_such_a_substance_is_not_prescribed_either() -> None:
    found = _decide("lorazepam 1 mg with kratom", PrescribingAction.NEW, Modality.IN_PERSON)
    assert [reason.code for reason in found.reasons] == ["not_prescribable"]


TIANEPTINE_STATES = {
    "AL": Schedule.I,
    "FL": Schedule.I,
    "GA": Schedule.I,
    "IN": Schedule.I,
    "KY": Schedule.I,
    "MI": Schedule.II,
    "MS": Schedule.I,
    "OH": Schedule.I,
    "OK": Schedule.II,
    "TN": Schedule.II,
}
KRATOM_STATES = ("AL", "AR", "CT", "IN", "LA", "VT", "WI")


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("tianeptine", TIANEPTINE_STATES),
        ("kratom", dict.fromkeys(KRATOM_STATES, Schedule.I)),
        ("7-OH", dict.fromkeys((*KRATOM_STATES, "FL", "OH"), Schedule.I)),
    ],
)
def test_a_state_may_schedule_what_federal_law_does_not(name: str, states: dict[str, Schedule]) -> None:
    found = {state: _resolve(name, state).schedule for state in SUBSTANCES.jurisdictions}
    assert {state: schedule for state, schedule in found.items() if schedule is not Schedule.NONE} == states
    assert _resolve(name, None).stricter_states == tuple(sorted(states))


@pytest.mark.parametrize(
    ("name", "state", "first_day"),
    [
        ("kratom", "LA", date(2025, 8, 1)),
        ("kratom", "CT", date(2026, 2, 24)),
        ("7-OH", "OH", date(2025, 12, 12)),
        ("tianeptine", "MI", date(2018, 7, 4)),
        ("tianeptine", "FL", date(2023, 9, 21)),
    ],
)
def test_a_state_row_holds_from_its_first_day(name: str, state: str, first_day: date) -> None:
    assert _resolve(name, state, first_day - timedelta(days=1)).schedule is Schedule.NONE
    assert _resolve(name, state, first_day).schedule is not Schedule.NONE


def test_rhode_island_ended_its_kratom_ban_in_2026() -> None:
    assert _resolve("kratom", "RI", date(2026, 3, 31)).schedule is Schedule.I
    assert _resolve("kratom", "RI", date(2026, 4, 1)).schedule is Schedule.NONE


def test_both_reasons_are_told_where_a_state_puts_it_in_schedule_one() -> None:
    found = _decide("kratom", PrescribingAction.NEW, Modality.IN_PERSON, "AL")
    assert [reason.code for reason in found.reasons] == ["schedule_one", "not_prescribable", "scheduled_by_state"]
    assert found.schedule is Schedule.I


def test_every_state_row_says_how_sure_it_is() -> None:
    rows = _rows("state_schedules.csv")
    assert {row["confidence"].split(":")[0] for row in rows} == {"high", "medium", "low"}
    assert [row for row in rows if "secondary" in row["confidence"] and row["confidence"].startswith("high")] == []
