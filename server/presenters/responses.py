"""What a scale did after each dose step: "25 mg: 17 to 16". Facts side by side; no claim that one made the other."""

from datetime import date

from emr.chart.model import MedicationListEntry
from emr.people import use_cases as people
from emr.questionnaires import use_cases as answering
from emr.shared.clinic_time.days import day_of
from emr.shared.ids import PersonId
from emr.shared.together import together
from server.application.unit_of_work import UnitOfWork
from visit_ui.pages.visit.dosing import StepResponse

SCALE = "phq9"
MOST_STEPS = 4


async def after_each_step(
    work: UnitOfWork, patient_id: PersonId, line: MedicationListEntry
) -> tuple[StepResponse, ...]:
    """The first and last total within each step's time, for the last steps."""
    scores, patient = await together(
        work.conn, answering.history(work.conn, patient_id, SCALE), people.patient(work.conn, patient_id)
    )
    zone = patient.person.zone
    told = []
    for step in line.course.steps[-MOST_STEPS:]:
        if not step.taken or step.total is None:
            continue
        before = [one for one in scores if day_of(one.answered_at, zone) <= step.since]
        within = [one for one in scores if step.since < day_of(one.answered_at, zone) <= (step.until or date.max)]
        if not within:
            continue
        first = before[-1].total if before else within[0].total
        told.append(StepResponse(str(step.total), f"{first} to {within[-1].total}"))
    return tuple(told)
