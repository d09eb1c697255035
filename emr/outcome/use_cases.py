"""Use case of a correction: somebody puts right what the record says became of a visit."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.outcome import repository as records
from emr.outcome.events import OutcomeCorrected
from emr.outcome.model import OF_STATUS, Correction, OutcomeDetails, checked, why_not
from emr.shared.context import UseCaseContext
from emr.shared.errors import Refused
from emr.shared.ids import PersonId, VisitId
from emr.visits.guard import visit_of
from emr.visits.model import Visit


async def correct(
    context: UseCaseContext,
    visit_id: VisitId,
    patient_id: PersonId,
    went: OutcomeDetails,
    reason: str,
    *,
    at_desk: bool,
) -> Correction:
    """The actor says what became of a visit that is over. The visit itself stays as it is, and over.

    `at_desk`: the actor is the front desk. Raises `Refused` (`not_over`, `not_theirs`), and `Invalid` with a remedy for
    `outcome`, `started`, `ended` and `reason`.
    """
    visit = await visit_of(context.conn, visit_id, patient_id, lock=True)
    refused = await refusal(context.conn, visit, context.actor, at_desk=at_desk)
    if refused is not None:
        raise refused
    before = await records.newest(context.conn, visit_id)
    stands = before.went if before else OutcomeDetails(OF_STATUS[visit.status])
    why = checked(visit, stands, went, reason, context.now)
    made = Correction(visit.id, context.actor, context.now, went, why)
    number = await records.add(context.conn, made)
    context.events.append(
        OutcomeCorrected(patient=visit.patient, visit=visit.id, correction=number, outcome=went.outcome.value)
    )
    return made


async def refusal(conn: AsyncConnection, visit: Visit, actor: PersonId, *, at_desk: bool) -> Refused | None:
    """Why the actor cannot correct the visit's outcome; None: they may."""
    theirs = at_desk or visit.prescriber == actor or await records.attended(conn, visit.id, actor)
    return why_not(visit, actor, theirs=theirs)
