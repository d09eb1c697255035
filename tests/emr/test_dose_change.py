"""What an order did to the dose, as a list says it."""

from datetime import date

import pytest

from emr.dosing.model import TimeOfDay
from emr.medications import model as medication
from emr.medications.dose_change import DoseChange
from tests.emr.medicines import ingredients, proposal, signed, started
from tests.emr.test_medication import next_order

FIRST = started("sertraline", "50", on=date(2025, 12, 1))


def words(*acts: tuple[str, str]) -> str:
    """Of the last of these acts on 50 mg of sertraline."""
    chain = [FIRST]
    for nth, (act, amount) in enumerate(acts):
        chain.append(next_order(chain[-1], act, amount, nth))
    return DoseChange(chain[-1], chain[-2] if acts else None).words


@pytest.mark.parametrize(
    ("acts", "said"),
    [
        ((), "50 mg"),
        ((("revise", "100"),), "from 50 mg to 100 mg"),
        ((("renew", ""),), "50 mg, as before"),
        ((("hold", ""),), "Held at 50 mg"),
        ((("stop", ""),), "Stopped at 50 mg"),
        ((("hold", ""), ("renew", "")), "Resumed at 50 mg"),
        ((("hold", ""), ("revise", "25")), "Resumed, from 50 mg to 25 mg"),
        ((("hold", ""), ("stop", "")), "Stopped at 50 mg"),
    ],
)
def test_a_change_is_said_with_both_doses(acts: tuple[tuple[str, str], ...], said: str) -> None:
    assert words(*acts) == said


def test_the_same_dose_taken_at_another_time_is_no_change_of_dose() -> None:
    at_night = proposal("sertraline", "50", TimeOfDay.NIGHT, starts_on=date(2026, 1, 1), replaces=FIRST.id)
    later = medication.revise(FIRST, at_night, ingredients("sertraline"), signed())
    assert DoseChange(later, FIRST).words == "50 mg, taken differently"
