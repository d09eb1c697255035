"""How somebody stands to a patient and a visit."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.relations import repository as records
from emr.shared.ids import PersonId, VisitId


async def relations(
    conn: AsyncConnection, person_id: PersonId, patient_id: PersonId | None, visit_id: VisitId | None
) -> frozenset[str]:
    """How `person_id` stands to a patient and a visit, in the words of `emr.people.model.Relation`; empty: not at all.

    With only a visit, its patient is meant. With both, and the visit being another patient's, nobody is a
    participant. A participant is the visit's patient, its prescriber, or somebody invited and not uninvited; attending
    is who treats in it now, or treated last.
    """
    return await records.relations(conn, person_id, patient_id, visit_id)
