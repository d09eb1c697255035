"""Who waits for a prescriber, as rows: visits with whether a safety answer of theirs is still unread."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import ColumnElement

from emr.questionnaires.tables import alert_acknowledgement, safety_alert
from emr.shared.ids import PersonId, VisitId
from emr.visits.model import InLine, Status
from emr.visits.tables import visit as visits


def _flagged() -> ColumnElement[bool]:
    unread = ~exists().where(alert_acknowledgement.c.alert_id == safety_alert.c.id)
    return exists(select(safety_alert.c.id).where(safety_alert.c.visit_id == visits.c.id, unread))


async def in_line(conn: AsyncConnection, prescriber: PersonId) -> tuple[InLine, ...]:
    """Everybody who waits for that prescriber, in no order."""
    rows = await conn.execute(
        select(
            visits.c.id,
            visits.c.scheduled_start,
            visits.c.scheduled_minutes,
            visits.c.arrived_at,
            _flagged().label("flagged"),
        ).where(visits.c.prescriber_id == prescriber, visits.c.status == Status.WAITING.value)
    )
    return tuple(
        InLine(VisitId(row.id), row.scheduled_start, row.scheduled_minutes, row.arrived_at, row.flagged) for row in rows
    )
