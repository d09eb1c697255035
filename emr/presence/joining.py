"""Use cases of the call: who joins it and who leaves it is kept, whatever becomes of the processes that carry it.

The joining is written before anybody hears of it, for it ends the person's check-ins. What the room tells follows, late
or twice as it may come; a leave that nobody could tell any more is made good, with the time when the person was last
known to be there.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from emr.presence import call_repository as calls
from emr.presence import repository as records
from emr.presence.events import CallJoined
from emr.shared.context import UseCaseContext
from emr.shared.errors import Refused
from emr.shared.ids import PersonId, VisitId
from emr.shared.marks import N_
from emr.visits import course_repository as course
from emr.visits.events import ParticipantJoined, ParticipantLeft
from emr.visits.guard import visit_of
from emr.visits.model import Visit, VisitEventKind, VisitStatus


class LeaveSource(StrEnum):
    """How a leave is known: the room told it, or the person was found to be in no room any more."""

    TOLD = "told"
    LOST = "lost"


async def join_call(context: UseCaseContext, visit: Visit) -> None:
    """The actor joins the visit's call. Raises `Refused` when the visit is over; the database refuses one in person."""
    if visit.status not in (VisitStatus.SCHEDULED, VisitStatus.WAITING, VisitStatus.IN_PROGRESS):
        raise Refused("wrong_state", N_("This visit is over."))
    number = await records.add_call_join(context.conn, visit.id, context.actor, context.now)
    context.events.append(CallJoined(patient=visit.patient, visit=visit.id, person=context.actor, join=number))


async def note_joined(
    context: UseCaseContext,
    visit_id: VisitId,
    patient_id: PersonId,
    person_id: PersonId,
    *,
    seen: datetime | None = None,
) -> bool:
    """That person is in the room since the context's `now`. False: it stood in the record already.

    Who was in the room by the record has left it before they come into it again: what nobody told is noted as lost, at
    the time they were last `seen`. It is kept after the visit's end too, and of somebody who was taken off it since.
    """
    await visit_of(context.conn, visit_id, patient_id, lock=True)
    if await calls.is_kept(context.conn, visit_id, person_id, VisitEventKind.JOINED, context.now):
        return False
    before = await calls.reached(context.conn, visit_id, person_id)
    if before is not None and before < context.now:
        last = before if seen is None else min(max(seen, before), context.now)
        await _left(context, visit_id, patient_id, person_id, last, LeaveSource.LOST)
    event = await course.add_event(context.conn, visit_id, VisitEventKind.JOINED, person_id, context.now)
    context.events.append(ParticipantJoined(patient=patient_id, visit=visit_id, person=person_id, event=event))
    return True


async def note_left(context: UseCaseContext, visit_id: VisitId, patient_id: PersonId, person_id: PersonId) -> bool:
    """That person left the call, or their connection was lost; they may join again. False: it was kept already.

    It is kept after the visit's end too.
    """
    await visit_of(context.conn, visit_id, patient_id, lock=True)
    if await calls.is_kept(context.conn, visit_id, person_id, VisitEventKind.LEFT, context.now):
        return False
    await _left(context, visit_id, patient_id, person_id, context.now, LeaveSource.TOLD)
    return True


async def note_lost(
    context: UseCaseContext, visit_id: VisitId, patient_id: PersonId, person_id: PersonId, seen: datetime | None
) -> bool:
    """That person is in no room any more and nobody said when they left: it was after they were last `seen`.

    False: a leave was told meanwhile.
    """
    await visit_of(context.conn, visit_id, patient_id, lock=True)
    since = await calls.stays_since(context.conn, visit_id, person_id)
    if since is None:
        return False
    await _left(context, visit_id, patient_id, person_id, since if seen is None else max(seen, since), LeaveSource.LOST)
    return True


async def _left(
    context: UseCaseContext,
    visit_id: VisitId,
    patient_id: PersonId,
    person_id: PersonId,
    at: datetime,
    how: LeaveSource,
) -> None:
    detail = how.value if how is LeaveSource.LOST else None
    event = await course.add_event(context.conn, visit_id, VisitEventKind.LEFT, person_id, at, detail)
    context.events.append(
        ParticipantLeft(patient=patient_id, visit=visit_id, person=person_id, event=event, outcome=how.value)
    )
