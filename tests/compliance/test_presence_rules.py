"""What the policy asks of a meeting in person: who treats, who was seen at the site, how much may be supplied."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest

from compliance.prescribing import policy_packs
from compliance.prescribing.deciding import PrescribingRequest, decide
from compliance.prescribing.decision import Decision
from compliance.prescribing.policy_packs import STRICT_BLOCK, Condition
from compliance.prescribing.supply import SupplyLimits, supply_limits
from compliance.shared.vocabulary import CheckInState, Modality, PrescribingAction, Schedule
from server.application import references

NOW = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)
SUBSTANCES = references.load().substances
STRICT = policy_packs.load().select(STRICT_BLOCK, NOW.date())
DISPENSING = tuple(action for action in PrescribingAction if action.dispenses)
MET = PrescribingRequest(
    PrescribingAction.NEW,
    Modality.IN_PERSON,
    "lorazepam 1 mg tablet",
    state="FL",
    attends=True,
    check_in=CheckInState.HOLDS,
)


def _decide(**changes: object) -> Decision:
    return decide(replace(MET, **changes), STRICT, SUBSTANCES, NOW)  # type: ignore[arg-type] # a test's arguments


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (CheckInState.MISSING, "not_checked_in"),
        (CheckInState.UNCONFIRMED, "check_in_unconfirmed"),
        (CheckInState.EXPIRED, "check_in_expired"),
        (CheckInState.JOINED_CALL, "check_in_joined_call"),
        (CheckInState.TAKEN_OVER, "check_in_taken_over"),
    ],
)
@pytest.mark.parametrize("action", DISPENSING)
def test_a_controlled_item_in_person_needs_a_check_in_that_holds(
    state: CheckInState, code: str, action: PrescribingAction
) -> None:
    assert _decide(action=action).allowed
    found = _decide(action=action, check_in=state)
    assert not found.allowed
    assert found.reasons[0].code == code
    ways = ["book_again"] if state is CheckInState.EXPIRED else ["check_in"]
    assert [way.code for way in found.ways_forward] == ways


def test_what_is_not_controlled_needs_no_check_in() -> None:
    assert _decide(product="sertraline 50 mg", check_in=CheckInState.MISSING).allowed


@pytest.mark.parametrize("modality", [Modality.VIDEO, Modality.AUDIO, Modality.IN_PERSON])
def test_who_does_not_attend_prescribes_nothing(modality: Modality) -> None:
    assert _decide(product="sertraline 50 mg", modality=modality).allowed
    found = _decide(product="sertraline 50 mg", modality=modality, attends=False)
    assert [reason.code for reason in found.reasons] == ["not_attending"]
    assert [way.code for way in found.ways_forward] == ["take_over"]


def test_stopping_and_holding_need_neither() -> None:
    for action in (PrescribingAction.DISCONTINUE, PrescribingAction.HOLD, PrescribingAction.REFER):
        assert _decide(action=action, attends=False, check_in=CheckInState.MISSING).allowed


@pytest.mark.parametrize(("attends", "check_in"), tuple(product((True, False), CheckInState)))
def test_no_pack_gets_below_attendance_and_check_in(attends: bool, check_in: CheckInState) -> None:
    allowing = next(one for one in STRICT.rules if one.id == "not-controlled")
    careless = replace(STRICT, rules=(replace(allowing, when=Condition()),))
    found = decide(replace(MET, attends=attends, check_in=check_in), careless, SUBSTANCES, NOW)
    assert found.allowed is (attends and check_in is CheckInState.HOLDS)


@pytest.mark.parametrize(
    ("name", "days", "refills", "code"),
    [
        ("lisdexamfetamine 30 mg capsule", 90, 1, "refills_not_allowed"),
        ("lisdexamfetamine 30 mg capsule", 90, 0, None),
        ("lorazepam 1 mg tablet", 30, 6, "too_many_refills"),
        ("lorazepam 1 mg tablet", 30, 5, None),
        ("lorazepam 1 mg tablet", 90, 2, None),
        ("lorazepam 1 mg tablet", 61, 3, "refills_too_late"),
        ("testosterone 1 % gel", 37, 5, "refills_too_late"),
        ("pregabalin 75 mg capsule", 90, 11, None),
        ("sertraline 50 mg tablet", 90, 11, None),
    ],
)
def test_a_supply_beyond_the_law_is_blocked(name: str, days: int, refills: int, code: str | None) -> None:
    found = _decide(product=name, days_supply=days, refills=refills)
    assert found.allowed is (code is None)
    assert code is None or found.reasons[0].code == code
    assert code is None or found.citations[0].text.startswith("21 CFR 1306.")


def test_the_limits_can_be_told_before_signing() -> None:
    assert supply_limits(STRICT, Schedule.II) == SupplyLimits(0, None)
    assert supply_limits(STRICT, Schedule.IV) == SupplyLimits(5, 180)
    assert supply_limits(STRICT, Schedule.V) == supply_limits(STRICT, Schedule.NONE) == SupplyLimits(None, None)


def test_in_person_a_missing_state_asks_for_the_site_and_speaks_of_no_remote_visit() -> None:
    found = _decide(product="gabapentin 300 mg capsule", state=None)
    assert [reason.code for reason in found.reasons] == ["site_unknown"]
    assert "remote" not in found.reasons[0].sentence
    assert [way.code for way in found.ways_forward] == ["check_in"]
    remote = _decide(product="gabapentin 300 mg capsule", state=None, modality=Modality.VIDEO)
    assert [reason.code for reason in remote.reasons] == ["state_unknown"]
