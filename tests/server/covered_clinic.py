"""A clinic whose chart has a row of every kind that the log covers, written by the use cases, with its entries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.danger import alert_use_cases as alerts
from emr.danger import crisis_use_cases as crisis_path
from emr.danger.model import AlertDisposition, AlertResponse, CrisisFact, CrisisStep, Typed
from emr.diary import use_cases as diary
from emr.diary.model import QuestionOutcome, SideEffectSeverity
from emr.diary.use_cases import DosesTaken, NewMeasurement
from emr.dosing.model import TimeOfDay
from emr.medications.model import OrderOrigin
from emr.notes import use_cases as noting
from emr.outcome import use_cases as correcting
from emr.outcome.model import OutcomeDetails
from emr.outcome.model import VisitOutcome as Became
from emr.people import use_cases as people
from emr.prescribing import list_use_cases as medicating
from emr.prescribing.list_use_cases import ReportedMedication
from emr.presence import attending, joining, sites
from emr.questionnaires import use_cases as answering
from emr.shared.events import DomainEvent
from emr.visits import booking
from emr.visits import use_cases as visiting
from emr.visits.model import Modality, ParticipantRole, Visit
from emr.visits.use_cases import DeviceOutcome
from server.application import audit_coverage as coverage
from server.application import audit_mapping as ledger
from tests.emr.clinic import Clinic, at_home, open_clinic
from tests.emr.medicines import FORMULARY, Consultation, consult

PHQ9 = {f"q{number}": 1 for number in range(1, 10)}
SOON = timedelta(minutes=1)


async def write(conn: AsyncConnection, events: Sequence[DomainEvent], now: datetime) -> None:
    """The facts' entries, as the house writes them."""
    told = [
        (event, ledger.entry(event, actor_id=None, actor_role="prescriber", rule="own-patient", now=now))
        for event in events
    ]
    await coverage.write(conn, told)


async def live(conn: AsyncConnection) -> Clinic:
    """Everything that may happen in a clinic, in one transaction: Ada by video with Drew, Marcus in person."""
    told: list[DomainEvent] = []
    clinic = await open_clinic(conn, told)
    visit = await consult(clinic)
    await _around(clinic, visit.visit, visit.now)
    await _prescribed(visit)
    await _diary(clinic, visit.visit, visit.now)
    drew = clinic.context(clinic.drew, visit.now)
    await noting.save(drew, visit.visit.id, clinic.ada, 0, {"plan": "Go on."})
    await noting.sign(drew, visit.visit.id, clinic.ada, 1)
    await noting.add(drew, visit.visit.id, clinic.ada, "She called: the dose suits her.")
    await attending.take_over(clinic.context(clinic.tomas, visit.now), visit.visit.id, clinic.ada)
    await visiting.end(clinic.context(clinic.tomas, visit.now + SOON), visit.visit.id, clinic.ada)
    await _in_person(clinic, visit.now)
    await _other_visits(clinic, visit.now)
    await write(conn, told, visit.now)
    return clinic


async def _around(clinic: Clinic, visit: Visit, now: datetime) -> None:
    ada, drew = clinic.context(clinic.ada, now), clinic.context(clinic.drew, now)
    await visiting.note_devices(ada, visit.id, clinic.ada, DeviceOutcome.ALL_WORK)
    await joining.join_call(ada, visit)
    await joining.note_joined(ada, visit.id, clinic.ada, clinic.ada)
    await joining.note_left(ada, visit.id, clinic.ada, clinic.ada)
    await booking.invite(drew, visit.id, clinic.ada, clinic.ilse, ParticipantRole.FAMILY)
    await booking.uninvite(drew, visit.id, clinic.ada, clinic.ilse)
    await answering.answer(ada, visit.id, clinic.ada, "phq9", PHQ9)
    (alert, *_) = await answering.alerts(clinic.conn, visit.id)
    why = {alert.id: AlertResponse(AlertDisposition.NOT_ADDRESSED, "She asked to talk about the sweating first.")}
    await alerts.say(drew, visit.id, clinic.ada, why)
    mother = Typed(CrisisFact.CONTACT, "Ilse Cast, mother", "(813) 555-0177")
    await crisis_path.enter(drew, visit.id, clinic.ada, mother)
    await crisis_path.take(drew, visit.id, clinic.ada, CrisisStep.CALLED_CONTACT, said="She drives there.")
    await answering.acknowledge(drew, visit.id, clinic.ada, alert.id, "Asked about it, no plan.")


