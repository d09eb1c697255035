"""The decision: strict-block over every action, modality and schedule, and what no pack may do."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.prescribing import policy_packs
from compliance.prescribing.deciding import PrescribingRequest, decide
from compliance.prescribing.decision import Decision
from compliance.prescribing.policy_packs import REFUSE_EVERYTHING, STRICT_BLOCK, Condition, Pack
from compliance.shared.vocabulary import CheckInState as C
from compliance.shared.vocabulary import DecisionOutcome, Schedule
from compliance.shared.vocabulary import Modality as M
from compliance.shared.vocabulary import PrescribingAction as A
from server.application import references

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
SUBSTANCES = references.load().substances
STRICT = policy_packs.load().select(STRICT_BLOCK, NOW.date())
rule = settings(deadline=None)

DISPENSING = (A.NEW, A.RENEW, A.INCREASE, A.DECREASE, A.CONTINUE)
PRODUCTS = {
    "psilocybin": Schedule.I,
    "Adderall XR 20 mg": Schedule.II,
    "ketamine 100 mg lozenge": Schedule.III,
    "lorazepam 1 mg tablet": Schedule.IV,
    "pregabalin 75 mg": Schedule.V,
    "sertraline 50 mg": Schedule.NONE,
    "mystery pill": None,
}


def _decide(product: str, action: A = A.NEW, modality: M = M.VIDEO, state: str | None = "FL", **more: str) -> Decision:
    request = PrescribingRequest(action, modality, product, state=state, attends=True, check_in=C.HOLDS)
    return decide(replace(request, **more), STRICT, SUBSTANCES, NOW)  # type: ignore[arg-type] # texts only


def _codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


@pytest.mark.parametrize(("name", "action", "modality"), tuple(product(PRODUCTS, A, M)))
def test_strict_block_over_every_case(name: str, action: A, modality: M) -> None:
    schedule = PRODUCTS[name]
    if action not in DISPENSING:
        expected = not (schedule is Schedule.I and action is A.TAPER_FROM_SUPPLY)
    elif schedule in (None, Schedule.I):
        expected = False
    else:
        expected = schedule is Schedule.NONE or modality is M.IN_PERSON
    found = _decide(name, action, modality)
    assert found.allowed is expected
    assert found.schedule is schedule
    assert found.reasons
    assert found.citations
    assert not (found.ways_forward and expected)
    assert (found.action, found.modality) == (action, modality)


def test_a_controlled_item_in_person_is_handed_to_a_certified_system() -> None:
    found = _decide("lorazepam 1 mg", modality=M.IN_PERSON)
    assert [one.code for one in found.obligations] == ["hand_off_to_certified_system"]
    assert found.obligations[0].citation.text == "21 CFR 1311.100(c)"
    assert _decide("sertraline", modality=M.IN_PERSON).obligations == ()
    assert _decide("lorazepam 1 mg", A.HOLD, M.IN_PERSON).obligations == ()


def test_all_reasons_are_told() -> None:
    found = _decide("Esgic", state="KY", directions="or give lorazepam")
    codes = ["controlled_remote", "controlled_name_in_text", "named_in_directions", "federally_exempted"]
    assert _codes(found) == codes
    assert {one.id for one in found.citations} >= {"21-usc-829e", "90-fr-61301", "21-cfr-1308-32"}


def test_a_block_names_the_ways_forward() -> None:
    assert [way.code for way in _decide("Xanax").ways_forward] == [
        "see_in_person",
        "uncontrolled_alternative",
        "refer",
        "stop_hold_or_taper",
    ]
    assert [way.code for way in _decide("mystery").ways_forward] == ["write_in_full"]


def test_the_state_where_the_patient_is_decides() -> None:
    assert _decide("gabapentin 300 mg", state="FL").allowed
    assert _codes(_decide("gabapentin 300 mg", state="KY")) == ["controlled_remote", "scheduled_by_state"]
    assert _codes(_decide("gabapentin 300 mg", state=None)) == ["state_unknown"]
    assert _codes(_decide("gabapentin 300 mg", state="US")) == ["not_controlled", "state_not_considered"]
    assert _decide("sertraline", state=None).allowed
    assert _decide("gabapentin 300 mg", A.DISCONTINUE, state=None).allowed


FIELDS = ("directions", "indication", "note_to_pharmacy")


def _in(field: str, text: str) -> Any:  # Any: keyword arguments of _decide
    return {field: text}


@pytest.mark.parametrize("field", FIELDS)
def test_a_text_that_names_another_controlled_substance_blocks(field: str) -> None:
    for text in ("may take with Xanax", "add lоrazepam", "clonazapam too", "for alprazolam 1 mg at bedtime #60"):
        found = _decide("hydroxyzine 25 mg", **_in(field, text))
        assert _codes(found) == ["controlled_name_in_text", f"named_in_{field}"]
        assert [way.code for way in found.ways_forward] == ["change_directions"]
    assert _decide("lorazepam 1 mg", modality=M.IN_PERSON, **_in(field, "lorazepam at night")).allowed
    assert not _decide("lorazepam 1 mg", modality=M.IN_PERSON, **_in(field, "with oxycodone")).allowed
    assert _decide("sertraline 50 mg", A.HOLD, **_in(field, "Xanax")).allowed


def test_the_block_names_the_word_and_the_field_and_keeps_no_other_word() -> None:
    found = _decide("hydroxyzine", directions="Take at night.", indication="for Bob's Xanax and lorazepam 1 mg")
    assert [reason.sentence for reason in found.reasons[1:]] == [
        "The indication names Xanax (alprazolam).",
        "The indication names lorazepam.",
    ]
    assert dict(found.evidence)["named_in_indication"] == "alprazolam; lorazepam"
    assert "named_in_directions" not in dict(found.evidence)
    assert _decide("hydroxyzine", note_to_pharmacy="also oxycodone").reasons[1].sentence == (
        "The note to the pharmacy names oxycodone."
    )
    assert "Bob" not in repr(found)


@pytest.mark.parametrize(
    "indication",
    [
        "ADHD",
        "ADHD, inattentive type",
        "opioid use disorder",
        "benzodiazepine withdrawal",
        "alcohol use disorder",
        "stimulant use disorder",
        "cannabis use disorder",
        "Cocaine use disorder, moderate",
        "insomnia and panic attacks",
        "anxiety as discussed with her PCP",
        "multiple sclerosis (MS) fatigue",
        "low T4",
        "bipolar II depression",
        "más ansiedad",
    ],
)
def test_a_disorder_is_no_medicine(indication: str) -> None:
    assert _decide("bupropion XL 150 mg", indication=indication).allowed
    assert _decide("bupropion XL 150 mg", directions="Take one 150 mg tablet by mouth each morning.").allowed


def test_a_disorder_beside_a_number_or_another_name_is_read_as_it_stands() -> None:
    for indication in ("amphetamine use disorder 20 mg #60", "cocaine use disorder, Xanax", "methamphetamine 5 mg"):
        assert not _decide("bupropion XL 150 mg", indication=indication).allowed


def test_a_code_must_agree() -> None:
    assert _decide("sertraline 50 mg", code="36437").allowed
    found = _decide("sertraline 50 mg", code="596")
    assert _codes(found) == ["conflicting_medicine", "code_conflict"]
    assert found.schedule is None


def test_medical_marijuana_is_not_prescribed_in_person_either() -> None:
    assert _codes(_decide("medical marijuana", modality=M.IN_PERSON)) == ["not_prescribable"]


def test_a_decision_carries_what_defends_it_later() -> None:
    found = _decide("lorazepam 1 mg", evidence=(("encounter_id", "e-1"),))  # type: ignore[arg-type]
    assert (found.pack_id, found.pack_version) == ("strict-block", "2")
    assert (len(found.pack_sha256), len(found.reference_sha256)) == (64, 64)
    assert found.valid_until - found.decided_at == timedelta(minutes=15)
    assert dict(found.evidence) == {
        "attends": "yes",
        "check_in_state": "holds",
        "encounter_id": "e-1",
        "law_on": "2026-11-22",
        "listings": "lorazepam=IV (federal, base)",
        "name_status": "known",
        "state": "FL",
    }
    assert list(found.evidence) == sorted(found.evidence)


def test_the_date_of_the_law_is_the_one_given() -> None:
    request = PrescribingRequest(A.NEW, M.VIDEO, "tramadol 50 mg", state="FL", on=date(2014, 8, 17), attends=True)
    assert decide(request, STRICT, SUBSTANCES, NOW).allowed
    assert not decide(replace(request, on=date(2014, 8, 18)), STRICT, SUBSTANCES, NOW).allowed


@pytest.mark.parametrize("action", A)
def test_a_damaged_policy_allows_nothing(action: A) -> None:
    request = PrescribingRequest(action, M.IN_PERSON, "sertraline 50 mg", state="FL")
    found = decide(request, REFUSE_EVERYTHING, SUBSTANCES, NOW)
    assert _codes(found) == ["no_rule", "no_usable_policy"]
    assert not found.allowed


def test_a_pack_not_in_effect_decides_nothing() -> None:
    expired = replace(STRICT, effective_to=NOW.date())
    request = PrescribingRequest(A.NEW, M.IN_PERSON, "sertraline 50 mg", state="FL", attends=True)
    assert decide(request, STRICT, SUBSTANCES, NOW).allowed
    assert decide(request, expired, SUBSTANCES, NOW).pack_id == REFUSE_EVERYTHING.id


def test_a_fallback_is_told() -> None:
    pack = policy_packs.load().select("nowhere", NOW.date())
    found = decide(PrescribingRequest(A.NEW, M.VIDEO, "sertraline", state="FL", attends=True), pack, SUBSTANCES, NOW)
    assert _codes(found) == ["not_controlled", "policy_fallback"]


def _allow_everything() -> Pack:
    """A pack as a careless organization might write it."""
    allowing = next(one for one in STRICT.rules if one.id == "not-controlled")
    anything = Condition()
    return replace(STRICT, id="careless", rules=(replace(allowing, when=anything),))


@pytest.mark.parametrize(("name", "action", "modality"), tuple(product(PRODUCTS, A, M)))
def test_no_pack_gets_below_the_floor(name: str, action: A, modality: M) -> None:
    request = PrescribingRequest(action, modality, name, state="FL", attends=True, check_in=C.HOLDS)
    found = decide(request, _allow_everything(), SUBSTANCES, NOW)
    schedule = PRODUCTS[name]
    floor = (
        action not in DISPENSING
        or schedule is Schedule.NONE
        or (modality is M.IN_PERSON and schedule not in (None, Schedule.I))
    )
    assert found.allowed is floor
    if not floor:
        assert _codes(found)[0] == "below_floor"


@rule
@given(
    name=st.one_of(st.text(max_size=30), st.sampled_from(["Xanax 1 mg", "oxycodone", "Lyrica 50 mg", "ketamine"])),
    extra=st.text(max_size=20),
    action=st.sampled_from(DISPENSING),
    modality=st.sampled_from([M.VIDEO, M.AUDIO, M.NONE]),
)
def test_remotely_only_what_is_known_and_uncontrolled_is_allowed(name: str, extra: str, action: A, modality: M) -> None:
    found = _decide(f"{name} {extra}", action, modality)
    assert found.allowed is (found.schedule is Schedule.NONE)
    if any(word in name for word in ("Xanax", "oxycodone", "Lyrica", "ketamine")):
        assert found.outcome is DecisionOutcome.BLOCK
