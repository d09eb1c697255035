"""The ties between a person, a patient and a visit, in one query over the tables of people, visits and presence."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import and_, exists, func, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import ColumnElement

from emr.people import repository as people
from emr.people import tables as t
from emr.people.model import Relation
from emr.presence.tables import attendance
from emr.shared.ids import PersonId, VisitId
from emr.visits.tables import visit, visit_participant


def _covers(person: PersonId, patient: PersonId | None, at: VisitId | None) -> ColumnElement[bool]:
    """Is the visit held by somebody whom `person` supervises, though the patient is not theirs?"""
    over = t.supervision
    right_patient = true() if patient is None else visit.c.patient_id == patient
    return exists().where(
        visit.c.id == at,
        right_patient,
        over.c.supervisee_id == visit.c.prescriber_id,
        over.c.supervisor_id == person,
        over.c.until.is_(None),
    )


def _in_visit(person: PersonId, patient: PersonId | None, at: VisitId) -> ColumnElement[bool]:
    invited = exists().where(
        visit_participant.c.visit_id == visit.c.id,
        visit_participant.c.person_id == person,
        visit_participant.c.withdrawn_at.is_(None),
    )
    takes_part = or_(visit.c.patient_id == person, visit.c.prescriber_id == person, invited)
    right_patient = true() if patient is None else visit.c.patient_id == patient
    return exists(select(visit.c.id).where(visit.c.id == at, right_patient, takes_part))


def _attends(person: PersonId, patient: PersonId | None, at: VisitId) -> ColumnElement[bool]:
    """Is `person` the one who treats in the visit: of its attendances, the one that no other replaces?"""
    after = attendance.alias("after")
    right_patient = true() if patient is None else attendance.c.patient_id == patient
    return exists().where(
        attendance.c.visit_id == at,
        right_patient,
        attendance.c.prescriber_id == person,
        ~exists().where(after.c.replaces == attendance.c.id),
    )


async def relations(
    conn: AsyncConnection, person: PersonId, patient: PersonId | None, at: VisitId | None
) -> frozenset[str]:
    """One query: every tie of `person` to that patient and visit (see `emr.relations.use_cases.relations`)."""
    no = literal(False)
    whose: ColumnElement[UUID] | None = None
    if patient is not None:
        whose = literal(patient)
    elif at is not None:
        whose = select(visit.c.patient_id).where(visit.c.id == at).scalar_subquery()
    team = t.care_team_member
    ties: dict[Relation, ColumnElement[bool]] = {
        Relation.SELF: no if whose is None else func.coalesce(whose == person, False),
        Relation.OWN_PATIENT: no if whose is None else people.own(person, whose),
        Relation.SUPERVISED: no
        if whose is None
        else or_(people.supervised(person, whose), _covers(person, patient, at)),
        Relation.CARE_TEAM: no
        if whose is None
        else exists().where(and_(team.c.patient_id == whose, team.c.person_id == person, team.c.until.is_(None))),
        Relation.PARTICIPANT: no if at is None else _in_visit(person, patient, at),
        Relation.ATTENDING: no if at is None else _attends(person, patient, at),
    }
    row = (await conn.execute(select(*[tie.label(name.value) for name, tie in ties.items()]))).one()
    return frozenset(name.value for name in ties if getattr(row, name.value))