async def _prescribed(visit: Consultation) -> None:
    clinic, drew = visit.clinic, visit.clinic.context(visit.clinic.drew, visit.now)
    first = await visit.start("sertraline", "50", TimeOfDay.MORNING)
    second = await visit.revise(first.order, "100", "increase", TimeOfDay.MORNING)
    await medicating.hold(
        drew, patient_id=clinic.ada, order_id=second.order.id, reason="Nausea", visit_id=visit.visit.id
    )
    told = ReportedMedication(
        name="melatonin", kind=OrderOrigin.SELF_REPORTED, sentence="3 mg at night", since=date(2026, 5, 1)
    )
    other = await medicating.report(drew, formulary=FORMULARY, patient_id=clinic.ada, told=told)
    await medicating.stop(drew, patient_id=clinic.ada, order_id=other.id, reason="No longer needed")


async def _diary(clinic: Clinic, visit: Visit, now: datetime) -> None:
    ada, drew = clinic.context(clinic.ada, now), clinic.context(clinic.drew, now)
    day = now.date() - timedelta(days=3)
    await people.record_allergy(drew, clinic.ada, "penicillin", "rash")
    await people.note_no_known_allergies(drew, clinic.marcus)
    effect = await diary.report_side_effect(
        ada, clinic.ada, "Night sweats", SideEffectSeverity.MODERATE, day, "most nights"
    )
    await diary.follow_side_effect(ada, clinic.ada, effect.id, SideEffectSeverity.MILD)
    question = await diary.write_question(ada, clinic.ada, "Is the sweating from the sertraline?")
    await diary.mark_question(drew, visit.id, clinic.ada, question.id, QuestionOutcome.ANSWERED)
    taken = DosesTaken(medicine="sertraline", from_date=day, to_date=day, doses_due=2, doses_taken=1)
    await diary.report_adherence(ada, clinic.ada, taken)
    weight = NewMeasurement(
        code="29463-7", name="Body weight", value=Decimal("61.20"), unit="kg", observed_at=now, source="home"
    )
    await diary.record_observation(drew, clinic.ada, weight)


async def _in_person(clinic: Clinic, now: datetime) -> None:
    visit = await clinic.book(clinic.marcus, start=now, modality=Modality.IN_PERSON)
    await clinic.check_in(visit, now)
    await visiting.admit(clinic.context(clinic.drew, now), visit.id, clinic.marcus)
    new = sites.NewSite(name="Old clinic", line="2 N 15th St", city="Tampa", state="FL", postal="33605")
    site = await sites.add_site(clinic.context(clinic.carla, now), new)
    await sites.close_site(clinic.context(clinic.carla, now), site.id)


async def _other_visits(clinic: Clinic, now: datetime) -> None:
    drew = clinic.context(clinic.drew, now)
    cancelled = await clinic.book(start=now + timedelta(days=7))
    await booking.cancel(drew, cancelled.id, clinic.ada)
    missed = await clinic.book(start=now - timedelta(hours=1))
    await visiting.miss(drew, missed.id, clinic.ada)
    went = OutcomeDetails(Became.DISCONTINUED, now - timedelta(minutes=50), now - timedelta(minutes=45))
    await correcting.correct(drew, missed.id, clinic.ada, went, "She called, and the line broke.", at_desk=False)
    left = await clinic.book(start=now)
    ada = clinic.context(clinic.ada, now)
    await visiting.arrive(ada, left.id, clinic.ada, at_home())
    await visiting.leave_queue(ada, left.id, clinic.ada)
    await visiting.arrive(ada, left.id, clinic.ada)
