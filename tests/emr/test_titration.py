"""Dose steps through time: what the timeline draws, from the orders alone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from emr.medications import model as medication
from emr.medications.model import Order
from emr.medications.titration import course, steps
from tests.emr.medicines import ingredients, proposal, signed, started, stopped


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 15, tzinfo=UTC)


def raised(current: Order, amount: str, on: date) -> Order:
    made = proposal("sertraline", amount, starts_on=on, replaces=current.id)
    return medication.revise(current, made, ingredients("sertraline"), signed(at(on)))


def ada() -> list[Order]:
    """Sertraline as in the pictures: 25, 50, 75, 100 mg."""
    chain = [started("sertraline", "25", on=date(2026, 6, 23))]
    for amount, on in (("50", date(2026, 7, 14)), ("75", date(2026, 8, 25)), ("100", date(2026, 10, 6))):
        chain.append(raised(chain[-1], amount, on))
    return chain


def test_each_dose_is_a_step_until_the_next() -> None:
    treads = steps(ada())
    assert [(str(each.total), each.since, each.until) for each in treads] == [
        ("25 mg", date(2026, 6, 23), date(2026, 7, 14)),
        ("50 mg", date(2026, 7, 14), date(2026, 8, 25)),
        ("75 mg", date(2026, 8, 25), date(2026, 10, 6)),
        ("100 mg", date(2026, 10, 6), None),
    ]


def test_a_renewal_is_not_a_step() -> None:
    chain = ada()
    same = proposal("sertraline", "100", starts_on=date(2026, 11, 3), replaces=chain[-1].id)
    renewed = medication.renew(chain[-1], same, ingredients("sertraline"), signed(at(date(2026, 11, 3))))
    assert steps([*chain, renewed]) == steps(chain)


def test_time_on_hold_is_a_step_that_is_not_taken() -> None:
    held = medication.hold(ada()[-1], "Rash", date(2026, 11, 1), signed(at(date(2026, 11, 1))))
    now = course([*ada(), held]).now
    assert now is not None
    assert not now.taken
    assert now.since == date(2026, 11, 1)


def test_a_stopped_course_has_an_end() -> None:
    found = course(stopped(started("sertraline", "50", on=date(2026, 6, 1)), date(2026, 9, 1)))
    assert found.now is None
    assert found.steps[-1].until == date(2026, 9, 1)
    assert found.started == date(2026, 6, 1)


def test_of_two_changes_for_one_day_the_later_counts() -> None:
    first = started("sertraline", "25", on=date(2026, 6, 1))
    second = raised(first, "50", date(2026, 7, 1))
    third = raised(second, "75", date(2026, 7, 1))
    assert [str(each.total) for each in steps([first, second, third])] == ["25 mg", "75 mg"]


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["25", "50", "75", "100"]), st.integers(0, 40)), max_size=10))
def test_steps_follow_one_another_without_gap_or_overlap(changes: list[tuple[str, int]]) -> None:
    chain = [started("sertraline", "200", on=date(2026, 1, 1))]
    day = date(2026, 1, 1)
    for amount, later in changes:
        day = date.fromordinal(day.toordinal() + later)
        if proposal("sertraline", amount).dose != chain[-1].dose:
            chain.append(raised(chain[-1], amount, day))
    treads = steps(chain)
    assert treads[-1].until is None
    assert treads[-1].total == chain[-1].daily_total
    for before, after in pairwise(treads):
        assert before.until == after.since
        assert before.since < after.since
        assert before.total != after.total
