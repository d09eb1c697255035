"""A medicine on hold that is taken again from tomorrow: what holds today, and what is ahead."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

from emr.chart.model import MedicationListEntry
from emr.dosing.model import TimeOfDay
from emr.medications import model as medication
from emr.medications.model import Order
from emr.medications.titration import found_by
from emr.prescribing import list_use_cases as medicating
from emr.shared.ids import VisitId
from tests.emr.medicines import FORMULARY, TODAY, ingredients, proposal, signed, started

TOMORROW = TODAY + timedelta(days=1)
HELD_ON = date(2026, 11, 20)


def resumed(amount: str = "100") -> MedicationListEntry:
    first = started("sertraline", "100", TimeOfDay.MORNING)
    held = medication.hold(first, "Sweating", HELD_ON, signed())
    made = proposal("sertraline", amount, TimeOfDay.MORNING, starts_on=TOMORROW, replaces=held.id)
    again = medication.revise(held, made, ingredients("sertraline"), signed())
    return MedicationListEntry(again, (first, held, again), "Dr. Drew Marsh")


def test_until_it_is_taken_again_it_is_on_hold() -> None:
    line = resumed()
    assert (line.held_until(TODAY), line.held_until(TOMORROW)) == (TOMORROW, None)
    assert line.shown_on(TODAY) is line.history[1]
    assert line.shown_on(TOMORROW) is line.current
    assert line.held_until(HELD_ON - timedelta(days=1)) is None, "nobody held it yet"


def test_the_patient_reads_that_it_is_on_hold_and_from_when_it_is_not() -> None:
    told = medicating.plain(resumed(), FORMULARY, TODAY)
    assert (told.on_hold, told.since) == (True, HELD_ON)
    assert told.ahead is not None
    assert (told.ahead.dose, told.ahead.since) == (told.dose, TOMORROW), "the same dose, and still it is ahead"
    after = medicating.plain(resumed(), FORMULARY, TOMORROW)
    assert (after.on_hold, after.ahead, after.note) == (False, None, "")


def test_a_visit_finds_the_doses_as_they_were_before_it() -> None:
    visit, first = VisitId(uuid4()), started("sertraline", "100")

    def here(order: Order) -> Order:
        return replace(order, visit=visit)

    made = proposal("sertraline", "150", starts_on=TOMORROW, replaces=first.id)
    raised = here(medication.revise(first, made, ingredients("sertraline"), signed()))
    found = found_by(visit, [first, raised])
    assert found is not None
    assert [str(step.total) for step in found.steps] == ["100 mg"]
    assert found_by(visit, [here(first)]) is None
