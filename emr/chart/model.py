"""What one prescribing decision needs to know of a patient, as a value. Read by `emr.chart.reading`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from emr.medications.model import Order, OrderStatus
from emr.medications.titration import Course, course
from emr.people.model import Allergies
from emr.shared.ids import OrderId, PersonId
from emr.shared.quantity import Quantity, Unit

# The measures that dose rules ask for, by LOINC code as monitoring.csv has them: body weight, eGFR (CKD-EPI 2021), QTc.
LOINC = {"29463-7": "weight", "98979-8": "egfr", "8636-3": "qtc"}
# UCUM units in which such a value may be written, and what it is then in ours. Anything else is no known value.
_UNITS: Mapping[str, Mapping[str, tuple[Unit, Decimal]]] = {
    "weight": {"kg": (Unit.KG, Decimal(1)), "[lb_av]": (Unit.KG, Decimal("0.45359237"))},
    "egfr": {"mL/min/{1.73_m2}": (Unit.ML_PER_MIN_M2, Decimal(1))},
    "qtc": {"ms": (Unit.MS, Decimal(1))},
}


@dataclass(frozen=True, slots=True)
class LatestMeasurement:
    """The newest value of something that was measured, as it was recorded. `unit` is UCUM."""

    code: str
    name: str
    value: Decimal
    unit: str
    observed_at: datetime

    @property
    def quantity(self) -> Quantity | None:
        """The value in the unit that dose rules use; None when it cannot be understood."""
        known = _UNITS.get(LOINC.get(self.code, ""), {}).get(self.unit)
        return Quantity(self.value * known[1], known[0]) if known and self.value >= 0 else None


@dataclass(frozen=True)
class MedicationListEntry:
    """One line of the medicine list: its current order and how it came to it.

    `history`: oldest first, the current order last. `by`: who set the present dose, as a person is addressed ("Dr. Drew
    Marsh"), or the prescriber elsewhere; None when the patient takes it on their own.
    """

    current: Order
    history: tuple[Order, ...]
    by: str | None

    @cached_property
    def course(self) -> Course:
        """What its orders did to the dose; read off them once, as a page asks for it several times a line."""
        return course(self.history)

    @property
    def started(self) -> date:
        """The day the medicine was first taken, as far as this list knows."""
        return self.course.started or self.current.starts_on

    @property
    def since(self) -> date:
        """The day from which it is as it is now."""
        step = self.course.now
        return step.since if step else self.current.starts_on

    def in_force(self, day: date) -> Order:
        """The order that holds on `day`; the current one also when it begins the medicine later."""
        return next((order for order in reversed(self.history) if order.starts_on <= day), self.current)

    def taken_on(self, day: date) -> Order:
        """The order whose dose is taken on `day`: the current one, unless it begins later and another holds now."""
        before = self.in_force(day) if self.current.status is OrderStatus.ACTIVE else self.current
        return before if before.status is OrderStatus.ACTIVE else self.current

    def held_until(self, day: date) -> date | None:
        """The day from which it is taken again, while it is on hold on `day`; None: no hold, or none that ends."""
        again = self.current.status is OrderStatus.ACTIVE and self.current.starts_on > day
        return self.current.starts_on if again and self.in_force(day).status is OrderStatus.HELD else None

    def shown_on(self, day: date) -> Order:
        """The order that says how it is on `day`: taken as it says, or on hold by it."""
        return self.in_force(day) if self.held_until(day) else self.taken_on(day)

    @property
    def taken_before(self) -> Order | None:
        """The order whose dose was taken until the current one began: none that would have begun later."""
        earlier = [order for order in self.history[:-1] if order.starts_on < self.current.starts_on]
        written = earlier[-1] if earlier else None
        return written if written is not None and written.status is OrderStatus.ACTIVE else None

    def since_of(self, order: Order) -> date:
        """The day from which the dose of an order of this line holds or held."""
        steps = [step for step in self.course.steps if step.since <= order.starts_on]
        return steps[-1].since if steps else order.starts_on

    @property
    def taken(self) -> bool:
        """Whether it is taken now: not on hold, not stopped."""
        return self.current.status is OrderStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class Chart:
    """A patient at one moment. `today` and `age` by the calendar of the patient's zone.

    `entries`: active and held, in the order of `list_order`. `stopped`: newest stop first. `measures`: the
    newest value by LOINC code.
    """

    patient: PersonId
    read_at: datetime
    today: date
    birth_date: date | None
    age: int | None
    allergies: Allergies
    entries: tuple[MedicationListEntry, ...]
    stopped: tuple[MedicationListEntry, ...]
    measures: Mapping[str, LatestMeasurement]

    def with_lines(self, lines: tuple[MedicationListEntry, ...]) -> Chart:
        """The same with another list, in the order of `list_order`."""
        return replace(
            self,
            entries=tuple(line for line in lines if line.current.status is not OrderStatus.STOPPED),
            stopped=tuple(line for line in lines if line.current.status is OrderStatus.STOPPED),
        )

    def measure(self, name: str) -> Quantity | None:
        """The newest 'weight' (kg), 'egfr' or 'qtc' that can be understood; None: unknown."""
        code = next(code for code, known in LOINC.items() if known == name)
        return found.quantity if (found := self.measures.get(code)) else None

    def entry(self, order: OrderId) -> MedicationListEntry | None:
        """The line whose current order this is; None when it is not a current one of this patient."""
        return next((each for each in (*self.entries, *self.stopped) if each.current.id == order), None)
