"""Reads the snapshot of a patient that one prescribing decision needs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from emr.chart import list_order
from emr.chart import repository as records
from emr.chart.model import LOINC, Chart, MedicationListEntry
from emr.medications import repository as medications
from emr.medications.model import Order, OrderOrigin, OrderStatus
from emr.people import repository as people
from emr.people.model import Patient, Person
from emr.shared.clinic_time.days import day_of
from emr.shared.errors import NotFound
from emr.shared.ids import PersonId, VisitId
from emr.shared.together import once, together

__all__ = ["Chart", "MedicationListEntry", "entries", "entries_of_each", "people_around", "read"]


async def read(conn: AsyncConnection, patient_id: PersonId, now: datetime) -> Chart:
    """Everything on record that a check asks for, as it is at `now`. NotFound when there is no such patient."""
    patient, lines, allergies, measures = await together(
        conn,
        _patient(conn, patient_id),
        entries(conn, patient_id),
        people.allergies_of(conn, patient_id),
        records.measures(conn, patient_id, tuple(LOINC), now),
    )
    return Chart(
        patient=patient_id,
        read_at=now,
        today=day_of(now, patient.person.zone),
        birth_date=patient.birth_date,
        age=patient.age(now),
        allergies=allergies,
        entries=tuple(line for line in lines if line.current.status is not OrderStatus.STOPPED),
        stopped=tuple(line for line in lines if line.current.status is OrderStatus.STOPPED),
        measures=measures,
    )


async def entries(conn: AsyncConnection, patient_id: PersonId) -> tuple[MedicationListEntry, ...]:
    """Every line that was ever on a patient's list: current ones first, the main medicine first of all (`list_order`),
    then those stopped, newest stop first."""
    return (await entries_of_each(conn, [patient_id]))[patient_id]


async def entries_of_each(
    conn: AsyncConnection, patient_ids: Collection[PersonId]
) -> Mapping[PersonId, tuple[MedicationListEntry, ...]]:
    """The lists of several patients, each as `entries` gives it."""
    chains, authors = await together(conn, medications.chains(conn, patient_ids), records.authors(conn, patient_ids))
    return once(conn, (entries_of_each, tuple(patient_ids)), lambda: _lists(patient_ids, chains, authors))


def _lists(
    patient_ids: Iterable[PersonId], chains: Iterable[tuple[Order, ...]], authors: Mapping[PersonId, Person]
) -> Mapping[PersonId, tuple[MedicationListEntry, ...]]:
    lists: dict[PersonId, list[MedicationListEntry]] = {patient_id: [] for patient_id in patient_ids}
    for chain in chains:
        lists[chain[-1].patient].append(MedicationListEntry(chain[-1], chain, _by(chain, authors)))
    return {patient_id: list_order.ordered(lines, list_order.beside()) for patient_id, lines in lists.items()}


async def people_around(conn: AsyncConnection, visit: VisitId, actor: PersonId) -> Mapping[PersonId, Person]:
    """Who acts, who is to treat in the visit or did, and who was ever invited to it, by id."""
    return await records.people_around(conn, visit, actor)


def _by(chain: tuple[Order, ...], authors: Mapping[PersonId, Person]) -> str | None:
    """Who set the present state: a renewal keeps the name of whoever set the dose."""
    current = chain[-1]
    if current.kind is OrderOrigin.SELF_REPORTED:
        return None
    if current.kind is OrderOrigin.PRESCRIBED_ELSEWHERE:
        return current.prescriber_elsewhere or "another prescriber"
    setter = current
    for order in reversed(chain):
        if (order.status, order.dose) != (current.status, current.dose):
            break
        setter = order
    return authors[setter.author].name_words


async def _patient(conn: AsyncConnection, patient_id: PersonId) -> Patient:
    found = (await people.patients(conn, [patient_id])).get(patient_id)
    if found is None:
        raise NotFound
    return found
