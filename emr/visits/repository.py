"""Visits, participants, statements and events as rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, bindparam, func, insert, or_, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.shared.ids import PersonId, SiteId, VisitId
from emr.shared.together import any_named, any_of
from emr.visits.model import JOIN_CLOSES_AFTER, Modality, Visit, VisitKind, VisitStatus
from emr.visits.tables import visit as visits
from emr.visits.tables import visit_participant

VISIT_COLUMNS = (
    visits.c.id,
    visits.c.patient_id,
    visits.c.prescriber_id,
    visits.c.scheduled_start,
    visits.c.scheduled_minutes,
    visits.c.kind,
    visits.c.modality,
    visits.c.status,
    visits.c.room,
    visits.c.place,
    visits.c.arrived_at,
    visits.c.admitted_at,
    visits.c.ended_at,
    visits.c.site_id,
)


# `Row[*tuple[Any, ...]]`: what a select of a column tuple gives has no static type; this gives it one.
def visit_of(row: Row[*tuple[object, ...]]) -> Visit:
    """The visit in a row that selects `VISIT_COLUMNS`."""
    return Visit(
        id=VisitId(row.id),
        patient=PersonId(row.patient_id),
        prescriber=PersonId(row.prescriber_id),
        scheduled_start=row.scheduled_start,
        scheduled_minutes=row.scheduled_minutes,
        kind=VisitKind(row.kind),
        modality=Modality(row.modality),
        status=VisitStatus(row.status),
        room=row.room,
        place=row.place,
        arrived_at=row.arrived_at,
        admitted_at=row.admitted_at,
        ended_at=row.ended_at,
        site=None if row.site_id is None else SiteId(row.site_id),
    )


async def add(conn: AsyncConnection, visit: Visit, by: PersonId, now: datetime) -> None:
    await conn.execute(
        insert(visits).values(
            id=visit.id,
            patient_id=visit.patient,
            prescriber_id=visit.prescriber,
            scheduled_start=visit.scheduled_start,
            scheduled_minutes=visit.scheduled_minutes,
            kind=visit.kind.value,
            modality=visit.modality.value,
            status=visit.status.value,
            room=visit.room,
            place=visit.place,
            site_id=visit.site,
            booked_at=now,
            booked_by=by,
        )
    )


_ONE = select(*VISIT_COLUMNS).where(visits.c.id == bindparam("visit_asked"))
_LOCKED = _ONE.with_for_update()
_OF_PATIENTS = (
    select(*VISIT_COLUMNS)
    .where(any_named(visits.c.patient_id, "patients_visits"))
    .order_by(visits.c.scheduled_start.desc())
)


async def get(conn: AsyncConnection, id: VisitId, *, lock: bool = False) -> Visit | None:
    """`lock`: hold the row until the transaction ends, so that two steps of one visit do not cross."""
    row = (await conn.execute(_LOCKED if lock else _ONE, {"visit_asked": id})).first()
    return None if row is None else visit_of(row)


async def save(conn: AsyncConnection, visit: Visit) -> None:
    """Write where the visit stands now. Its patient, room and (once begun) modality are not written: they stay."""
    await conn.execute(
        update(visits)
        .where(visits.c.id == visit.id)
        .values(
            status=visit.status.value,
            arrived_at=visit.arrived_at,
            admitted_at=visit.admitted_at,
            ended_at=visit.ended_at,
        )
    )


async def in_progress(conn: AsyncConnection, prescriber: PersonId) -> tuple[Visit, ...]:
    """The visits that prescriber holds now, the latest begun first; more than one only if one was left open."""
    rows = await conn.execute(
        select(*VISIT_COLUMNS)
        .where(visits.c.prescriber_id == prescriber, visits.c.status == VisitStatus.IN_PROGRESS.value)
        .order_by(visits.c.admitted_at.desc())
    )
    return tuple(visit_of(row) for row in rows)


async def in_progress_of(conn: AsyncConnection, patient: PersonId) -> Visit | None:
    """The visit that patient is in; there is never more than one."""
    query = select(*VISIT_COLUMNS).where(
        visits.c.patient_id == patient, visits.c.status == VisitStatus.IN_PROGRESS.value
    )
    row = (await conn.execute(query)).first()
    return None if row is None else visit_of(row)


async def of_day(conn: AsyncConnection, start: datetime, end: datetime) -> tuple[Visit, ...]:
    """Every visit of the clinic with start <= appointed time < end, by time."""
    rows = await conn.execute(
        select(*VISIT_COLUMNS)
        .where(visits.c.scheduled_start >= start, visits.c.scheduled_start < end)
        .order_by(visits.c.scheduled_start, visits.c.id)
    )
    return tuple(visit_of(row) for row in rows)


async def never_ended(conn: AsyncConnection, over_before: datetime) -> tuple[Visit, ...]:
    """Visits in progress whose appointed length, from when they began, was over before that time, oldest first.

    Each is held by this transaction; one that another transaction is changing now is left for the next time.
    """
    likely_end = visits.c.admitted_at + func.make_interval(0, 0, 0, 0, 0, visits.c.scheduled_minutes)
    rows = await conn.execute(
        select(*VISIT_COLUMNS)
        .where(visits.c.status == VisitStatus.IN_PROGRESS.value, likely_end < over_before)
        .order_by(visits.c.admitted_at, visits.c.id)
        .with_for_update(skip_locked=True)
    )
    return tuple(visit_of(row) for row in rows)


async def between(conn: AsyncConnection, prescriber: PersonId, start: datetime, end: datetime) -> tuple[Visit, ...]:
    """That prescriber's visits with start <= appointed time < end, by time; cancelled ones are left out."""
    rows = await conn.execute(
        select(*VISIT_COLUMNS)
        .where(
            visits.c.prescriber_id == prescriber,
            visits.c.scheduled_start >= start,
            visits.c.scheduled_start < end,
            visits.c.status != VisitStatus.CANCELLED.value,
        )
        .order_by(visits.c.scheduled_start, visits.c.id)
    )
    return tuple(visit_of(row) for row in rows)


