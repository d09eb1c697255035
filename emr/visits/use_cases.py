"""Use cases of a visit's course, from the device check to its end. Each keeps what happened, with its time."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.presence import attending
from emr.shared.contact import ContactStatement, StatedContact
from emr.shared.context import UseCaseContext
from emr.shared.errors import Refused
from emr.shared.ids import PersonId, VisitId
from emr.shared.marks import N_
from emr.visits import course_repository as course
from emr.visits import repository as records
from emr.visits.events import (
    DevicesChecked,
    LocationStated,
    PatientAdmitted,
    PatientArrived,
    PatientLeftQueue,
    VisitEnded,
    VisitMissed,
)
from emr.visits.guard import visit_of
from emr.visits.model import Visit, VisitEventKind, VisitStatus


class AnotherVisitOpen(Refused):
    """The patient is in another visit, `visit`: one patient is in one visit at a time."""

    def __init__(self, visit: Visit) -> None:
        super().__init__("another_visit_open", "Another visit of this patient is in progress. End that one first.")
        self.visit = visit


class DeviceOutcome(StrEnum):
    """What a device check found. Partly: nothing is wrong with what was tested, and something was not tested."""

    ALL_WORK = "all_work"
    PARTLY = "partly"
    AUDIO_ONLY = "audio_only"
    PROBLEM = "problem"


async def note_devices(
    context: UseCaseContext, visit_id: VisitId, patient_id: PersonId, outcome: DeviceOutcome
) -> None:
    """The actor (patient or guest) has checked camera, microphone and network for this visit."""
    await visit_of(context.conn, visit_id, patient_id)
    event = await course.add_event(
        context.conn, visit_id, VisitEventKind.DEVICES_CHECKED, context.actor, context.now, outcome.value
    )
    context.events.append(DevicesChecked(patient=patient_id, visit=visit_id, outcome=outcome.value, event=event))


async def state_location(
    context: UseCaseContext, visit_id: VisitId, patient_id: PersonId, statement: ContactStatement
) -> StatedContact:
    """Where the patient is and how to call them back. May be said again whenever it changes during the visit.

    Raises `Refused` when the visit is over.
    """
    visit = await visit_of(context.conn, visit_id, patient_id)
    if visit.status not in (VisitStatus.SCHEDULED, VisitStatus.WAITING, VisitStatus.IN_PROGRESS):
        raise Refused("wrong_state", N_("This visit is over."))
    stated = StatedContact(statement, context.now, context.actor)
    number = await course.add_statement(context.conn, visit_id, stated)
    event = await course.add_event(context.conn, visit_id, VisitEventKind.STATED, context.actor, context.now)
    context.events.append(LocationStated(patient=patient_id, visit=visit_id, statement=number, event=event))
    return stated


async def arrive(
    context: UseCaseContext, visit_id: VisitId, patient_id: PersonId, statement: ContactStatement | None = None
) -> Visit:
    """The patient comes to the waiting room, saying (or having said, for this visit) where they are.

    Raises `Refused`: `too_early`, `too_late`, `location_missing`, `wrong_state`.
    """
    before = await visit_of(context.conn, visit_id, patient_id, lock=True)
    located = statement is not None or visit_id in await course.statements(context.conn, [visit_id])
    visit = before.arrive(context.now, located=located)
    if statement is not None:
        await state_location(context, visit_id, patient_id, statement)
    return await _keep(context, before, visit, VisitEventKind.ARRIVED, PatientArrived)


async def leave_queue(context: UseCaseContext, visit_id: VisitId, patient_id: PersonId) -> Visit:
    """The patient leaves the waiting room; the visit stays booked."""
    before = await visit_of(context.conn, visit_id, patient_id, lock=True)
    visit = before.leave_queue()
    return await _keep(context, before, visit, VisitEventKind.LEFT_QUEUE, PatientLeftQueue)


async def admit(context: UseCaseContext, visit_id: VisitId, patient_id: PersonId) -> Visit:
    """The prescriber lets the patient in, and attends. Raises `Refused` unless the patient waits (or is in already),
    and `AnotherVisitOpen`."""
    before = await visit_of(context.conn, visit_id, patient_id, lock=True)
    visit = before.admit(context.now)
    if visit is before:
        return visit
    await _alone(context, visit)
    try:
        async with context.conn.begin_nested():
            await _keep(context, before, visit, VisitEventKind.ADMITTED, PatientAdmitted)
    except IntegrityError:  # another visit began meanwhile: the database keeps one of a patient in progress
        await _alone(context, visit)
        raise
    await attending.attend(context, visit)
    return visit


async def _alone(context: UseCaseContext, visit: Visit) -> None:
    """Raises `AnotherVisitOpen` when the patient is in another visit."""
    open_now = await records.in_progress_of(context.conn, visit.patient)
    if open_now is not None and open_now.id != visit.id:
        raise AnotherVisitOpen(open_now)


async def end(context: UseCaseContext, visit_id: VisitId, patient_id: PersonId, *, by_program: bool = False) -> Visit:
    """The visit is over for everybody. Raises `Refused` unless it is in progress (or over already), and for whoever
    does not attend it, unless the program ends what everybody has left.
    """
    before = await visit_of(context.conn, visit_id, patient_id, lock=True)
    if not by_program and before.status is VisitStatus.IN_PROGRESS:
        treats = await attending.attending(context.conn, visit_id)
        if treats is None or treats.prescriber != context.actor:
            raise Refused(
                "not_attending", "Only the attending prescriber can end a visit. Take the visit over to end it."
            )
    visit = before.end(context.now)
    return await _keep(context, before, visit, VisitEventKind.ENDED, VisitEnded)


async def miss(context: UseCaseContext, visit_id: VisitId, patient_id: PersonId) -> Visit:
    """The patient did not come. Raises `Refused` before the appointed time and once the visit has begun."""
    before = await visit_of(context.conn, visit_id, patient_id, lock=True)
    visit = before.miss(context.now)
    return await _keep(context, before, visit, VisitEventKind.MISSED, VisitMissed)


_Step = type[PatientArrived | PatientLeftQueue | PatientAdmitted | VisitEnded | VisitMissed]


async def _keep(context: UseCaseContext, before: Visit, visit: Visit, what: VisitEventKind, step: _Step) -> Visit:
    """Write a step that changed something; a step asked for twice leaves no second trace."""
    if visit is not before:
        await records.save(context.conn, visit)
        event = await course.add_event(context.conn, visit.id, what, context.actor, context.now)
        context.events.append(step(patient=visit.patient, visit=visit.id, event=event))
    return visit


async def events(conn: AsyncConnection, visit_id: VisitId) -> tuple[course.Event, ...]:
    """What happened in the visit, oldest first."""
    return await course.events(conn, visit_id)


async def participants(conn: AsyncConnection, visit_id: VisitId) -> tuple[course.Participant, ...]:
    """Who is invited besides patient and prescriber, in the order invited."""
    return (await course.participants(conn, [visit_id])).get(visit_id, ())


async def last_statement(conn: AsyncConnection, patient_id: PersonId) -> StatedContact | None:
    """What the patient said last in any visit, to be offered for confirmation; never taken as said."""
    return await course.last_statement(conn, patient_id)
