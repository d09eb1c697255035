"""The wrong-patient guard: what a page says it is for must be what its visit is for."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.shared.errors import NotFound, Refused
from emr.shared.ids import PersonId, VisitId
from emr.shared.marks import N_
from emr.visits import repository as records
from emr.visits.model import Visit


async def visit_of(conn: AsyncConnection, visit_id: VisitId, patient_id: PersonId, *, lock: bool = False) -> Visit:
    """That visit, if it is that patient's. `lock` holds it until the transaction ends.

    Raises `NotFound` for an unknown visit and `Refused("wrong_patient")` when the two disagree: a form that was
    opened for one patient must never write to another's record.
    """
    visit = await records.get(conn, visit_id, lock=lock)
    if visit is None:
        raise NotFound
    if visit.patient != patient_id:
        raise Refused("wrong_patient", N_("This page was opened for another patient. Nothing was changed."))
    return visit
