"""Sites, attendances, check-ins and joins of calls as rows. The database says whether a check-in holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Select, and_, bindparam, func, insert, literal, or_, select, union_all, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.presence import tables as t
from emr.presence.model import Attendance, CheckIn, CheckInProblem, Site, Voided
from emr.shared.ids import AttendanceId, CheckInId, PersonId, SiteId, VisitId
from emr.shared.together import any_named, together
from emr.visits import queries as visit_records
from emr.visits.model import Modality, Visit, VisitStatus
from emr.visits.tables import visit as visits


def _site_of(row: Row[*tuple[object, ...]]) -> Site:
    return Site(
        SiteId(row.id), row.name, row.line, row.city, row.state, row.postal, row.added_at, closed_at=row.closed_at
    )


async def add_site(conn: AsyncConnection, site: Site, by: PersonId | None) -> None:
    """`by`: None for an operator at the shell."""
    await conn.execute(
        insert(t.site).values(
            id=site.id,
            name=site.name,
            line=site.line,
            city=site.city,
            state=site.state,
            postal=site.postal,
            added_at=site.added_at,
            added_by=by,
        )
    )


async def close_site(conn: AsyncConnection, site: SiteId, now: datetime) -> None:
    await conn.execute(update(t.site).where(t.site.c.id == site).values(closed_at=now))


async def site(conn: AsyncConnection, id: SiteId) -> Site | None:
    row = (await conn.execute(select(t.site).where(t.site.c.id == id))).first()
    return None if row is None else _site_of(row)


_SITES = select(t.site).order_by(t.site.c.name, t.site.c.id)
_OPEN_SITES = _SITES.where(t.site.c.closed_at.is_(None))


async def sites(conn: AsyncConnection, *, closed: bool = False) -> tuple[Site, ...]:
    """The open sites by name; with `closed`, those that were closed too."""
    rows = await conn.execute(_SITES if closed else _OPEN_SITES)
    return tuple(_site_of(row) for row in rows)


async def add_attendance(conn: AsyncConnection, made: Attendance, modality: Modality) -> None:
    await conn.execute(
        insert(t.attendance).values(
            id=made.id,
            visit_id=made.visit,
            patient_id=made.patient,
            modality=modality.value,
            prescriber_id=made.prescriber,
            replaces=made.replaces,
            began_at=made.began_at,
            recorded_at=made.began_at,  # a trigger puts the database's own clock in its place
        )
    )


_AFTER = t.attendance.alias("after")
_ATTENDING = select(
    t.attendance.c.id,
    t.attendance.c.visit_id,
    t.attendance.c.patient_id,
    t.attendance.c.prescriber_id,
    t.attendance.c.began_at,
    t.attendance.c.replaces,
).where(
    ~select(_AFTER.c.id).where(_AFTER.c.replaces == t.attendance.c.id).exists(),
    any_named(t.attendance.c.visit_id, "visits_attended"),
)


async def attending(conn: AsyncConnection, visit: VisitId) -> Attendance | None:
    """Who treats in the visit now, or did last."""
    return (await attending_each(conn, [visit])).get(visit)


async def attending_each(conn: AsyncConnection, visits: Collection[VisitId]) -> Mapping[VisitId, Attendance]:
    """Who treats in each visit; one that nobody attended is absent."""
    rows = await conn.execute(_ATTENDING, {"visits_attended": list(visits)})
    return {
        VisitId(row.visit_id): Attendance(
            AttendanceId(row.id),
            VisitId(row.visit_id),
            PersonId(row.patient_id),
            PersonId(row.prescriber_id),
            row.began_at,
            None if row.replaces is None else AttendanceId(row.replaces),
        )
        for row in rows
    }


async def add_check_in(
    conn: AsyncConnection, id: CheckInId, visit: Visit, prescriber: PersonId, site: SiteId, by: PersonId, now: datetime
) -> None:
    """Until when it is good the database says, from the visit's own row."""
    await conn.execute(
        insert(t.check_in).values(
            id=id,
            visit_id=visit.id,
            patient_id=visit.patient,
            modality=visit.modality.value,
            prescriber_id=prescriber,
            site_id=site,
            stated_by=by,
            stated_at=now,
            recorded_at=now,
            valid_until=now,
        )
    )


async def confirm(conn: AsyncConnection, check_in: CheckInId, now: datetime) -> None:
    await conn.execute(insert(t.check_in_confirmation).values(check_in_id=check_in, confirmed_at=now, recorded_at=now))


async def latest_check_in(conn: AsyncConnection, visit: VisitId) -> CheckInId | None:
    query = (
        select(t.check_in.c.id)
        .where(t.check_in.c.visit_id == visit)
        .order_by(t.check_in.c.recorded_at.desc(), t.check_in.c.id)
        .limit(1)
    )
    found = (await conn.execute(query)).scalar_one_or_none()
    return None if found is None else CheckInId(found)


_CHECK_INS = (
    select(
        t.check_in,
        t.check_in_confirmation.c.confirmed_at,
        func.check_in_trouble(t.check_in.c.id, func.told_now(bindparam("now", type_=DateTime(timezone=True)))).label(
            "trouble"
        ),
    )
    .outerjoin(t.check_in_confirmation, t.check_in_confirmation.c.check_in_id == t.check_in.c.id)
    .order_by(t.check_in.c.stated_at.desc(), t.check_in.c.id)
)
_NEWEST_CHECK_INS = _CHECK_INS.where(
    t.check_in.c.id.in_(
        select(t.check_in.c.id)
        .ext(distinct_on(t.check_in.c.visit_id))
        .where(any_named(t.check_in.c.visit_id, "visits_checked_in"))
        .order_by(t.check_in.c.visit_id, t.check_in.c.recorded_at.desc())
    )
)


