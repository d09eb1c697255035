"""People, allergies and relationships as rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Table, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import ColumnElement

from emr.people import tables as t
from emr.people.model import Allergies, Allergy, Patient, Person, allergies
from emr.shared.ids import PersonId
from emr.shared.together import any_named, together

PERSON_COLUMNS = (
    t.person.c.id,
    t.person.c.given_name,
    t.person.c.family_name,
    t.person.c.prefix,
    t.person.c.credential,
    t.person.c.profession,
    t.person.c.pronouns,
    t.person.c.zone,
)
PATIENT_COLUMNS = (*PERSON_COLUMNS, t.patient.c.code, t.patient.c.birth_date, t.patient.c.phone)
_PEOPLE = select(*PERSON_COLUMNS).where(any_named(t.person.c.id, "people"))
_PATIENTS = select(*PATIENT_COLUMNS).join_from(t.patient, t.person).where(any_named(t.patient.c.person_id, "patients"))


# `Row[*tuple[Any, ...]]`: what a joined select gives has no static type; these two functions give it one.
def person_of(row: Row[*tuple[Any, ...]]) -> Person:
    """The person in a row that selects `PERSON_COLUMNS`."""
    return Person(
        id=PersonId(row.id),
        given_name=row.given_name,
        family_name=row.family_name,
        prefix=row.prefix,
        credential=row.credential,
        profession=row.profession,
        pronouns=row.pronouns,
        zone=row.zone,
    )


def patient_of(row: Row[*tuple[Any, ...]]) -> Patient:
    """The patient in a row that selects `PATIENT_COLUMNS`."""
    return Patient(person_of(row), row.code, row.birth_date, row.phone)


async def add_person(conn: AsyncConnection, person: Person, now: datetime) -> None:
    await conn.execute(
        insert(t.person).values(
            id=person.id,
            given_name=person.given_name,
            family_name=person.family_name,
            prefix=person.prefix,
            credential=person.credential,
            profession=person.profession,
            pronouns=person.pronouns,
            zone=person.zone,
            added_at=now,
        )
    )


async def add_patient(conn: AsyncConnection, person: PersonId, code: str, birth_date: date, phone: str | None) -> bool:
    """False when the code is taken or the person already is a patient; nothing is written then."""
    added = await conn.execute(
        pg_insert(t.patient)
        .values(person_id=person, code=code, birth_date=birth_date, phone=phone)
        .on_conflict_do_nothing()
        .returning(t.patient.c.person_id)
    )
    return added.first() is not None


async def people(conn: AsyncConnection, ids: Collection[UUID]) -> Mapping[PersonId, Person]:
    """Those of `ids` that exist, by id."""
    if not ids:
        return {}
    rows = await conn.execute(_PEOPLE, {"people": list(ids)})
    return {PersonId(row.id): person_of(row) for row in rows}


async def everybody(conn: AsyncConnection) -> Mapping[PersonId, Person]:
    """Everybody the record knows, by family name: for the administrator's list of a clinic."""
    rows = await conn.execute(select(*PERSON_COLUMNS).order_by(t.person.c.family_name, t.person.c.given_name))
    return {PersonId(row.id): person_of(row) for row in rows}


async def patients(conn: AsyncConnection, ids: Collection[UUID]) -> Mapping[PersonId, Patient]:
    """Those of `ids` that are patients, by id."""
    if not ids:
        return {}
    rows = await conn.execute(_PATIENTS, {"patients": list(ids)})
    return {PersonId(row.id): patient_of(row) for row in rows}


async def search(conn: AsyncConnection, words: str, seen_by: PersonId | None, limit: int) -> tuple[Patient, ...]:
    """Patients whose names, code or birth date hold every word, by family name.

    `seen_by`: only their own patients, those of the people they supervise, and those whose care team they are on;
    None: everybody's.
    """
    query = select(*PATIENT_COLUMNS).join_from(t.patient, t.person)
    for word in words.split():
        query = query.where(
            or_(
                t.person.c.given_name.icontains(word, autoescape=True),
                t.person.c.family_name.icontains(word, autoescape=True),
                t.patient.c.code.icontains(word, autoescape=True),
                func.to_char(t.patient.c.birth_date, "YYYY-MM-DD") == word,
            )
        )
    if seen_by is not None:
        patient = t.patient.c.person_id
        query = query.where(or_(own(seen_by, patient), supervised(seen_by, patient), cares_for(seen_by, patient)))
    rows = await conn.execute(query.order_by(t.person.c.family_name, t.person.c.given_name).limit(limit))
    return tuple(patient_of(row) for row in rows)


