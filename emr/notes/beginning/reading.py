"""Reads what happened in a visit, for its note."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.chart import reading as charts
from emr.danger import repository as danger_records
from emr.notes.beginning import model as values
from emr.notes.beginning.model import Happened
from emr.questionnaires import use_cases as answering
from emr.visits import repository as visit_records
from emr.visits.model import Visit


async def happened(conn: AsyncConnection, visit: Visit) -> Happened:
    """What was done in the visit so far, and the scores since the one before it."""
    began = visit.admitted_at or visit.scheduled_start
    lines = await charts.entries(conn, visit.patient)
    left = tuple(one for one in await danger_records.left_open(conn, visit.patient) if one.visit == visit.id)
    since = await visit_records.last_ended(conn, visit.patient, began)
    return Happened(
        changes=values.changes((line.history for line in lines), visit.id),
        scores=values.scores(await answering.history(conn, visit.patient), visit.id, since),
        alerts=values.answered_in(await answering.alerts_of_patient(conn, visit.patient), left, visit.id, began),
        left=left,
        steps=await danger_records.steps(conn, visit.id),
    )
