"""Use cases of attendance: who treats in a visit. Who admits the patient attends; a colleague may take over."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.presence import repository as records
from emr.presence.events import VisitAttended, VisitTakenOver
from emr.presence.model import Attendance
from emr.shared.context import UseCaseContext
from emr.shared.errors import Refused
from emr.shared.ids import AttendanceId, PersonId, VisitId
from emr.visits.guard import visit_of
from emr.visits.model import Visit, VisitStatus


async def attend(context: UseCaseContext, visit: Visit) -> Attendance:
    """The actor treats in a visit that has just begun."""
    made = Attendance(AttendanceId(uuid4()), visit.id, visit.patient, context.actor, context.now, None)
    await records.add_attendance(context.conn, made, visit.modality)
    context.events.append(
        VisitAttended(patient=visit.patient, visit=visit.id, attendance=made.id, prescriber=made.prescriber)
    )
    return made


async def take_over(context: UseCaseContext, visit_id: VisitId, patient_id: PersonId) -> Attendance:
    """The actor treats from now on. Taking over from oneself changes nothing.

    Raises `Refused` when the visit is not in progress; `NotFound`, `Refused("wrong_patient")` as `visit_of`.
    """
    visit = await visit_of(context.conn, visit_id, patient_id, lock=True)
    if visit.status is not VisitStatus.IN_PROGRESS:
        raise Refused("visit_not_in_progress", "This visit is not in progress, so it cannot be taken over.")
    now = await records.attending(context.conn, visit_id)
    if now is None:
        return await attend(context, visit)
    if now.prescriber == context.actor:
        return now
    made = Attendance(AttendanceId(uuid4()), visit.id, visit.patient, context.actor, context.now, now.id)
    await records.add_attendance(context.conn, made, visit.modality)
    context.events.append(
        VisitTakenOver(
            patient=visit.patient, visit=visit.id, attendance=made.id, replaced=now.id, prescriber=made.prescriber
        )
    )
    return made


async def attending(conn: AsyncConnection, visit_id: VisitId) -> Attendance | None:
    """Who treats in the visit now, or treated last; None: nobody has."""
    return await records.attending(conn, visit_id)
