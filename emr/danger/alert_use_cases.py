"""Use cases of open safety answers: which are asked about when a note is signed or a visit ended, and what is said."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.danger import model as values
from emr.danger import repository as records
from emr.danger.events import AlertLeftOpen
from emr.danger.model import AlertDisposition, AlertResponse, LeftOpen
from emr.questionnaires import use_cases as answering
from emr.questionnaires.alert import Alert
from emr.shared.context import UseCaseContext
from emr.shared.ids import AlertId, PersonId, VisitId
from emr.shared.together import together
from emr.visits.guard import visit_of


async def to_ask(conn: AsyncConnection, visit_id: VisitId, patient_id: PersonId) -> tuple[Alert, ...]:
    """The patient's open alerts, of whichever visit, of which nobody has said anything in this one; oldest first."""
    every, left = await together(
        conn, answering.alerts_of_patient(conn, patient_id), records.left_open(conn, patient_id)
    )
    return values.to_ask(every, left, visit_id)


async def say(
    context: UseCaseContext, visit_id: VisitId, patient_id: PersonId, given: Mapping[AlertId, AlertResponse]
) -> tuple[Alert, ...]:
    """The actor says of each alert that is asked about what was done, or why it was not addressed: kept, so that it is
    not asked again. Gives the alerts that were asked about.

    Nobody is stopped: "not addressed, because ..." is an answer too, and leaves the alert open. Raises `Invalid` by the
    id of each alert of which nothing is said; then nothing is kept.
    """
    await visit_of(context.conn, visit_id, patient_id, lock=True)
    asked = await to_ask(context.conn, visit_id, patient_id)
    kept = values.checked(asked, given)
    for alert in asked:
        said = kept[alert.id]
        if said.how is AlertDisposition.DONE:
            await answering.acknowledge(context, alert.visit, patient_id, alert.id, said.words)
            continue
        left = LeftOpen(alert.id, visit_id, context.actor, context.now, said.words)
        number = await records.add_left_open(context.conn, left)
        context.events.append(AlertLeftOpen(patient=patient_id, visit=visit_id, alert=alert.id, left=number))
    return asked


async def left_open(conn: AsyncConnection, patient_id: PersonId) -> tuple[LeftOpen, ...]:
    """Why the patient's alerts were not addressed, by whom and when, oldest first."""
    return await records.left_open(conn, patient_id)