async def many(conn: AsyncConnection, ids: Collection[UUID]) -> Mapping[VisitId, Visit]:
    rows = await conn.execute(select(*VISIT_COLUMNS).where(any_of(visits.c.id, ids)))
    return {VisitId(row.id): visit_of(row) for row in rows}


def invited_to(person: PersonId) -> Select[tuple[UUID]]:
    """The visits that person is invited to."""
    return select(visit_participant.c.visit_id).where(
        visit_participant.c.person_id == person, visit_participant.c.withdrawn_at.is_(None)
    )


async def ahead(conn: AsyncConnection, person: PersonId, now: datetime, limit: int) -> tuple[Visit, ...]:
    """Visits still to be held in which that person is the patient or invited, soonest first."""
    rows = await conn.execute(
        select(*VISIT_COLUMNS)
        .where(
            or_(visits.c.patient_id == person, visits.c.id.in_(invited_to(person))),
            or_(
                visits.c.status.in_([VisitStatus.WAITING.value, VisitStatus.IN_PROGRESS.value]),
                (visits.c.status == VisitStatus.SCHEDULED.value)
                & (visits.c.scheduled_start >= now - JOIN_CLOSES_AFTER),
            ),
        )
        .order_by(visits.c.scheduled_start, visits.c.id)
        .limit(limit)
    )
    return tuple(visit_of(row) for row in rows)


async def called_off(conn: AsyncConnection, person: PersonId, now: datetime) -> tuple[Visit, ...]:
    """Visits to come that were cancelled, in which that person is the patient or invited, soonest first."""
    rows = await conn.execute(
        select(*VISIT_COLUMNS)
        .where(
            or_(visits.c.patient_id == person, visits.c.id.in_(invited_to(person))),
            visits.c.status == VisitStatus.CANCELLED.value,
            visits.c.scheduled_start >= now,
        )
        .order_by(visits.c.scheduled_start, visits.c.id)
    )
    return tuple(visit_of(row) for row in rows)


async def of_patient(conn: AsyncConnection, patient: PersonId) -> tuple[Visit, ...]:
    """Every visit of that patient, newest first, cancelled ones included."""
    return (await of_patients(conn, [patient])).get(patient, ())


async def of_patients(conn: AsyncConnection, patients: Collection[PersonId]) -> Mapping[PersonId, tuple[Visit, ...]]:
    """Every visit of each patient, newest first, cancelled ones included; a patient without any is absent."""
    rows = await conn.execute(_OF_PATIENTS, {"patients_visits": list(patients)})
    found: dict[PersonId, list[Visit]] = {}
    for row in rows:
        found.setdefault(PersonId(row.patient_id), []).append(visit_of(row))
    return {patient: tuple(those) for patient, those in found.items()}


async def last_ended(conn: AsyncConnection, patient: PersonId, before: datetime) -> datetime | None:
    """When the patient's last visit before `before` ended; None: there was none."""
    ended: datetime | None = await conn.scalar(
        select(func.max(visits.c.ended_at)).where(
            visits.c.patient_id == patient, visits.c.status == VisitStatus.ENDED.value, visits.c.ended_at < before
        )
    )
    return ended


async def never_held(conn: AsyncConnection, due_before: datetime) -> tuple[Visit, ...]:
    """Visits that were due before that time and never began, the longest due first; each is held by this transaction.

    A visit that another transaction is changing now is left for the next time.
    """
    rows = await conn.execute(
        select(*VISIT_COLUMNS)
        .where(
            visits.c.status.in_([VisitStatus.SCHEDULED.value, VisitStatus.WAITING.value]),
            visits.c.scheduled_start < due_before,
        )
        .order_by(visits.c.scheduled_start, visits.c.id)
        .with_for_update(skip_locked=True)
    )
    return tuple(visit_of(row) for row in rows)
