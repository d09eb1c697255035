"""What adjusting, starting and ending share: the line meant, the wish it makes, the block it may meet."""

from compliance.prescribing.decision import Decision
from compliance.shared.vocabulary import PrescribingAction
from emr.chart import reading as charts
from emr.chart.model import Entry
from emr.dosing.proposal import Proposal
from emr.formulary.entries import MedicineId
from emr.medications import model as medication
from emr.medications.model import Order
from emr.shared.errors import Conflict, NotFound, Refused
from emr.shared.ids import OrderId
from server.application import prescribe as prescriptions
from server.application.actors import person_key, visit_key
from server.application.prescribe import Wish
from server.application.unit_of_work import Work
from server.http.endpoint import Ask
from server.presenters.blocks import block
from server.presenters.visit_parts import VisitPeople, statement_of, viewer_zone
from visit_ui.pages.visit.parts import Block


async def line_of(ask: Ask, work: Work, those: VisitPeople) -> Entry:
    """The line whose current order the path names. Raises ``NotFound``, or ``Conflict`` if it was replaced."""
    line = await line_now(ask, work, those)
    if line.current.id != OrderId(ask.path_id("order")):
        raise Conflict("order_changed", "This medicine was changed meanwhile. Look at it as it is now.", line.current)
    return line


async def line_now(ask: Ask, work: Work, those: VisitPeople) -> Entry:
    """The line that the path's order belongs to, whether or not it is still current. Raises ``NotFound``."""
    wanted = OrderId(ask.path_id("order"))
    for line in await charts.entries(work.conn, those.visit.patient):
        if any(order.id == wanted for order in line.history):
            return line
    raise NotFound


def adjustable(order: Order) -> MedicineId:
    """The medicine of an order that can be prescribed here. Raises ``Refused`` with what to do instead."""
    medication.may_prescribe(order)
    if order.medicine is None:
        raise Refused("not_in_formulary", "This medicine has no doses in the formulary. Write it in your other system.")
    return order.medicine


async def wish_for(
    work: Work, those: VisitPeople, action: PrescribingAction, proposal: Proposal | None, product: str = ""
) -> Wish:
    """What would be prescribed in this visit. ``product``: the name as typed, while there is no proposal."""
    return Wish(
        visit=those.visit,
        stated=await statement_of(work, those.visit),
        patient_zone=those.patient.person.zone,
        action=action,
        product=proposal.product if proposal else product,
        meeting=await prescriptions.meeting_of(work, those.visit),
        days_supply=proposal.days_supply if proposal else None,
        refills=proposal.refills if proposal else None,
        code=proposal.code if proposal else None,
        directions=proposal.sig if proposal else "",
        indication=proposal.indication if proposal else "",
    )


async def blocked(ask: Ask, work: Work, those: VisitPeople, wish: Wish, decision: Decision) -> Block:
    """Put the block on record, in a transaction of its own, and show it."""
    recorded = await prescriptions.record_block(ask.house, ask.person_id, wish, decision)
    lines = await charts.entries(work.conn, those.visit.patient)
    return block(ask, those, prescriptions.clean_name(wish.product), decision, recorded, lines, await viewer_zone(work))


def tell(work: Work, those: VisitPeople) -> None:
    """After commit, let both sides read the list again."""
    work.announce(visit_key(those.visit.id), "medications")
    work.announce(person_key(those.visit.patient), "medications")