_ALLERGIES = (
    select(t.allergy)
    .where(t.allergy.c.patient_id == bindparam("patient_allergic"))
    .order_by(t.allergy.c.recorded_at, t.allergy.c.id)
)
_ASKED = select(func.max(t.allergy_inquiry.c.asked_at)).where(
    t.allergy_inquiry.c.patient_id == bindparam("patient_asked")
)


async def allergies_of(conn: AsyncConnection, patient: PersonId) -> Allergies:
    rows, asked = await together(
        conn,
        conn.execute(_ALLERGIES, {"patient_allergic": patient}),
        conn.scalar(_ASKED, {"patient_asked": patient}),
    )
    listed = tuple(Allergy(row.substance, row.reaction, row.recorded_at, PersonId(row.recorded_by)) for row in rows)
    return allergies(listed, asked)


async def add_allergy(conn: AsyncConnection, patient: PersonId, allergy: Allergy) -> UUID:
    """The allergy's id."""
    id = uuid4()
    await conn.execute(
        insert(t.allergy).values(
            id=id,
            patient_id=patient,
            substance=allergy.substance,
            reaction=allergy.reaction,
            recorded_at=allergy.recorded_at,
            recorded_by=allergy.recorded_by,
        )
    )
    return id


async def add_inquiry(conn: AsyncConnection, patient: PersonId, none_known: bool, by: PersonId, now: datetime) -> UUID:
    """The inquiry's id."""
    id = uuid4()
    await conn.execute(
        insert(t.allergy_inquiry).values(id=id, patient_id=patient, none_known=none_known, asked_at=now, asked_by=by)
    )
    return id


async def open_relationship(conn: AsyncConnection, table: Table, since: datetime, **pair: PersonId) -> None:
    """Begin a relationship; one that is already open stays as it is."""
    await conn.execute(pg_insert(table).values(id=uuid4(), since=since, **pair).on_conflict_do_nothing())


async def end_relationship(conn: AsyncConnection, table: Table, until: datetime, **pair: PersonId) -> bool:
    """End the open relationship of that pair. False: there was none."""
    matching = [table.c[name] == person for name, person in pair.items()]
    ended = await conn.execute(
        update(table).where(table.c.until.is_(None), *matching).values(until=until).returning(table.c.id)
    )
    return ended.first() is not None


async def supervisors_of(conn: AsyncConnection, supervisee: PersonId) -> tuple[PersonId, ...]:
    """Who supervises that person now, longest first."""
    rows = await conn.scalars(
        select(t.supervision.c.supervisor_id)
        .where(t.supervision.c.supervisee_id == supervisee, t.supervision.c.until.is_(None))
        .order_by(t.supervision.c.since)
    )
    return tuple(PersonId(row) for row in rows)


async def prescribers_of(conn: AsyncConnection, patient: PersonId) -> tuple[PersonId, ...]:
    """Who treats that patient now, longest first."""
    rows = await conn.scalars(
        select(t.patient_prescriber.c.prescriber_id)
        .where(t.patient_prescriber.c.patient_id == patient, t.patient_prescriber.c.until.is_(None))
        .order_by(t.patient_prescriber.c.since, t.patient_prescriber.c.id)
    )
    return tuple(PersonId(row) for row in rows)


Whoever = PersonId | ColumnElement[UUID]  # a person, or what stands for one in a statement


def own(person: Whoever, patient: ColumnElement[UUID]) -> ColumnElement[bool]:
    """Is the patient `person`'s own?"""
    relationship = t.patient_prescriber
    return exists().where(
        relationship.c.patient_id == patient, relationship.c.prescriber_id == person, relationship.c.until.is_(None)
    )


def cares_for(person: Whoever, patient: ColumnElement[UUID]) -> ColumnElement[bool]:
    """Is `person` in the patient's care team?"""
    relationship = t.care_team_member.c
    return exists().where(
        relationship.patient_id == patient, relationship.person_id == person, relationship.until.is_(None)
    )


def supervised(person: Whoever, patient: ColumnElement[UUID]) -> ColumnElement[bool]:
    """Is the patient that of somebody whom `person` supervises?"""
    relationship, over = t.patient_prescriber, t.supervision
    return exists().where(
        relationship.c.patient_id == patient,
        relationship.c.until.is_(None),
        over.c.supervisee_id == relationship.c.prescriber_id,
        over.c.supervisor_id == person,
        over.c.until.is_(None),
    )