async def check_in(conn: AsyncConnection, id: CheckInId, now: datetime) -> CheckIn | None:
    """One check-in with why it does not hold, if so. `now` counts only in a database that is marked as a demo."""
    rows = await _check_ins(conn, _CHECK_INS.where(t.check_in.c.id == id), {"now": now})
    return rows[0] if rows else None


async def check_ins(conn: AsyncConnection, visits: Collection[VisitId], now: datetime) -> Mapping[VisitId, CheckIn]:
    """The newest check-in of each visit; a visit without one is absent."""
    values = {"visits_checked_in": list(visits), "now": now}
    return {one.visit: one for one in await _check_ins(conn, _NEWEST_CHECK_INS, values)}


async def check_ins_between(
    conn: AsyncConnection, since: datetime | None, until: datetime | None, now: datetime, limit: int
) -> tuple[CheckIn, ...]:
    """Every check-in with since <= stated time < until, newest first."""
    chosen = select(t.check_in.c.id).order_by(t.check_in.c.stated_at.desc(), t.check_in.c.id).limit(limit)
    if since is not None:
        chosen = chosen.where(t.check_in.c.stated_at >= since)
    if until is not None:
        chosen = chosen.where(t.check_in.c.stated_at < until)
    return await _check_ins(conn, _CHECK_INS.where(t.check_in.c.id.in_(chosen)), {"now": now})


async def _check_ins(
    conn: AsyncConnection, query: Select[*tuple[Any, ...]], values: Mapping[str, Any]
) -> tuple[CheckIn, ...]:
    rows, every = await together(conn, conn.execute(query, values), sites(conn, closed=True))
    known = {one.id: one for one in every}
    return tuple(
        CheckIn(
            id=CheckInId(row.id),
            visit=VisitId(row.visit_id),
            patient=PersonId(row.patient_id),
            prescriber=PersonId(row.prescriber_id),
            site=known[SiteId(row.site_id)],
            stated_by=PersonId(row.stated_by),
            stated_at=row.stated_at,
            confirmed_at=row.confirmed_at,
            valid_until=row.valid_until,
            trouble=None if row.trouble is None else CheckInProblem(row.trouble),
        )
        for row in rows
    )


async def voided(conn: AsyncConnection, ids: Collection[CheckInId]) -> Mapping[CheckInId, Voided]:
    """What ended each check-in first while it was good; one that nothing ended before its time is absent."""
    made, join, took = t.check_in.c, t.call_join.c, t.attendance.c
    joined = select(
        made.id,
        join.person_id.label("by"),
        join.recorded_at.label("at"),
        literal(CheckInProblem.JOINED_CALL.value).label("how"),
    ).join_from(
        t.check_in,
        t.call_join,
        and_(
            join.person_id.in_([made.patient_id, made.prescriber_id]),
            join.recorded_at.between(made.recorded_at, made.valid_until),
        ),
    )
    other = or_(took.replaces.is_not(None), took.prescriber_id != made.prescriber_id)
    taken = select(
        made.id, took.prescriber_id.label("by"), took.recorded_at.label("at"), literal(CheckInProblem.TAKEN_OVER.value)
    ).join_from(
        t.check_in,
        t.attendance,
        and_(took.visit_id == made.visit_id, took.recorded_at.between(made.recorded_at, made.valid_until), other),
    )
    each = union_all(joined.where(made.id.in_(ids)), taken.where(made.id.in_(ids))).subquery()
    found: dict[CheckInId, Voided] = {}
    for row in await conn.execute(select(each).order_by(each.c.at)):
        found.setdefault(CheckInId(row.id), Voided(CheckInProblem(row.how), PersonId(row.by), row.at))
    return found


async def add_call_join(conn: AsyncConnection, visit: VisitId, person: PersonId, now: datetime) -> int:
    """The joining's number."""
    added = insert(t.call_join).values(visit_id=visit, person_id=person, joined_at=now, recorded_at=now)
    number: int = (await conn.execute(added.returning(t.call_join.c.id))).scalar_one()
    return number


async def visits_checked_in(conn: AsyncConnection, person: PersonId, now: datetime) -> tuple[VisitId, ...]:
    """The visits for which that person, as patient or prescriber, was checked in and whose time is not over."""
    whose = or_(t.check_in.c.patient_id == person, t.check_in.c.prescriber_id == person)
    query = select(t.check_in.c.visit_id).where(whose, t.check_in.c.valid_until >= now).distinct()
    return tuple(VisitId(one) for one in (await conn.execute(query)).scalars())


async def in_progress_with(conn: AsyncConnection, people: Collection[PersonId]) -> tuple[Visit, ...]:
    """The visits in progress that one of those people may be in: as patient, prescriber, or invited."""
    rows = await conn.execute(
        select(*visit_records.VISIT_COLUMNS).where(
            visits.c.status == VisitStatus.IN_PROGRESS.value,
            or_(
                visits.c.patient_id.in_(people),
                visits.c.prescriber_id.in_(people),
                visits.c.id.in_(select(t.attendance.c.visit_id).where(t.attendance.c.prescriber_id.in_(people))),
                *[visits.c.id.in_(visit_records.invited_to(one)) for one in people],
            ),
        )
    )
    return tuple(visit_records.visit_of(row) for row in rows)
