"""Corrections of visits' outcomes as rows. The newest of a visit counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Select, exists, insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.outcome.model import Correction, OutcomeDetails, VisitOutcome
from emr.outcome.tables import visit_correction as t
from emr.presence.tables import attendance
from emr.shared.ids import PersonId, VisitId


async def add(conn: AsyncConnection, made: Correction) -> int:
    """Write it; gives its number."""
    row = insert(t).values(
        visit_id=made.visit,
        corrected_by=made.by,
        corrected_at=made.at,
        recorded_at=made.at,  # a trigger puts the database's own clock in its place
        outcome=made.went.outcome.value,
        started_at=made.went.started_at,
        ended_at=made.went.ended_at,
        reason=made.reason,
    )
    number: int = (await conn.execute(row.returning(t.c.id))).scalar_one()
    return number


async def newest(conn: AsyncConnection, visit: VisitId) -> Correction | None:
    """What stands of the visit's outcome; None: nobody corrected it."""
    return (await newest_each(conn, [visit])).get(visit)


async def newest_each(conn: AsyncConnection, visits: Collection[VisitId]) -> Mapping[VisitId, Correction]:
    """The newest correction of each visit; a visit without one is absent."""
    if not visits:
        return {}
    query = select(t).ext(distinct_on(t.c.visit_id)).where(t.c.visit_id.in_(visits))
    rows = await conn.execute(query.order_by(t.c.visit_id, t.c.id.desc()))
    return {VisitId(row.visit_id): _correction(row) for row in rows}


async def every(conn: AsyncConnection, visit: VisitId) -> tuple[Correction, ...]:
    """Every correction of the visit, newest first."""
    query: Select[*tuple[object, ...]] = select(t).where(t.c.visit_id == visit).order_by(t.c.id.desc())
    return tuple(_correction(row) for row in await conn.execute(query))


async def attended(conn: AsyncConnection, visit: VisitId, person: PersonId) -> bool:
    """Whether the person treated in the visit at any time."""
    asked = exists().where(attendance.c.visit_id == visit, attendance.c.prescriber_id == person)
    return bool((await conn.execute(select(asked))).scalar_one())


def _correction(row: Row[*tuple[object, ...]]) -> Correction:
    return Correction(
        VisitId(row.visit_id),
        PersonId(row.corrected_by),
        row.corrected_at,
        OutcomeDetails(VisitOutcome(row.outcome), row.started_at, row.ended_at),
        row.reason,
    )
