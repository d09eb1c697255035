"""How a person, a patient and a visit are related, in one query over the tables of people, visits and presence."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, and_, bindparam, exists, func, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import ColumnElement

from emr.people import repository as people
from emr.people import tables as t
from emr.people.model import Relation
from emr.presence.tables import attendance
from emr.shared.ids import PersonId, VisitId
from emr.visits.tables import visit, visit_participant

_PERSON = bindparam("relations_person", type_=Uuid)
_PATIENT = bindparam("relations_patient", type_=Uuid)
_VISIT = bindparam("relations_visit", type_=Uuid)


def _right_patient(column: ColumnElement[UUID], *, asked: bool) -> ColumnElement[bool]:
    return column == _PATIENT if asked else true()


def _covers(*, patient: bool) -> ColumnElement[bool]:
    """Is the visit held by somebody whom the person supervises, though the patient is not theirs?"""
    over = t.supervision
    return exists().where(
        visit.c.id == _VISIT,
        _right_patient(visit.c.patient_id, asked=patient),
        over.c.supervisee_id == visit.c.prescriber_id,
        over.c.supervisor_id == _PERSON,
        over.c.until.is_(None),
    )


def _in_visit(*, patient: bool) -> ColumnElement[bool]:
    invited = exists().where(
        visit_participant.c.visit_id == visit.c.id,
        visit_participant.c.person_id == _PERSON,
        visit_participant.c.withdrawn_at.is_(None),
    )
    takes_part = or_(visit.c.patient_id == _PERSON, visit.c.prescriber_id == _PERSON, invited)
    right_patient = _right_patient(visit.c.patient_id, asked=patient)
    return exists(select(visit.c.id).where(visit.c.id == _VISIT, right_patient, takes_part))


def _attends(*, patient: bool) -> ColumnElement[bool]:
    """Is the person the one who treats in the visit: of its attendances, the one that no other replaces?"""
    after = attendance.alias("after")
    return exists().where(
        attendance.c.visit_id == _VISIT,
        _right_patient(attendance.c.patient_id, asked=patient),
        attendance.c.prescriber_id == _PERSON,
        ~exists().where(after.c.replaces == attendance.c.id),
    )


@cache
def _statement(*, patient: bool, at: bool) -> Select[*tuple[Any, ...]]:
    """Every relationship to that patient (or to whose the visit is) and to that visit, as one row of yes and no."""
    no = literal(False)
    whose: ColumnElement[UUID] | None = None
    if patient:
        whose = _PATIENT
    elif at:
        whose = select(visit.c.patient_id).where(visit.c.id == _VISIT).scalar_subquery()
    team = t.care_team_member
    supervised = no if whose is None else people.supervised(_PERSON, whose)
    relationships: dict[Relation, ColumnElement[bool]] = {
        Relation.SELF: no if whose is None else func.coalesce(whose == _PERSON, False),
        Relation.OWN_PATIENT: no if whose is None else people.own(_PERSON, whose),
        Relation.SUPERVISED: or_(supervised, _covers(patient=patient)) if at else supervised,
        Relation.CARE_TEAM: no
        if whose is None
        else exists().where(and_(team.c.patient_id == whose, team.c.person_id == _PERSON, team.c.until.is_(None))),
        Relation.PARTICIPANT: _in_visit(patient=patient) if at else no,
        Relation.ATTENDING: _attends(patient=patient) if at else no,
    }
    return select(*[relationship.label(name.value) for name, relationship in relationships.items()])


async def relations(
    conn: AsyncConnection, person: PersonId, patient: PersonId | None, at: VisitId | None
) -> frozenset[str]:
    """One query: every relationship of `person` to that patient and visit (see `emr.relations.use_cases.relations`)."""
    given = {"relations_person": person, "relations_patient": patient, "relations_visit": at}
    row = (await conn.execute(_statement(patient=patient is not None, at=at is not None), given)).one()
    return frozenset(name for name, held in row._mapping.items() if held)
