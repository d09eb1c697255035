"""Holding and stopping, by the same way as prescribing: what it is about, what is read back, the decision, the order.

Nothing hinders either, since nothing is dispensed.
"""

from dataclasses import dataclass

from compliance.shared.vocabulary import PrescribingAction
from emr.medications.model import Order, OrderOrigin
from emr.prescribing import list_use_cases as medicating
from emr.prescribing.ground import Ground
from emr.prescribing.list_use_cases import Ending
from emr.shared.clinic_time import words
from emr.shared.ids import OrderId
from server.application.prescribe import read_back
from server.application.prescribe import record as recording
from server.application.prescribe.decide import intent_on
from server.application.prescribe.sign import NotReady, line_shown
from server.application.unit_of_work import UnitOfWork

ACTIONS = {Ending.HOLD: PrescribingAction.HOLD, Ending.STOP: PrescribingAction.DISCONTINUE}


@dataclass(frozen=True, slots=True)
class OrderToEnd:
    """What would be held or stopped: its current order, and the one that says how it is today."""

    ending: Ending
    order: Order
    now: Order

    @property
    def ahead(self) -> str | None:
        """The dose that is written and not taken yet, in words; None: there is none."""
        return ahead_words(self.order) if self.now is not self.order else None

    @property
    def shown(self) -> str:
        """Stands for what is read back before it is signed."""
        return read_back.stands_for(self.ending.value, self.order.name, self.now.sentence, self.ahead or "")


def to_end(ground: Ground, order_id: OrderId, ending: Ending) -> OrderToEnd:
    """Raises NotFound, and Conflict when the order was replaced."""
    line = line_shown(ground, order_id)
    return OrderToEnd(ending, line.current, line.shown_on(ground.chart.today))


async def end(work: UnitOfWork, ground: Ground, what: OrderToEnd, reason: str, shown: str) -> Order:
    """Write the order, and for what is prescribed here a decision of its own. `shown`: as for `sign`.

    Raises `NotReady`; and `Refused`, `Conflict` or `Invalid` (field `reason`), with nothing written.
    """
    if unread := read_back.refusal(shown, what.shown):
        raise NotReady(unread)
    async with work.conn.begin_nested():
        order = await medicating.end(work.context, what.ending, ground, what.order.id, reason)
        if order.kind is OrderOrigin.PRESCRIBED_HERE:
            intent = intent_on(ground, work.actor.person_id, ACTIONS[what.ending], None, order.name)
            await recording.record_ending(work, intent)
    return order


def ahead_words(order: Order) -> str:
    """An order that is written and not taken yet: "150 mg each morning from Nov 25"."""
    return f"{order.sentence} from {words.short(order.starts_on)}"
