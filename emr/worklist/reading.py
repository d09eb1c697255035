"""A prescriber's day and waiting room, and a patient's visits to come: read models in a fixed number of queries.

However many visits there are, each page costs the same handful of queries, each over the ids of all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.diary import repository as diary_records
from emr.notes import repository as note_records
from emr.notes.repository import NoteState
from emr.people import repository as people_records
from emr.people.model import Patient, Person
from emr.questionnaires import repository as scale_records
from emr.questionnaires.alert import Alert
from emr.questionnaires.response import ScaleRequest
from emr.shared.contact import StatedContact
from emr.shared.ids import PersonId
from emr.shared.together import together
from emr.visits import course_repository as course
from emr.visits import repository as records
from emr.visits.course_repository import Event, Participant
from emr.visits.model import ParticipantRole, Visit, VisitEventKind, queue
from emr.worklist.line import in_line

# The little curve of a row: so many last totals of this scale.
CURVE_SCALE = "phq9"
CURVE_POINTS = 8
AHEAD_MOST = 20


@dataclass(frozen=True, slots=True)
class DayVisit:
    """One visit as a list shows it.

    `totals`: the last PHQ-9 totals, oldest first, () when none was ever answered. `asked`: the scales asked for in this
    visit, finished or not. `alerts`: those of this visit that nobody has acknowledged. `note`: None when none was
    begun. `devices`: the last device check, None when none was made. `questions`: how many the patient has open.
    """

    visit: Visit
    patient: Patient
    invited: tuple[Participant, ...]
    stated: StatedContact | None
    devices: Event | None
    asked: tuple[ScaleRequest, ...]
    alerts: tuple[Alert, ...]
    totals: tuple[int, ...]
    questions: int
    note: NoteState | None

    @property
    def scales_answered(self) -> tuple[int, int]:
        """How many of the scales asked for are finished, and how many were asked for."""
        return sum(not one.open for one in self.asked), len(self.asked)

    def waited_minutes(self, now: datetime) -> int:
        """Whole minutes since the patient arrived; 0 when they do not wait."""
        since = self.visit.arrived_at
        return 0 if since is None else max(0, int((now - since).total_seconds() // 60))


async def day(
    conn: AsyncConnection, prescriber_id: PersonId, day_start: datetime, day_end: datetime
) -> tuple[DayVisit, ...]:
    """The prescriber's visits with day_start <= appointed time < day_end, by time, cancelled ones left out."""
    return await _rows(conn, await records.between(conn, prescriber_id, day_start, day_end))


async def waiting(conn: AsyncConnection, prescriber_id: PersonId) -> tuple[DayVisit, ...]:
    """Everybody who waits for the prescriber, whatever the day, in the order of the queue."""
    line = queue(await in_line(conn, prescriber_id))
    visits = await records.many(conn, [one.visit for one in line])
    return await _rows(conn, [visits[one.visit] for one in line])


async def _rows(conn: AsyncConnection, visits: Sequence[Visit]) -> tuple[DayVisit, ...]:
    if not visits:
        return ()
    ids = [visit.id for visit in visits]
    patient_ids = {visit.patient for visit in visits}
    (patients, totals, questions), (invited, stated, devices), asked, alerts, notes = await together(
        conn,
        together(
            conn,
            people_records.patients(conn, patient_ids),
            scale_records.recent_totals(conn, patient_ids, CURVE_SCALE, CURVE_POINTS),
            diary_records.count_open_questions(conn, patient_ids),
        ),
        together(
            conn,
            course.participants(conn, ids),
            course.statements(conn, ids),
            course.last_events(conn, ids, VisitEventKind.DEVICES_CHECKED),
        ),
        scale_records.asked(conn, ids),
        scale_records.alerts_of_visits(conn, ids),
        note_records.states(conn, ids),
    )
    return tuple(
        DayVisit(
            visit=visit,
            patient=patients[visit.patient],
            invited=invited.get(visit.id, ()),
            stated=stated.get(visit.id),
            devices=devices.get(visit.id),
            asked=asked.get(visit.id, ()),
            alerts=tuple(alert for alert in alerts.get(visit.id, ()) if alert.acknowledged is None),
            totals=totals.get(visit.patient, ()),
            questions=questions.get(visit.patient, 0),
            note=notes.get(visit.id),
        )
        for visit in visits
    )


@dataclass(frozen=True, slots=True)
class VisitAhead:
    """A visit still to be held, for the patient or somebody invited.

    `part` is None for the patient's own visit. `asked` is what the patient is asked to fill in, () for anybody else.
    """

    visit: Visit
    patient: Patient
    prescriber: Person
    part: ParticipantRole | None
    stated: StatedContact | None
    devices: Event | None
    asked: tuple[ScaleRequest, ...]

    @property
    def due(self) -> tuple[ScaleRequest, ...]:
        """The scales asked for and not finished."""
        return tuple(one for one in self.asked if one.open)


async def ahead(conn: AsyncConnection, person_id: PersonId, now: datetime) -> tuple[VisitAhead, ...]:
    """The visits to come (or going on) of a patient or somebody invited, soonest first, at most twenty.

    A device check counts when that very person made it.
    """
    visits = await records.ahead(conn, person_id, now, AHEAD_MOST)
    if not visits:
        return ()
    ids = [visit.id for visit in visits]
    patients, prescribers, invited, stated, devices, asked = await together(
        conn,
        people_records.patients(conn, {visit.patient for visit in visits}),
        people_records.people(conn, {visit.prescriber for visit in visits}),
        course.participants(conn, ids),
        course.statements(conn, ids),
        course.last_events(conn, ids, VisitEventKind.DEVICES_CHECKED, by=person_id),
        scale_records.asked(conn, ids),
    )
    return tuple(
        VisitAhead(
            visit=visit,
            patient=patients[visit.patient],
            prescriber=prescribers[visit.prescriber],
            part=next((one.part for one in invited.get(visit.id, ()) if one.person == person_id), None),
            stated=stated.get(visit.id),
            devices=devices.get(visit.id),
            asked=asked.get(visit.id, ()) if visit.patient == person_id else (),
        )
        for visit in visits
    )
