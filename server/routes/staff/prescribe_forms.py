"""What adjusting, starting and ending share: what it is about, the block it may meet, whom to tell."""

from datetime import date, timedelta

from compliance.prescribing.decision import Decision
from emr.chart.model import MedicationListEntry
from emr.formulary.entries import MedicineId
from emr.medications import model as medication
from emr.medications.model import Order
from emr.prescribing.ground import Ground
from emr.shared.errors import Refused
from server.application.actors import person_key, visit_key
from server.application.prescribe import record as recording
from server.application.prescribe.attempt import PrescribeAttempt, attempt
from server.application.prescribe.decide import PrescribeIntent
from server.application.prescribe.names import clean_name
from server.application.prescribe.parse import DoseFormInput, parse
from server.application.prescribe.propose import MedicineTarget
from server.application.unit_of_work import UnitOfWork
from server.http.endpoint import Ask
from server.presenters.blocks import block
from server.presenters.visit_ground import people_in, zone_of
from server.presenters.visit_parts import VisitPeople
from visit_ui.pages.visit.parts import Block


def adjustable(order: Order) -> MedicineId:
    """The medicine of an order that can be prescribed here. Raises ``Refused`` with what to do instead."""
    medication.may_prescribe(order)
    if order.medicine is None:
        raise Refused(
            "not_in_formulary", "This medicine has no doses in the formulary. Prescribe it in your other system."
        )
    return order.medicine


def about_line(line: MedicationListEntry, ground: Ground) -> MedicineTarget:
    """A dose over the one that is taken today; what is signed replaces the current order."""
    return MedicineTarget(
        medicine=adjustable(line.current), current=line.current, taken=line.taken_on(ground.chart.today)
    )


def attempted(work: UnitOfWork, ground: Ground, about: MedicineTarget, said: DoseFormInput) -> PrescribeAttempt:
    """What becomes of what was typed."""
    asked = parse(said, about.current, first_day(ground))
    return attempt(work.app_context.references, ground, work.actor.person_id, about, asked)


def first_day(ground: Ground) -> date:
    """Tomorrow, where the patient lives: today's dose has usually been taken."""
    return ground.chart.today + timedelta(days=1)


async def blocked(ask: Ask, ground: Ground, intent: PrescribeIntent, decision: Decision) -> Block:
    """Put the block on record, in a transaction of its own, and show it."""
    recorded = await recording.record_block(ask.app_context, intent, decision)
    zone = zone_of(ground, ask.person_id)
    return block(ask, people_in(ground), clean_name(intent.product), decision, recorded, ground.lines, zone)


def tell(work: UnitOfWork, visit_people: VisitPeople) -> None:
    """After commit, let both sides read the list again."""
    work.announce(visit_key(visit_people.visit.id), "medications")
    work.announce(person_key(visit_people.visit.patient), "medications")
