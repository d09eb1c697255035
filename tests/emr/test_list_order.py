"""Which medicine is named first: the one that the visit turns on, whatever letter it begins with."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from emr.chart import list_order
from emr.chart.model import MedicationListEntry
from emr.dosing.model import TimeOfDay
from emr.medications import model as medication
from emr.medications.model import Order, OrderOrigin
from tests.emr.medicines import ingredients, proposal, signed, started, stopped, told


def line(*history: Order) -> MedicationListEntry:
    return MedicationListEntry(history[-1], history, "Dr. Drew Marsh")


def names(*lines: MedicationListEntry) -> list[str]:
    return [each.current.name for each in list_order.ordered(reversed(lines), list_order.beside())]


def test_the_main_medicine_is_taken_every_day_treats_by_itself_and_is_taken_longest() -> None:
    made = proposal("hydroxyzine", "25", TimeOfDay.NIGHT, as_needed=True, starts_on=date(2025, 1, 1))
    when_needed = line(
        medication.start(made, started("sertraline", "50").patient, ingredients("hydroxyzine"), signed())
    )
    main = line(started("sertraline", "50", on=date(2026, 6, 23)))
    later = line(started("bupropion_xl", "150", on=date(2026, 9, 1)))
    for_sleep = line(started("prazosin", "1", on=date(2025, 6, 23)))
    elsewhere = line(told("lorazepam", OrderOrigin.PRESCRIBED_ELSEWHERE))
    own = line(told("magnesium"))
    over = line(*stopped(started("fluoxetine", "20"), date(2026, 10, 20)))
    assert names(main, later, for_sleep, when_needed, elsewhere, own, over) == [
        "sertraline", "bupropion", "prazosin", "hydroxyzine", "lorazepam", "magnesium", "fluoxetine",
    ]  # fmt: skip


def test_what_is_on_hold_stands_after_what_is_taken() -> None:
    held = started("sertraline", "50", on=date(2026, 6, 23))
    on_hold = line(held, medication.hold(held, "Sweating", date(2026, 11, 20), signed()))
    taken = line(started("venlafaxine_er", "75", on=date(2026, 11, 20)))
    assert names(taken, on_hold)[1] == "sertraline"


def test_a_medicine_given_beside_others_stands_first_where_nothing_else_is_taken() -> None:
    alone = line(started("prazosin", "1"))
    own = line(replace(told("St John's wort"), name="A tea"))
    assert names(alone, own) == ["prazosin", "A tea"]


def test_what_the_orders_of_a_line_did_is_read_off_them_once() -> None:
    main = line(started("sertraline", "50", on=date(2026, 6, 23)))
    assert main.course is main.course
