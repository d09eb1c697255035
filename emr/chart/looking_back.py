"""Reads what `emr.chart.overview` compares: one patient's record around one visit."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.chart.model import Entry
from emr.chart.overview import Snapshot
from emr.diary import repository as diary_records
from emr.medications.titration import found_by
from emr.people import use_cases as people
from emr.questionnaires import model as scales
from emr.questionnaires import repository as scale_records
from emr.shared.clinic_time.days import zone_of
from emr.visits import repository as visit_records
from emr.visits.model import Visit


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
