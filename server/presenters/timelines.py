"""What the timeline draws: scores, dose steps, side effects and visits of one patient, read once for a page."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from emr.chart import reading as charts
from emr.diary import use_cases as diary
from emr.medications.titration import Course
from emr.people import use_cases as people
from emr.questionnaires import use_cases as answering
from emr.questionnaires.model import Scale
from emr.questionnaires.response import Response
from emr.shared.clinic_time.days import day_of
from emr.shared.ids import PersonId
from emr.shared.together import together
from emr.visits import queries as visit_records
from emr.visits.model import VisitStatus
from server.application.unit_of_work import UnitOfWork
from visit_ui.charts.timeline import ChartedDose, ChartedSideEffect, DoseBand, ScorePoint, SeverityBand, Timeline
from visit_ui.pages.visit.chart import ChartView

# Words of a severity band that fit beside the chart.
SHORT = {"moderately severe": "mod. severe"}
# More bands than these leave no room for the scores; the rest is in the Medicines tab.
MOST_MEDICINES = 3
MOST_SIDE_EFFECTS = 3


@dataclass(frozen=True, slots=True)
class Drawn:
    """Everything of one patient that a chart may show. Responses and visits oldest first; days in their zone."""

    responses: tuple[Response, ...]
    courses: tuple[Course, ...]
    side_effects: tuple[ChartedSideEffect, ...]
    visits: tuple[date, ...]
    zone: str


async def read(work: UnitOfWork, patient_id: PersonId) -> Drawn:
    """Scores, doses, side effects and visits, in few queries."""
    patient, visits, effects, responses, lines = await together(
        work.conn,
        people.patient(work.conn, patient_id),
        visit_records.of_patient(work.conn, patient_id),
        diary.side_effects(work.conn, patient_id),
        answering.history(work.conn, patient_id),
        charts.entries(work.conn, patient_id),
    )
    zone = patient.person.zone
    held = [
        day_of(one.admitted_at, zone)
        for one in visits
        if one.admitted_at is not None and one.status is VisitStatus.ENDED
    ]
    return Drawn(
        responses=responses,
        courses=tuple(line.course for line in lines),
        side_effects=tuple(ChartedSideEffect(one.words, one.since, one.until) for one in effects),
        visits=tuple(sorted(held)),
        zone=zone,
    )


def chart(key: str, scale: Scale, drawn: Drawn, today: date, *, doses_alone: bool = False) -> ChartView | None:
    """One scale with the dose steps over it; None when there is nothing to draw.

    ``doses_alone``: draw the doses even when the scale was never answered.
    """
    mine = [one for one in drawn.responses if one.scale == scale.id]
    bands = tuple(band for course in drawn.courses if (band := _band(course)) is not None)[:MOST_MEDICINES]
    timeline = Timeline(
        key=key,
        scale=scale.short,
        highest=scale.high,
        bands=tuple(SeverityBand(one.low, one.label, SHORT.get(one.label, one.label)) for one in scale.bands),
        scores=tuple(ScorePoint(day_of(one.answered_at, drawn.zone), one.total, one.severity) for one in mine),
        medicines=bands,
        side_effects=drawn.side_effects[-MOST_SIDE_EFFECTS:],
        visits=drawn.visits,
        today=today,
    )
    if timeline.is_empty or not (mine or doses_alone):
        return None
    names = " and ".join([scale.short, *(band.name.lower() for band in bands[:1])])
    return ChartView(names, timeline)


def _band(course: Course) -> DoseBand | None:
    """A medicine taken every day as a stair; as-needed ones and unknown amounts have no daily total to draw."""
    if not course.steps or any(step.as_needed or (step.taken and step.total is None) for step in course.steps):
        return None
    steps = []
    for step in course.steps:
        amount = step.total.value if step.taken and step.total is not None else Decimal(0)
        label = str(step.total) if step.taken and step.total is not None else "0"
        steps.append(ChartedDose(step.since, amount, label))
    last = course.steps[-1]
    if last.until is not None:
        steps.append(ChartedDose(last.until, Decimal(0), "stopped"))
    return DoseBand(course.name[:1].upper() + course.name[1:], tuple(steps))
