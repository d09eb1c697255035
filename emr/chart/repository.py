"""What the chart reads of other areas' tables by statements of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from emr.chart.model import LatestMeasurement
from emr.diary.tables import observation
from emr.medications.tables import medication_order
from emr.people import repository as people
from emr.people.model import Person
from emr.people.tables import person
from emr.presence.tables import attendance
from emr.shared.ids import PersonId, VisitId
from emr.shared.together import any_named
from emr.visits.tables import visit, visit_participant

_NEWEST = (
    select(observation)
    .ext(distinct_on(observation.c.code))
    .where(
        observation.c.patient_id == bindparam("patient_measured"),
        any_named(observation.c.code, "codes_measured"),
        observation.c.observed_at <= bindparam("measured_until"),
    )
    .order_by(observation.c.code, observation.c.observed_at.desc())
)


async def measures(
    conn: AsyncConnection, patient: PersonId, codes: Sequence[str], until: datetime
) -> Mapping[str, LatestMeasurement]:
    """The newest value of each LOINC code up to a moment, by code."""
    values = {"patient_measured": patient, "codes_measured": list(codes), "measured_until": until}
    return {
        row.code: LatestMeasurement(row.code, row.name, row.value, row.unit, row.observed_at)
        for row in await conn.execute(_NEWEST, values)
    }


_AUTHORS = select(*people.PERSON_COLUMNS).where(
    person.c.id.in_(
        select(medication_order.c.author_id).where(any_named(medication_order.c.patient_id, "patients_authors"))
    )
)


async def authors(conn: AsyncConnection, patients: Collection[PersonId]) -> Mapping[PersonId, Person]:
    """Everybody who wrote an order of these patients, by id."""
    rows = await conn.execute(_AUTHORS, {"patients_authors": list(patients)})
    return {PersonId(row.id): people.person_of(row) for row in rows}


_HERE = bindparam("visit_peopled", type_=visit.c.id.type)
_AROUND = select(*people.PERSON_COLUMNS).where(
    or_(
        person.c.id == bindparam("acting"),
        person.c.id.in_(select(visit.c.prescriber_id).where(visit.c.id == _HERE)),
        person.c.id.in_(select(attendance.c.prescriber_id).where(attendance.c.visit_id == _HERE)),
        person.c.id.in_(select(visit_participant.c.person_id).where(visit_participant.c.visit_id == _HERE)),
    )
)


async def people_around(conn: AsyncConnection, here: VisitId, actor: PersonId) -> Mapping[PersonId, Person]:
    """Who acts, who is to treat in the visit or did, and who was ever invited to it, by id."""
    rows = await conn.execute(_AROUND, {"visit_peopled": here, "acting": actor})
    return {PersonId(row.id): people.person_of(row) for row in rows}
