"""What one order did to the dose before it, in words for a list: from 50 mg to 100 mg, held, stopped, resumed. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from emr.medications.model import Act, Order, OrderStatus


@dataclass(frozen=True, slots=True)
class DoseChange:
    """An order and the one that it replaced; `before` None: the first of its chain."""

    order: Order
    before: Order | None

    @property
    def was(self) -> str:
        """The dose a day before it, such as "50 mg"; empty when there was none."""
        return _dose(self.before) if self.before else ""

    @property
    def becomes(self) -> str:
        """The dose a day from now on; empty when nothing is to be taken."""
        return "" if self.order.act in (Act.HELD, Act.STOPPED) else _dose(self.order)

    @property
    def words(self) -> str:
        """`from 50 mg to 100 mg`, `Held at 50 mg`, `Stopped at 50 mg`, `Resumed at 50 mg`, `50 mg, as before`."""
        match self.order.act:
            case Act.HELD:
                return f"Held at {self.was}"
            case Act.STOPPED:
                return f"Stopped at {self.was}"
            case Act.STARTED | Act.REPORTED:
                return self.becomes
            case Act.REVISED | Act.RENEWED:
                return self._revised()

    def _revised(self) -> str:
        moved = self.was != self.becomes
        if self.before is not None and self.before.status is OrderStatus.HELD:
            return f"Resumed, from {self.was} to {self.becomes}" if moved else f"Resumed at {self.becomes}"
        if moved:
            return f"from {self.was} to {self.becomes}"
        return f"{self.becomes}, as before" if self.order.act is Act.RENEWED else f"{self.becomes}, taken differently"


def _dose(order: Order) -> str:
    """The total a day; how it is taken where no total is known."""
    total = str(order.daily_total) if order.daily_total is not None else order.sentence
    return f"{total} as needed" if order.as_needed and order.daily_total is not None else total
