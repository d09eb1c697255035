"""What is said of open safety answers, and the crisis path, as rows."""

from __future__ import annotations

from sqlalchemy import Table, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.danger import tables as t
from emr.danger.model import CrisisEntry, CrisisFact, CrisisStep, LeftOpen, TakenStep
from emr.questionnaires.tables import safety_alert
from emr.shared.ids import AlertId, PersonId, VisitId


async def add_left_open(conn: AsyncConnection, left: LeftOpen) -> int:
    """Its number."""
    return await _add(
        conn,
        t.alert_left_open,
        alert_id=left.alert,
        visit_id=left.visit,
        left_by=left.by,
        left_at=left.at,
        reason=left.reason,
    )


async def left_open(conn: AsyncConnection, patient: PersonId) -> tuple[LeftOpen, ...]:
    """Of the patient's alerts, oldest first."""
    theirs = select(safety_alert.c.id).where(safety_alert.c.patient_id == patient)
    query = select(t.alert_left_open).where(t.alert_left_open.c.alert_id.in_(theirs))
    rows = await conn.execute(query.order_by(t.alert_left_open.c.id))
    return tuple(
        LeftOpen(AlertId(row.alert_id), VisitId(row.visit_id), PersonId(row.left_by), row.left_at, row.reason)
        for row in rows
    )


async def add_entry(conn: AsyncConnection, patient: PersonId, entry: CrisisEntry) -> int:
    """Its number."""
    return await _add(
        conn,
        t.crisis_contact,
        patient_id=patient,
        visit_id=entry.visit,
        kind=entry.kind.value,
        name=entry.name,
        phone=entry.phone,
        about=entry.about,
        checked_by=entry.by,
        checked_at=entry.at,
    )


async def entries(conn: AsyncConnection, patient: PersonId) -> tuple[CrisisEntry, ...]:
    """Everything ever entered for the patient, oldest first."""
    query = select(t.crisis_contact).where(t.crisis_contact.c.patient_id == patient)
    rows = await conn.execute(query.order_by(t.crisis_contact.c.id))
    return tuple(
        CrisisEntry(
            CrisisFact(row.kind),
            row.name,
            row.phone,
            row.about,
            VisitId(row.visit_id),
            PersonId(row.checked_by),
            row.checked_at,
        )
        for row in rows
    )


async def add_step(conn: AsyncConnection, patient: PersonId, visit: VisitId, taken: TakenStep) -> int:
    """Its number."""
    return await _add(
        conn,
        t.crisis_step,
        patient_id=patient,
        visit_id=visit,
        step=taken.step.value,
        said=taken.said,
        number=taken.number,
        place=taken.place,
        taken_by=taken.by,
        taken_at=taken.at,
    )


async def steps(conn: AsyncConnection, visit: VisitId) -> tuple[TakenStep, ...]:
    """Oldest first."""
    query = select(t.crisis_step).where(t.crisis_step.c.visit_id == visit).order_by(t.crisis_step.c.id)
    return tuple(
        TakenStep(CrisisStep(row.step), row.said, row.number, row.place, PersonId(row.taken_by), row.taken_at)
        for row in await conn.execute(query)
    )


async def _add(conn: AsyncConnection, table: Table, **values: object) -> int:
    """Write a row that nobody changes afterwards; gives its number."""
    number: int = (await conn.execute(insert(table).values(**values).returning(table.c.id))).scalar_one()
    return number
