"""Use cases of the crisis path: what help needs to know is entered, and each step is kept as it is taken."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.danger import model as values
from emr.danger import repository as records
from emr.danger.events import CrisisContactEntered, CrisisStepTaken
from emr.danger.model import CrisisEntry, CrisisFact, CrisisRecord, CrisisStep, TakenStep, Typed
from emr.shared import text as words
from emr.shared.context import UseCaseContext
from emr.shared.errors import Invalid
from emr.shared.ids import PersonId, VisitId
from emr.shared.together import together
from emr.visits.guard import visit_of


async def path(conn: AsyncConnection, visit_id: VisitId, patient_id: PersonId) -> CrisisRecord:
    """What is known for help in this visit, and what was done in it."""
    entries, steps = await together(conn, records.entries(conn, patient_id), records.steps(conn, visit_id))
    return CrisisRecord(values.standing(entries, visit_id), steps)


async def known(conn: AsyncConnection, patient_id: PersonId) -> Mapping[CrisisFact, CrisisEntry]:
    """What was last entered for the patient, in whatever visit: outside one it is to be asked again, not relied on."""
    return {entry.kind: entry for entry in await records.entries(conn, patient_id)}


async def enter(
    context: UseCaseContext, visit_id: VisitId, patient_id: PersonId, typed: Typed, about: str | None = None
) -> CrisisEntry:
    """The actor has checked a place or a number, and enters it. What stood before stays beside it.

    `about`: where the patient is, as known now, for a dispatch number. Raises `Invalid` for `name` and `phone`.
    """
    await visit_of(context.conn, visit_id, patient_id)
    name, phone = values.read(typed)
    place = about if typed.kind is CrisisFact.DISPATCH else None
    entry = CrisisEntry(typed.kind, name, phone, place, visit_id, context.actor, context.now)
    number = await records.add_entry(context.conn, patient_id, entry)
    context.events.append(
        CrisisContactEntered(patient=patient_id, visit=visit_id, entered=number, kind=entry.kind.value)
    )
    return entry


async def take(
    context: UseCaseContext,
    visit_id: VisitId,
    patient_id: PersonId,
    step: CrisisStep,
    *,
    said: str = "",
    number: str | None = None,
    place: str | None = None,
) -> TakenStep:
    """The actor has taken a step. `number` and `place`: whom they called and where they sent them, as known now.

    Raises `Invalid` for `said`: too long, or nothing said where that is the step.
    """
    await visit_of(context.conn, visit_id, patient_id)
    heard = words.optional("said", said, values.SAID_MOST)
    if step is CrisisStep.SAID and heard is None:
        raise Invalid({"said": "Enter what was said, and by whom."})
    taken = TakenStep(step, heard, number, place, context.actor, context.now)
    key = await records.add_step(context.conn, patient_id, visit_id, taken)
    context.events.append(CrisisStepTaken(patient=patient_id, visit=visit_id, taken=key, step=step.value))
    return taken
