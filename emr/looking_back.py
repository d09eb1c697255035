"""Reads what `emr.overview` compares: one patient's record around one visit."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from clinic_time.days import zone_of
from emr import people, scales
from emr.overview import Snapshot
from emr.records import diary as diary_records
from emr.records import scales as scale_records
from emr.records import visits as visit_records
from emr.snapshot import Entry
from emr.titration import found_by
from emr.visit import Visit


async def snapshot(conn: AsyncConnection, visit: Visit, lines: Sequence[Entry]) -> Snapshot:
    """The patient's record as the visit found it, and what they told since. `lines`: their list, from `chart.entries`.

    The last visit is the one held before this one; days are told in the patient's zone. Scales: the usual ones,
    then whatever else was ever answered.
    """
    patient = await people.patient(conn, visit.patient)
    known = scales.load()
    responses = await scale_records.history(conn, visit.patient, None)
    told = dict.fromkeys([*known.before_visit, *(one.scale for one in responses)])
    return Snapshot(
        since=await visit_records.last_ended(conn, visit.patient, visit.admitted_at or visit.scheduled_start),
        zone=zone_of(patient.person.zone),
        scales=[known.askable[scale] for scale in told if scale in known.askable],
        responses=responses,
        side_effects=await diary_records.side_effects(conn, visit.patient),
        adherence=await diary_records.adherence(conn, visit.patient),
        courses=[found for line in lines if (found := found_by(visit.id, line.history)) is not None],
        observations=await diary_records.observations(conn, visit.patient, None),
    )
