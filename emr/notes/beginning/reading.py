"""Reads what happened in a visit, for its note."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.chart import reading as charts
from emr.danger import queries as danger_records
from emr.notes.beginning import model as values
from emr.notes.beginning.model import VisitHistory
from emr.questionnaires import use_cases as answering
from emr.shared.together import together
from emr.visits import queries as visit_records
from emr.visits.model import Visit


async def happened(conn: AsyncConnection, visit: Visit) -> VisitHistory:
    """What was done in the visit so far, and the scores since the one before it."""
    began = visit.admitted_at or visit.scheduled_start
    lines, every_left, since, responses, alerts, steps = await together(
        conn,
        charts.entries(conn, visit.patient),
        danger_records.left_open(conn, visit.patient),
        visit_records.last_ended(conn, visit.patient, began),
        answering.history(conn, visit.patient),
        answering.alerts_of_patient(conn, visit.patient),
        danger_records.steps(conn, visit.id),
    )
    left = tuple(one for one in every_left if one.visit == visit.id)
    return VisitHistory(
        changes=values.changes((line.history for line in lines), visit.id),
        scores=values.scores(responses, visit.id, since),
        alerts=values.answered_in(alerts, left, visit.id, began),
        left=left,
        steps=steps,
    )
