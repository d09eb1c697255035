"""Sentences that say how things are now: each is true at the moment it is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from compliance.reports.officer_list.amount import Amount, Certainty
from compliance.reports.values import Counts
from compliance.shared.vocabulary import DecisionOutcome
from emr.chart.model import MedicationListEntry
from emr.dosing.model import TimeOfDay
from emr.medications import model as medication
from emr.medications.model import Order
from emr.questionnaires import model as scales
from emr.questionnaires.response import Response, ScaleRequest
from emr.shared.ids import PersonId, ResponseId, VisitId
from server.presenters.log_words import counted_words
from server.routes.patient.my_medicines import change_words
from server.routes.patient.my_parts import length_words
from server.routes.staff import medicine_list
from tests.emr.medicines import NOW, TODAY, ingredients, proposal, signed, started, stopped

TOMORROW = TODAY + timedelta(days=1)


def revised(before: Order, amount: str, *moments: TimeOfDay) -> Order:
    made = proposal("sertraline", amount, *moments, starts_on=TOMORROW, replaces=before.id)
    return medication.revise(before, made, ingredients("sertraline"), signed())


def line(*history: Order) -> MedicationListEntry:
    return MedicationListEntry(history[-1], history, "Dr. Drew Marsh")


def test_who_takes_a_medicine_again_is_told_that_it_is_on_hold_until_then() -> None:
    first = started("sertraline", "100", TimeOfDay.MORNING)
    held = medication.hold(first, "Sweating", TODAY, signed())
    told = change_words(line(first, held, revised(held, "100", TimeOfDay.MORNING)), TODAY)
    assert told == (
        "You take it again starting tomorrow: 100 mg each morning. Until then it is on hold: do not take it."
    )


def test_what_is_read_as_the_same_dose_is_not_told_as_another() -> None:
    first = replace(started("sertraline", "100", TimeOfDay.MORNING), sig="Take two 50 mg tablets each morning")
    again = replace(revised(first, "150", TimeOfDay.MORNING), sentence=first.sentence, sig="Take one 100 mg tablet.")
    assert change_words(line(first, again), TODAY) == (
        "The dose stays the same. Starting tomorrow: Take one 100 mg tablet."
    )


def test_a_medicine_that_is_stopped_is_told_at_the_dose_that_was_taken() -> None:
    first = started("sertraline", "100", TimeOfDay.MORNING)
    raised = revised(first, "150", TimeOfDay.MORNING)
    assert line(first, raised).shown_on(TODAY) is first
    assert medicine_list.last_taken(line(first, raised, stopped(raised, TODAY)[1])) is first


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (None, "100 decisions, 81 blocked, 3 of them for an unrecognized name"),
        (DecisionOutcome.BLOCK, "81 blocked decisions, 3 of them for an unrecognized name"),
        (DecisionOutcome.ALLOW, "100 allowed decisions"),
    ],
)
def test_the_officers_list_counts_what_it_was_narrowed_to_by_its_name(
    outcome: DecisionOutcome | None, said: str
) -> None:
    assert counted_words(Counts(Amount(100), Amount(81), Amount(3)), outcome) == said


def test_one_is_said_as_one_and_an_estimate_as_one() -> None:
    none = Amount(0)
    assert counted_words(Counts(Amount(1), Amount(1), none), DecisionOutcome.BLOCK) == "1 blocked decision"
    many = Amount(240_000, Certainty.ABOUT)
    assert counted_words(Counts(many, many, none), DecisionOutcome.ALLOW) == "about 240,000 allowed decisions"


def test_a_questionnaire_has_as_many_questions_as_its_form_counts() -> None:
    phq9 = scales.load().get("phq9")
    assert len(phq9.items) > len(phq9.scored_items) == 9
    assert length_words(phq9) == "9 questions, about 2 minutes"


def test_only_what_was_answered_after_the_visit_began_was_answered_in_it() -> None:
    response = Response(
        id=ResponseId(uuid4()), request=uuid4(), patient=PersonId(uuid4()), visit=VisitId(uuid4()), scale="phq9",
        reference_version="x", answers={}, total=9, severity="mild", prorated=False, answered_at=NOW,
        answered_by=PersonId(uuid4()),
    )  # fmt: skip
    asked = ScaleRequest(
        response.request,
        response.patient,
        response.visit,
        "phq9",
        NOW - timedelta(days=2),
        response.patient,
        {},
        response,
    )
    assert asked.answered_since(NOW)
    assert asked.answered_since(NOW - timedelta(minutes=1))
    assert not asked.answered_since(NOW + timedelta(hours=1))
    assert not asked.answered_since(None), "it has not begun"
    assert not replace(asked, response=None).answered_since(NOW - timedelta(hours=1))
