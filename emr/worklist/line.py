"""Who waits for a prescriber, with whether a safety answer of theirs is still unread, and where somebody stands."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import ColumnElement

from emr.questionnaires.tables import alert_acknowledgement, safety_alert
from emr.shared.ids import PersonId, VisitId
from emr.shared.together import together
from emr.visits import queries as visit_records
from emr.visits.model import QueuedVisit, QueuePosition, Visit, VisitStatus, place
from emr.visits.tables import visit as visits


def _flagged() -> ColumnElement[bool]:
    unread = ~exists().where(alert_acknowledgement.c.alert_id == safety_alert.c.id)
    return exists(select(safety_alert.c.id).where(safety_alert.c.visit_id == visits.c.id, unread))


async def in_line(conn: AsyncConnection, prescriber: PersonId) -> tuple[QueuedVisit, ...]:
    """Everybody who waits for that prescriber, in no order."""
    rows = await conn.execute(
        select(
            visits.c.id,
            visits.c.scheduled_start,
            visits.c.scheduled_minutes,
            visits.c.arrived_at,
            _flagged().label("flagged"),
        ).where(visits.c.prescriber_id == prescriber, visits.c.status == VisitStatus.WAITING.value)
    )
    return tuple(
        QueuedVisit(VisitId(row.id), row.scheduled_start, row.scheduled_minutes, row.arrived_at, row.flagged)
        for row in rows
    )


async def place_in_queue(conn: AsyncConnection, visit: Visit, now: datetime) -> QueuePosition | None:
    """Where `visit` stands in its prescriber's queue; None when it does not wait."""
    held, waiting = await together(
        conn, visit_records.in_progress(conn, visit.prescriber), in_line(conn, visit.prescriber)
    )
    return place(visit.id, waiting, max((one.likely_end for one in held), default=None), now)
