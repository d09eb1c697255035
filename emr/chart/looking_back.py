"""Reads what `emr.chart.overview` compares: one patient's record around one visit."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.chart import reading as charts
from emr.chart.overview import Snapshot
from emr.diary import repository as diary_records
from emr.medications.titration import found_by
from emr.people import use_cases as people
from emr.questionnaires import model as scales
from emr.questionnaires import repository as scale_records
from emr.shared.clinic_time.days import zone_of
from emr.shared.together import together
from emr.visits import repository as visit_records
from emr.visits.model import Visit


async def snapshot(conn: AsyncConnection, visit: Visit) -> Snapshot:
    """The patient's record as the visit found it, and what they told since.

    The last visit is the one held before this one; days are told in the patient's zone. Scales: the usual ones,
    then whatever else was ever answered.
    """
    (patient, since, lines), responses, side_effects, adherence, observations = await together(
        conn,
        together(
            conn,
            people.patient(conn, visit.patient),
            visit_records.last_ended(conn, visit.patient, visit.admitted_at or visit.scheduled_start),
            charts.entries(conn, visit.patient),
        ),
        scale_records.history(conn, visit.patient, None),
        diary_records.side_effects(conn, visit.patient),
        diary_records.adherence(conn, visit.patient),
        diary_records.observations(conn, visit.patient, None),
    )
    known = scales.load()
    told = dict.fromkeys([*known.before_visit, *(one.scale for one in responses)])
    return Snapshot(
        since=since,
        zone=zone_of(patient.person.zone),
        scales=[known.askable[scale] for scale in told if scale in known.askable],
        responses=responses,
        side_effects=side_effects,
        adherence=adherence,
        courses=[found for line in lines if (found := found_by(visit.id, line.history)) is not None],
        observations=observations,
    )
